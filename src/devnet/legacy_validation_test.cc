// What a channel of Fabric 1.4 makes of transactions: the codes of the v1.4 validator, lscc's
// deployments and upgrades among them.
#include <gtest/gtest.h>

#include "devnet/block_maker.h"
#include "devnet/transaction_harness.h"
#include "ledger/definition_policies.h"

namespace belfry::devnet {
namespace {

namespace code = ledger::code;
using Type = ::protos::ChaincodeSpec::Type;

class LegacyValidationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto material = open_material(files_, system_clock(), {.folder = "crypto"});
    ASSERT_TRUE(material) << material.error().message;
    material_ = std::move(*material);
    auto created = ledger::Ledger::create(
        files_, {.folder = "ledgers"},
        make_genesis(material_, "mychannel", {.generation = Generation::v1_4},
                     {.orderer_host = "localhost"}, system_clock().now(), secure_random()),
        signatures_);
    ASSERT_TRUE(created) << created.error().message;
    ledger_ = std::move(*created);
  }

  const msp::SigningIdentity& admin() const { return *material_.organizations[0].admin().identity; }
  const msp::SigningIdentity& user() const { return *material_.organizations[0].users[1].identity; }
  std::vector<const Node*> peer() const { return {&material_.organizations[0].nodes.front()}; }

  static std::string spec_of(const std::string& name, const std::string& version,
                             Type type = ::protos::ChaincodeSpec::NODE) {
    ::protos::ChaincodeDeploymentSpec spec;
    spec.mutable_chaincode_spec()->set_type(type);
    spec.mutable_chaincode_spec()->mutable_chaincode_id()->set_name(name);
    spec.mutable_chaincode_spec()->mutable_chaincode_id()->set_version(version);
    return spec.SerializeAsString();
  }
  static std::string entry_of(const std::string& name, const std::string& version) {
    ::protos::ChaincodeData data;
    data.set_name(name);
    data.set_version(version);
    data.set_escc("escc");
    data.set_vscc("vscc");
    *data.mutable_policy() = ledger::any_member_of({"Org1MSP", "Org2MSP"});
    *data.mutable_instantiation_policy() = ledger::any_admin_of({"Org1MSP", "Org2MSP"});
    return data.SerializeAsString();
  }

  MadeTransaction lscc(const std::vector<std::string>& args, const Sets& sets,
                       const msp::SigningIdentity& creator) const {
    return make_transaction("mychannel", "lscc", sets, creator, peer(), {}, args, "syscc");
  }
  MadeTransaction deployment(const std::string& function, const std::string& name,
                             const std::string& version,
                             Type type = ::protos::ChaincodeSpec::NODE) const {
    return lscc({function, "mychannel", spec_of(name, version, type)},
                Sets().write("lscc", name, entry_of(name, version)), admin());
  }
  MadeTransaction invocation(const std::string& chaincode, const std::string& version,
                             const Sets& sets) const {
    return make_transaction("mychannel", chaincode, sets, user(), peer(), {}, {"put"}, version);
  }

  // One block of these; their codes.
  std::vector<int> commit(const std::vector<MadeTransaction>& made) {
    std::vector<std::string> envelopes;
    for (const auto& each : made) envelopes.push_back(each.envelope);
    auto committed = ledger_->commit(std::make_shared<const std::string>(
        make_block(*ledger_, std::move(envelopes), *material_.orderer.nodes.front().identity,
                   secure_random())));
    EXPECT_TRUE(committed) << (committed ? "" : committed.error().message);
    std::vector<int> codes;
    if (committed)
      for (const char each : (*committed)->block.metadata[2])
        codes.push_back(static_cast<uint8_t>(each));
    return codes;
  }
  using Codes = std::vector<int>;

  ForgetfulFiles files_{1};
  Material material_;
  std::shared_ptr<ledger::SignatureCache> signatures_ = std::make_shared<ledger::SignatureCache>();
  std::unique_ptr<ledger::Ledger> ledger_;
};

TEST_F(LegacyValidationTest, WhatIsDeployedCanBeInvokedInItsVersion) {
  EXPECT_EQ(commit({invocation("ngo", "1", Sets().write("ngo", "k", "v"))}),
            Codes{code::kInvalidOtherReason});
  EXPECT_EQ(commit({deployment("deploy", "ngo", "1")}), Codes{code::kValid});
  EXPECT_EQ(commit({invocation("ngo", "1", Sets().write("ngo", "k", "v"))}), Codes{code::kValid});
  EXPECT_EQ(commit({invocation("ngo", "2", Sets().write("ngo", "k", "v"))}),
            Codes{code::kExpiredChaincode});
  EXPECT_EQ(commit({deployment("upgrade", "ngo", "2")}), Codes{code::kValid});
  EXPECT_EQ(commit({invocation("ngo", "1", Sets().write("ngo", "k", "v"))}),
            Codes{code::kExpiredChaincode});
  EXPECT_EQ(commit({invocation("ngo", "2", Sets().write("ngo", "k", "v"))}), Codes{code::kValid});
}

TEST_F(LegacyValidationTest, AnUpgradeInTheSameBlockIsAConflict) {
  ASSERT_EQ(commit({deployment("deploy", "ngo", "1")}), Codes{code::kValid});
  const auto go = ::protos::ChaincodeSpec::GOLANG;
  EXPECT_EQ(commit({invocation("ngo", "1", Sets().write("ngo", "a", "v")),
                    deployment("upgrade", "ngo", "2", go), deployment("upgrade", "ngo", "3", go),
                    invocation("ngo", "1", Sets().write("ngo", "b", "v"))}),
            (Codes{code::kChaincodeVersionConflict, code::kChaincodeVersionConflict, code::kValid,
                   code::kChaincodeVersionConflict}));
  // Fabric looks for it with chaincode in Go only.
  EXPECT_EQ(commit({invocation("ngo", "3", Sets().write("ngo", "a", "v")),
                    deployment("upgrade", "ngo", "4")}),
            (Codes{code::kValid, code::kValid}));
}

TEST_F(LegacyValidationTest, DeploymentsThatLsccWouldNotMakeAreRefused) {
  const Codes refused{code::kEndorsementPolicyFailure};
  const std::string spec = spec_of("ngo", "1");
  const Sets good = Sets().write("lscc", "ngo", entry_of("ngo", "1"));
  const auto deploy = [&](const Sets& sets) {
    return lscc({"deploy", "mychannel", spec}, sets, admin());
  };
  EXPECT_EQ(commit({lscc({"deploy", "mychannel", spec}, good, user())}), refused);  // no admin
  EXPECT_EQ(commit({lscc({"start", "mychannel", spec}, good, admin())}), refused);
  EXPECT_EQ(commit({lscc({"deploy", "mychannel"}, good, admin())}), refused);
  EXPECT_EQ(commit({lscc({"deploy", "mychannel", "\xff"}, good, admin())}), refused);
  EXPECT_EQ(commit({lscc({"deploy", "mychannel", spec_of("lscc", "1")}, good, admin())}), refused);
  EXPECT_EQ(commit({deploy(Sets())}), refused);
  EXPECT_EQ(commit({deploy(Sets().write("lscc", "other", entry_of("ngo", "1")))}), refused);
  EXPECT_EQ(commit({deploy(Sets().write("lscc", "ngo", entry_of("ngo", "2")))}), refused);
  EXPECT_EQ(commit({deploy(Sets(good).write("other", "k", "v"))}), refused);
  EXPECT_EQ(commit({deploy(Sets(good).write("lscc", "ngo~collection", "c"))}), refused);
  EXPECT_EQ(commit({deployment("upgrade", "ngo", "1")}), refused);  // there is none
  ASSERT_EQ(commit({deploy(good)}), Codes{code::kValid});
  EXPECT_EQ(commit({deploy(good)}), refused);                       // there is one
  EXPECT_EQ(commit({deployment("upgrade", "ngo", "1")}), refused);  // the same version
}

TEST_F(LegacyValidationTest, CollectionsAreThoseOfTheArguments) {
  ::protos::CollectionConfigPackage package;
  add_collection(package, "donors", {"Org1MSP", "Org2MSP"}, 5);
  const auto with = [&](const std::string& function, const std::string& version,
                        const std::string& asked, const std::string& written) {
    return lscc({function, "mychannel", spec_of("ngo", version), "", "", "", asked},
                Sets()
                    .write("lscc", "ngo", entry_of("ngo", version))
                    .write("lscc", "ngo~collection", written),
                admin());
  };
  const Codes refused{code::kEndorsementPolicyFailure};
  const std::string donors = package.SerializeAsString();
  EXPECT_EQ(commit({with("deploy", "1", donors, "another")}), refused);
  ASSERT_EQ(commit({with("deploy", "1", donors, donors)}), Codes{code::kValid});
  ::protos::CollectionConfigPackage longer, more = package;
  add_collection(longer, "donors", {"Org1MSP", "Org2MSP"}, 6);
  add_collection(more, "others", {"Org1MSP"});
  const std::string changed = longer.SerializeAsString(), added = more.SerializeAsString();
  EXPECT_EQ(commit({with("upgrade", "2", changed, changed)}), refused);
  EXPECT_EQ(commit({with("upgrade", "2", added, added)}), Codes{code::kValid});
  EXPECT_EQ(commit({with("upgrade", "3", donors, donors)}), refused);  // one is missing
}

TEST_F(LegacyValidationTest, NobodyElseWritesWhatIsLsccs) {
  ASSERT_EQ(commit({deployment("deploy", "ngo", "1")}), Codes{code::kValid});
  EXPECT_EQ(commit({invocation("ngo", "1", Sets().write("lscc", "ngo", entry_of("ngo", "9")))}),
            Codes{code::kIllegalWriteset});
}

}  // namespace
}  // namespace belfry::devnet
