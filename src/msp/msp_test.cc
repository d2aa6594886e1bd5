#include "msp/msp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "msp/identity.h"
#include "msp/msp_principal.pb.h"
#include "support/certificates.h"
#include "support/channel.h"

namespace belfry::msp {
namespace {

using testing::HasSubstr;
using tests::CertificateAuthority;
using tests::Credential;
using tests::TestOrg;

class MspTest : public testing::Test {
 protected:
  // Why the certificate is no member; "" if it is one.
  std::string refusal(const ::msp::FabricMSPConfig& config, const std::string& certificate,
                      MspVersion version = MspVersion::v1_4_3) {
    auto msp = Msp::create(config, version);
    if (!msp) return "no MSP: " + msp.error().message;
    auto member = (*msp)->member(certificate);
    return member ? "" : member.error().message;
  }
  MemberPtr member(const ::msp::FabricMSPConfig& config, const std::string& certificate,
                   MspVersion version = MspVersion::v1_4_3) {
    auto msp = Msp::create(config, version);
    EXPECT_TRUE(msp) << msp.error().message;
    auto member = (*msp)->member(certificate);
    EXPECT_TRUE(member) << member.error().message;
    return *member;
  }
  // Without NodeOUs.
  ::msp::FabricMSPConfig plain() {
    auto config = org_.msp();
    config.clear_fabric_node_ous();
    return config;
  }
  static WallTime day(int year) {
    return WallTime(std::chrono::sys_days(std::chrono::year(year) / 1 / 1));
  }

  TestOrg org_{"Org1MSP"};
};

TEST_F(MspTest, NodeOusTellRoles) {
  const auto config = org_.msp();
  const auto roles = [&](const Credential& who) {
    auto found = member(config, who.certificate);
    std::string all;
    for (Role role : {Role::member, Role::admin, Role::client, Role::peer, Role::orderer})
      all += found->is(role) ? '1' : '0';
    return all;
  };
  EXPECT_EQ(roles(org_.admin), "11000");
  EXPECT_EQ(roles(org_.client), "10100");
  EXPECT_EQ(roles(org_.peer), "10010");
  EXPECT_EQ(roles(org_.orderer), "10001");
  EXPECT_THAT(refusal(config, org_.member("x", "elsewhere").certificate),
              HasSubstr("carries none of the units"));
  EXPECT_THAT(
      refusal(config, org_.ca.issue({.common_name = "x", .units = {"client", "peer"}}).certificate),
      HasSubstr("carries several of the units"));
  EXPECT_EQ(
      refusal(config,
              org_.ca.issue({.common_name = "x", .units = {"client", "department"}}).certificate),
      "");
}

TEST_F(MspTest, OlderVersionsKnowLess) {
  EXPECT_EQ(refusal(org_.msp(), org_.client.certificate, MspVersion::v1_1), "");
  EXPECT_THAT(refusal(org_.msp(), org_.admin.certificate, MspVersion::v1_1),
              HasSubstr("carries none"));
  EXPECT_FALSE(member(org_.msp(), org_.client.certificate, MspVersion::v1_0)->is(Role::client));
  EXPECT_FALSE(member(org_.msp(), org_.admin.certificate, MspVersion::v1_0)->is(Role::admin));
}

TEST_F(MspTest, WithoutNodeOusAdminsAreListed) {
  auto config = plain();
  config.add_admins(org_.client.certificate);
  EXPECT_TRUE(member(config, org_.client.certificate)->is(Role::admin));
  EXPECT_FALSE(member(config, org_.client.certificate)->is(Role::client));
  EXPECT_FALSE(member(config, org_.admin.certificate)->is(Role::admin));
  EXPECT_TRUE(member(config, tests::flip_signature(org_.client.certificate))->is(Role::admin));
}

TEST_F(MspTest, OnlyItsOwnCertificatesLeadToARoot) {
  TestOrg other("Org2MSP");
  EXPECT_THAT(refusal(org_.msp(), other.client.certificate),
              HasSubstr("leads to no root of this organisation"));
  // An authority of the same name with another key.
  CertificateAuthority imposter({.common_name = "ca.Org1MSP"});
  EXPECT_THAT(refusal(org_.msp(), imposter.issue({.units = {"client"}}).certificate),
              HasSubstr("leads to no root"));
  EXPECT_THAT(refusal(org_.msp(), org_.ca.certificate()), HasSubstr("is a CA's"));
  EXPECT_THAT(refusal(org_.msp(), org_.ca.intermediate({.common_name = "ica"}).certificate()),
              HasSubstr("is a CA's"));
  EXPECT_THAT(refusal(org_.msp(), "nonsense"), HasSubstr("not a PEM certificate"));
}

TEST_F(MspTest, IntermediatesIssueInTheRootsPlace) {
  auto intermediate = org_.ca.intermediate({.common_name = "ica"});
  auto config = org_.msp();
  const auto leaf = intermediate.issue({.units = {"client"}});
  EXPECT_THAT(refusal(config, leaf.certificate), HasSubstr("leads to no root"));
  config.add_intermediate_certs(intermediate.certificate());
  EXPECT_EQ(refusal(config, leaf.certificate), "");
  EXPECT_THAT(refusal(config, org_.client.certificate), HasSubstr("issues only to other CAs"));
  // One that leads nowhere spoils the MSP.
  auto broken = org_.msp();
  broken.add_intermediate_certs(TestOrg("Org2MSP").ca.intermediate({}).certificate());
  EXPECT_THAT(refusal(broken, org_.client.certificate), HasSubstr("no MSP: "));
}

TEST_F(MspTest, ExpiryIsNoFaultButTheChainMustHaveBeenValidThen) {
  auto expired = org_.ca.issue({.common_name = "x", .units = {"client"}, .not_after = day(2021)});
  auto found = member(org_.msp(), expired.certificate);
  EXPECT_FALSE(found->certificate().valid_at(day(2022)));
  auto before_the_ca =
      org_.ca.issue({.common_name = "x", .units = {"client"}, .not_before = day(2010)});
  EXPECT_THAT(refusal(org_.msp(), before_the_ca.certificate), HasSubstr("not yet valid"));
}

TEST_F(MspTest, CertificatesForClientsOnlyAreRefusedAsFabricDoes) {
  auto issue = [&](const char* usages) {
    return org_.ca.issue({.units = {"client"}, .usages = usages}).certificate;
  };
  EXPECT_EQ(refusal(org_.msp(), issue("")), "");
  EXPECT_EQ(refusal(org_.msp(), issue("anyExtendedKeyUsage")), "");
  EXPECT_THAT(refusal(org_.msp(), issue("clientAuth")), HasSubstr("not for server authentication"));
}

TEST_F(MspTest, RevocationCountsWhenTheIssuerSignedIt) {
  auto config = org_.msp();
  config.add_revocation_list(org_.ca.revoke({org_.peer.serial, org_.client.serial}));
  EXPECT_THAT(refusal(config, org_.client.certificate),
              AllOf(HasSubstr("CN=client"), HasSubstr("has been revoked")));
  EXPECT_EQ(refusal(config, org_.admin.certificate), "");
  config = org_.msp();
  config.add_revocation_list(TestOrg("Org2MSP").ca.revoke({org_.client.serial}));
  EXPECT_EQ(refusal(config, org_.client.certificate), "");
  config = org_.msp();
  config.add_revocation_list("nonsense");
  EXPECT_EQ(refusal(config, org_.client.certificate), "no MSP: a revocation list does not decode");
}

TEST_F(MspTest, UnitsMayBeAskedForAndBoundToTheirCertifier) {
  auto intermediate = org_.ca.intermediate({.common_name = "ica1"}),
       other = org_.ca.intermediate({.common_name = "ica2"});
  auto config = plain();
  config.add_intermediate_certs(intermediate.certificate());
  config.add_intermediate_certs(other.certificate());
  auto* unit = config.add_organizational_unit_identifiers();
  unit->set_organizational_unit_identifier("audit");
  unit->set_certificate(intermediate.certificate());
  EXPECT_EQ(refusal(config, intermediate.issue({.units = {"audit"}}).certificate), "");
  EXPECT_THAT(refusal(config, other.issue({.units = {"audit"}}).certificate),
              HasSubstr("carries none of the units that Org1MSP asks for"));
  EXPECT_THAT(refusal(config, intermediate.issue({}).certificate),
              HasSubstr("carries none of the units"));

  auto bound = org_.msp();
  bound.add_intermediate_certs(intermediate.certificate());
  bound.add_intermediate_certs(other.certificate());
  bound.mutable_fabric_node_ous()->mutable_client_ou_identifier()->set_certificate(
      intermediate.certificate());
  EXPECT_EQ(refusal(bound, intermediate.issue({.units = {"client"}}).certificate), "");
  EXPECT_THAT(refusal(bound, other.issue({.units = {"client"}}).certificate),
              HasSubstr("was given by another CA"));
  bound.mutable_fabric_node_ous()->mutable_client_ou_identifier()->set_certificate(
      TestOrg("X").ca.certificate());
  EXPECT_THAT(refusal(bound, org_.client.certificate), HasSubstr("none of the organisation's CAs"));
}

TEST_F(MspTest, BrokenDefinitionsSaySo) {
  EXPECT_THAT(refusal({}, ""), HasSubstr("there is no root certificate"));
  auto config = org_.msp();
  config.set_root_certs(0, org_.client.certificate);
  EXPECT_THAT(refusal(config, ""), HasSubstr("is not that of a CA"));
  config = org_.msp();
  config.mutable_crypto_config()->set_signature_hash_family("SHA3");
  EXPECT_THAT(refusal(config, ""), HasSubstr("SHA3"));
}

TEST_F(MspTest, PrincipalsAreMatched) {
  auto found = member(org_.msp(), org_.client.certificate);
  auto satisfied = [&](const ::common::MSPPrincipal& principal) {
    auto compiled = compile_principal(principal);
    EXPECT_TRUE(compiled) << compiled.error().message;
    return found->satisfies(*compiled);
  };
  auto principal = [](::common::MSPPrincipal::Classification kind, const std::string& bytes) {
    ::common::MSPPrincipal made;
    made.set_principal_classification(kind);
    made.set_principal(bytes);
    return made;
  };
  auto role = [&](const char* msp, ::common::MSPRole::MSPRoleType which) {
    ::common::MSPRole message;
    message.set_msp_identifier(msp);
    message.set_role(which);
    return principal(::common::MSPPrincipal::ROLE, message.SerializeAsString());
  };
  EXPECT_TRUE(satisfied(role("Org1MSP", ::common::MSPRole::MEMBER)));
  EXPECT_TRUE(satisfied(role("Org1MSP", ::common::MSPRole::CLIENT)));
  EXPECT_FALSE(satisfied(role("Org1MSP", ::common::MSPRole::PEER)));
  EXPECT_FALSE(satisfied(role("Org2MSP", ::common::MSPRole::MEMBER)));

  auto identity = [&](const std::string& certificate) {
    return principal(::common::MSPPrincipal::IDENTITY, serialize_identity("Org1MSP", certificate));
  };
  EXPECT_TRUE(satisfied(identity(org_.client.certificate)));
  EXPECT_TRUE(satisfied(identity(tests::flip_signature(org_.client.certificate))));
  EXPECT_FALSE(satisfied(identity(org_.peer.certificate)));
  EXPECT_FALSE(satisfied(principal(::common::MSPPrincipal::IDENTITY,
                                   serialize_identity("Org2MSP", org_.client.certificate))));

  auto unit = [&](const char* name, const std::string& certifiers) {
    ::common::OrganizationUnit message;
    message.set_msp_identifier("Org1MSP");
    message.set_organizational_unit_identifier(name);
    message.set_certifiers_identifier(certifiers);
    return principal(::common::MSPPrincipal::ORGANIZATION_UNIT, message.SerializeAsString());
  };
  // Fabric's CertifiersIdentifier: sha256 over the chain above, roots with their signature in low
  // S.
  const auto root = *Certificate::from_pem(org_.ca.certificate());
  const auto flipped = *Certificate::from_pem(tests::flip_signature(org_.ca.certificate()));
  const bool one = satisfied(unit("client", std::string(view(root.fingerprint()))));
  const bool other = satisfied(unit("client", std::string(view(flipped.fingerprint()))));
  EXPECT_NE(one, other) << "one of the two forms has the low S";
  EXPECT_FALSE(satisfied(unit("client", "")));

  ::common::MSPIdentityAnonymity anonymity;
  EXPECT_TRUE(
      satisfied(principal(::common::MSPPrincipal::ANONYMITY, anonymity.SerializeAsString())));
  anonymity.set_anonymity_type(::common::MSPIdentityAnonymity::ANONYMOUS);
  EXPECT_FALSE(
      satisfied(principal(::common::MSPPrincipal::ANONYMITY, anonymity.SerializeAsString())));

  ::common::CombinedPrincipal both;
  *both.add_principals() = role("Org1MSP", ::common::MSPRole::CLIENT);
  *both.add_principals() = identity(org_.client.certificate);
  EXPECT_TRUE(satisfied(principal(::common::MSPPrincipal::COMBINED, both.SerializeAsString())));
  *both.add_principals() = role("Org1MSP", ::common::MSPRole::PEER);
  EXPECT_FALSE(satisfied(principal(::common::MSPPrincipal::COMBINED, both.SerializeAsString())));

  ::common::MSPPrincipal deep = role("Org1MSP", ::common::MSPRole::CLIENT);
  for (int i = 0; i < 100; ++i) {
    ::common::CombinedPrincipal around;
    *around.add_principals() = deep;
    deep = principal(::common::MSPPrincipal::COMBINED, around.SerializeAsString());
  }
  EXPECT_THAT(compile_principal(deep).error().message, HasSubstr("nested too deeply"));
  EXPECT_FALSE(compile_principal(principal(::common::MSPPrincipal::COMBINED, "")));
  EXPECT_FALSE(compile_principal(principal(::common::MSPPrincipal::ROLE, "\xff")));
  EXPECT_FALSE(compile_principal(principal(::common::MSPPrincipal::IDENTITY, "nonsense")));
}

TEST_F(MspTest, ASetFindsTheOrganisationAndRemembersItsMembers) {
  MspSet set;
  set.add("Org1MSP", Msp::create(org_.msp(), MspVersion::v1_4_3));
  set.add("OddMSP", fail("it is odd"));
  const std::string identity = tests::identity_of(org_, org_.client);
  auto first = set.member(identity);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(*set.member(identity), *first);
  EXPECT_TRUE((*first)->same_as(
      **set.member(tests::identity_of("Org1MSP", tests::flip_signature(org_.client.certificate)))));
  EXPECT_FALSE((*first)->same_as(**set.member(tests::identity_of(org_, org_.peer))));
  EXPECT_EQ(set.member(tests::identity_of("OddMSP", "")).error().message,
            "the MSP OddMSP cannot be used: it is odd");
  EXPECT_THAT(set.member(tests::identity_of("NoMSP", "")).error().message,
              HasSubstr("no organisation NoMSP"));
  EXPECT_FALSE(set.member("nonsense"));
  EXPECT_NE(set.find("Org1MSP"), nullptr);
  EXPECT_EQ(set.find("OddMSP"), nullptr);
  for (size_t i = 0; i <= MspSet::kMostRemembered; ++i)  // more strangers than are remembered
    EXPECT_FALSE(set.member("nonsense " + std::to_string(i)));
  EXPECT_TRUE(set.member(identity));
}

}  // namespace
}  // namespace belfry::msp
