#include "msp/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/configtx.pb.h"
#include "common/policies.pb.h"
#include "msp/channel_config.h"
#include "msp/msp_principal.pb.h"
#include "support/channel.h"

namespace belfry::msp {
namespace {

using testing::HasSubstr;
using tests::TestOrg;

::common::MSPPrincipal role_of(const std::string& msp_id, ::common::MSPRole::MSPRoleType which) {
  ::common::MSPRole role;
  role.set_msp_identifier(msp_id);
  role.set_role(which);
  ::common::MSPPrincipal principal;
  principal.set_principal(role.SerializeAsString());
  return principal;
}

class PolicyTest : public testing::Test {
 protected:
  MemberPtr member(const TestOrg& org, const tests::Credential& who) {
    auto found = config().msps->member(tests::identity_of(org, who));
    EXPECT_TRUE(found) << found.error().message;
    return *found;
  }
  const ChannelConfig& config() {
    if (!config_) config_ = *ChannelConfig::from_config(channel_.id, channel_.config);
    return *config_;
  }
  // n of the principals, each once.
  bool satisfied(int needed, const std::vector<::common::MSPPrincipal>& principals,
                 const std::vector<MemberPtr>& members) {
    ::common::SignaturePolicyEnvelope envelope;
    auto* rule = envelope.mutable_rule()->mutable_n_out_of();
    rule->set_n(needed);
    for (size_t i = 0; i < principals.size(); ++i) {
      *envelope.add_identities() = principals[i];
      rule->add_rules()->set_signed_by(static_cast<int>(i));
    }
    auto policy = SignaturePolicy::compile(envelope);
    EXPECT_TRUE(policy) << policy.error().message;
    return policy->satisfied_by(members);
  }

  tests::TestChannel channel_;
  std::optional<ChannelConfig> config_;
  const TestOrg &one_ = channel_.org1, &two_ = channel_.org2;
  const ::common::MSPPrincipal peer1_ = role_of("Org1MSP", ::common::MSPRole::PEER),
                               peer2_ = role_of("Org2MSP", ::common::MSPRole::PEER),
                               member1_ = role_of("Org1MSP", ::common::MSPRole::MEMBER);
};

TEST_F(PolicyTest, CountsPrincipals) {
  const auto p1 = member(one_, one_.peer), p2 = member(two_, two_.peer),
             c1 = member(one_, one_.client);
  EXPECT_TRUE(satisfied(1, {peer1_, peer2_}, {p2}));
  EXPECT_FALSE(satisfied(2, {peer1_, peer2_}, {p2}));
  EXPECT_TRUE(satisfied(2, {peer1_, peer2_}, {p2, p1}));
  EXPECT_FALSE(satisfied(1, {peer1_, peer2_}, {c1}));
  EXPECT_FALSE(satisfied(1, {peer1_}, {}));
  EXPECT_TRUE(satisfied(0, {}, {})) << "as in Fabric, none of none is satisfied";
}

TEST_F(PolicyTest, ASignerCountsForOneLeafOnly) {
  const auto p1 = member(one_, one_.peer), c1 = member(one_, one_.client);
  EXPECT_FALSE(satisfied(2, {member1_, member1_}, {p1}));
  EXPECT_TRUE(satisfied(2, {member1_, member1_}, {p1, c1}));
  // Greedy, as Fabric is: the peer is spent on "member" before "peer" is looked at.
  EXPECT_FALSE(satisfied(2, {member1_, peer1_}, {p1, c1}));
  EXPECT_TRUE(satisfied(2, {member1_, peer1_}, {c1, p1}));
}

TEST_F(PolicyTest, AFailedBranchGivesItsSignersBack) {
  ::common::SignaturePolicyEnvelope envelope;
  *envelope.add_identities() = member1_;
  *envelope.add_identities() = peer2_;
  auto* either = envelope.mutable_rule()->mutable_n_out_of();
  either->set_n(1);
  auto* both = either->add_rules()->mutable_n_out_of();
  both->set_n(2);
  both->add_rules()->set_signed_by(0);
  both->add_rules()->set_signed_by(1);
  either->add_rules()->set_signed_by(0);
  auto policy = SignaturePolicy::parse(envelope.SerializeAsString());
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_TRUE(policy->satisfied_by(std::vector{member(one_, one_.peer)}));
  EXPECT_EQ(policy->describe(), "1 of (2 of (Org1MSP.member, Org2MSP.peer), Org1MSP.member)");
}

TEST_F(PolicyTest, BrokenPoliciesSaySo) {
  ::common::SignaturePolicyEnvelope envelope;
  EXPECT_THAT(SignaturePolicy::compile(envelope).error().message, HasSubstr("is empty"));
  envelope.mutable_rule()->set_signed_by(0);
  EXPECT_THAT(SignaturePolicy::compile(envelope).error().message,
              HasSubstr("names identity 0 of 0"));
  *envelope.add_identities() = member1_;
  EXPECT_TRUE(SignaturePolicy::compile(envelope));
  envelope.mutable_rule()->set_signed_by(-1);
  EXPECT_FALSE(SignaturePolicy::compile(envelope));
  envelope.set_version(1);
  EXPECT_THAT(SignaturePolicy::compile(envelope).error().message, HasSubstr("version 1"));
  EXPECT_FALSE(SignaturePolicy::parse("\xff"));
}

TEST_F(PolicyTest, ImplicitPoliciesCountGroups) {
  const auto& policies = *config().policies;
  const auto a1 = member(one_, one_.admin), a2 = member(two_, two_.admin),
             c1 = member(one_, one_.client);
  const auto ao = member(channel_.orderers, channel_.orderers.admin);
  EXPECT_TRUE(policies.evaluate("/Channel/Application/Readers", std::vector{c1}));
  EXPECT_FALSE(policies.evaluate("/Channel/Application/Readers", std::vector<MemberPtr>{}));
  EXPECT_EQ(policies.evaluate("/Channel/Application/Admins", std::vector{a1}).error().message,
            "implicit policy evaluation failed - 1 sub-policies were satisfied, but this policy "
            "requires 2 of the 'Admins' sub-policies to be satisfied");
  EXPECT_TRUE(policies.evaluate("/Channel/Application/Admins", std::vector{a1, a2}));
  EXPECT_FALSE(policies.evaluate("/Channel/Admins", std::vector{a1, a2}))
      << "the orderers' group is missing from the majority";
  EXPECT_TRUE(policies.evaluate("/Channel/Admins", std::vector{a1, a2, ao}));
  EXPECT_TRUE(policies.evaluate("/Channel/Application/Org1/Admins", std::vector{a1}));
  EXPECT_FALSE(policies.evaluate("/Channel/Application/Org1/Admins", std::vector{c1}));
}

TEST_F(PolicyTest, RulesAllAndMissingSubPolicies) {
  auto set = [&](::common::ImplicitMetaPolicy::Rule rule, const char* name) {
    ::common::ImplicitMetaPolicy meta;
    meta.set_rule(rule);
    meta.set_sub_policy(name);
    auto& application = (*channel_.config.mutable_channel_group()->mutable_groups())["Application"];
    (*application.mutable_policies())["Tested"].mutable_policy()->set_type(
        ::common::Policy::IMPLICIT_META);
    (*application.mutable_policies())["Tested"].mutable_policy()->set_value(
        meta.SerializeAsString());
    config_.reset();
    return config().policies;
  };
  const auto c1 = member(one_, one_.client), c2 = member(two_, two_.client);
  EXPECT_FALSE(set(::common::ImplicitMetaPolicy::ALL, "Writers")
                   ->evaluate("/Channel/Application/Tested", std::vector{c1}));
  EXPECT_TRUE(set(::common::ImplicitMetaPolicy::ALL, "Writers")
                  ->evaluate("/Channel/Application/Tested", std::vector{c1, c2}));
  EXPECT_FALSE(set(::common::ImplicitMetaPolicy::ANY, "Nowhere")
                   ->evaluate("/Channel/Application/Tested", std::vector{c1, c2}));
  auto& application = (*channel_.config.mutable_channel_group()->mutable_groups())["Application"];
  application.clear_groups();
  EXPECT_TRUE(set(::common::ImplicitMetaPolicy::MAJORITY, "Writers")
                  ->evaluate("/Channel/Application/Tested", std::vector<MemberPtr>{}))
      << "as in Fabric, the majority of no groups is none";
}

TEST_F(PolicyTest, PathsAreFoundOrNot) {
  const auto& policies = *config().policies;
  const std::vector<MemberPtr> nobody;
  EXPECT_TRUE(policies.contains("/Channel/Readers"));
  EXPECT_TRUE(policies.contains("/Channel/Orderer/BlockValidation"));
  for (const char* path : {"", "/", "Channel", "/Channel", "/Channel/", "/Channel/Nothing",
                           "/Channel/Application/Org9/Readers", "/Elsewhere/Readers", "Readers"}) {
    EXPECT_FALSE(policies.contains(path)) << path;
    EXPECT_FALSE(policies.evaluate(path, nobody)) << path;
  }
  const auto a1 = member(one_, one_.admin);
  EXPECT_TRUE(policies.evaluate("/Channel/Application/Org1", "Admins", std::vector{a1}));
  EXPECT_TRUE(policies.evaluate("/Channel/Application", "Org1/Admins", std::vector{a1}));
  EXPECT_TRUE(
      policies.evaluate("/Channel/Orderer", "/Channel/Application/Org1/Admins", std::vector{a1}));
  EXPECT_FALSE(policies.evaluate("/Channel/Nowhere", "Admins", std::vector{a1}));
}

TEST_F(PolicyTest, SignaturesAreVerifiedAndCountedOnce) {
  const std::string data = "data", peer = tests::identity_of(one_, one_.peer),
                    client = tests::identity_of(one_, one_.client);
  const std::string flipped =
      tests::identity_of("Org1MSP", tests::flip_signature(one_.peer.certificate));
  const std::string good = tests::sign_with(one_.peer.key, data),
                    wrong = tests::sign_with(one_.peer.key, "other data");
  auto signers = verify_signers(*config().msps, std::vector<SignedData>{{data, peer, wrong},
                                                                        {data, peer, good},
                                                                        {data, peer, good},
                                                                        {data, flipped, good},
                                                                        {data, client, good}});
  ASSERT_EQ(signers.members.size(), 1U);
  EXPECT_EQ(signers.members[0]->certificate().common_name(), "peer");
  EXPECT_THAT(signers.refused, AllOf(HasSubstr("CN=peer"), HasSubstr("CN=client")));
}

}  // namespace
}  // namespace belfry::msp
