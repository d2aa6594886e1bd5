// lscc as 1.4's clients call it: install, instantiate, upgrade, and what is there.
#include "devnet/lscc.h"

#include "devnet/endorsing_harness.h"
#include "devnet/transaction_harness.h"
#include "ledger/definition_policies.h"
#include "peer/chaincode.pb.h"
#include "peer/query.pb.h"
#include "peer/signed_cc_dep_spec.pb.h"

namespace belfry::devnet {
namespace {

class LsccTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made =
        EndorsingServices::create({.folder = "net", .chaincode_port = 0}, files_, system_clock());
    ASSERT_TRUE(made) << made.error().message;
    endorsing_ = std::move(*made);
    NetworkSettings settings;
    settings.folder = "net";
    settings.orderer_port = settings.peer_port = 0;
    settings.participation_port = settings.operations_port = 0;
    settings.channel.generation = Generation::v1_4;
    auto started = Network::start(settings, files_, system_clock(), endorsing_->maker());
    ASSERT_TRUE(started) << started.error().message;
    network_ = std::move(*started);
  }
  void TearDown() override {
    chaincodes_.clear();
    network_.reset();
    endorsing_.reset();
  }

  // A chaincode that has dialled in, as in development.
  void connect(const std::string& id) {
    chaincodes_.push_back(std::make_unique<ScriptedChaincode>(endorsing_->runtime(), id));
  }
  const msp::SigningIdentity& admin() const {
    return *network_->material().organizations[0].admin().identity;
  }
  const msp::SigningIdentity& user() const {
    return *network_->material().organizations[0].users[1].identity;
  }

  ::protos::ProposalResponse ask(const std::string& channel, const std::string& chaincode,
                                 const std::vector<std::string>& args,
                                 const msp::SigningIdentity& signer) {
    last_ = make_proposal(channel, chaincode, args, signer, system_clock(), secure_random());
    std::promise<ProposalAnswer> done;
    endorsing_->peers().front()->process(
        last_.signed_proposal, [&](ProposalAnswer answer) { done.set_value(std::move(answer)); });
    auto answer = done.get_future().get();
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? **answer : ::protos::ProposalResponse();
  }
  ::protos::ProposalResponse lscc(const std::vector<std::string>& args,
                                  const std::string& channel = "mychannel") {
    return ask(channel, "lscc", args, admin());
  }
  // Endorses and commits; the code.
  int submit(const std::string& chaincode, const std::vector<std::string>& args) {
    const auto response = ask("mychannel", chaincode, args, admin());
    EXPECT_EQ(response.response().status(), 200) << response.response().message();
    return submit(response);
  }
  int submit(const ::protos::ProposalResponse& response) {
    const auto made = make_transaction(*last_.signed_proposal, {response}, admin());
    EXPECT_TRUE(made);
    return submit_to(*network_->channels().find("mychannel"),
                     {last_.transaction_id, made.value_or("")});
  }

  static std::string package(const std::string& version, const std::string& code = "code") {
    ::protos::ChaincodeDeploymentSpec spec;
    fill(spec, version);
    spec.set_code_package(code);
    return spec.SerializeAsString();
  }
  static std::string spec(const std::string& version) {
    ::protos::ChaincodeDeploymentSpec spec;
    fill(spec, version);
    spec.mutable_chaincode_spec()->mutable_input()->add_args("init");
    return spec.SerializeAsString();
  }
  static void fill(::protos::ChaincodeDeploymentSpec& spec, const std::string& version) {
    spec.mutable_chaincode_spec()->set_type(::protos::ChaincodeSpec::GOLANG);
    spec.mutable_chaincode_spec()->mutable_chaincode_id()->set_name("ngo");
    spec.mutable_chaincode_spec()->mutable_chaincode_id()->set_version(version);
    spec.mutable_chaincode_spec()->mutable_chaincode_id()->set_path("github.com/ngo");
  }

  ForgetfulFiles files_{3};
  std::unique_ptr<EndorsingServices> endorsing_;
  std::unique_ptr<Network> network_;
  std::vector<std::unique_ptr<ScriptedChaincode>> chaincodes_;
  MadeProposal last_;
};

TEST_F(LsccTest, ThePackageIsInstalledOnce) {
  EXPECT_EQ(lscc({"install", package("1.0")}, "").response().payload(), "OK");
  EXPECT_EQ(lscc({"install", package("1.0")}, "").response().message(),
            "error installing chaincode code ngo:1.0(chaincode "
            "net/chaincodes/legacy/peer0.org1.example.com@ngo.1.0 exists)");
  EXPECT_EQ(lscc({"install", "\xff"}, "").response().message(),
            "could not unmarshal chaincode package to CDS or SignedCDS");
  ::protos::ChaincodeQueryResponse installed;
  ASSERT_TRUE(installed.ParseFromString(lscc({"getinstalledchaincodes"}, "").response().payload()));
  ASSERT_EQ(installed.chaincodes_size(), 1);
  EXPECT_EQ(installed.chaincodes(0).name(), "ngo");
  EXPECT_EQ(installed.chaincodes(0).path(), "github.com/ngo");
  EXPECT_EQ(installed.chaincodes(0).id().size(), 32u);
  EXPECT_NE(ask("", "lscc", {"install", package("2.0")}, user())
                .response()
                .message()
                .find("access denied for [install]: "),
            std::string::npos);
  // What is on the disk is there after a restart.
  PackageLauncher launcher;
  const auto again = LegacyPackages::open(files_, "net", launcher);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE((*again)->find("peer0.org1.example.com", "ngo:1.0"));
}

// As `peer chaincode package -s -i POLICY` makes it, and an owner signs it.
TEST_F(LsccTest, APackageThatIsSignedSaysWhoMayInstantiateIt) {
  const auto package_for = [](const std::string& msp_id, const std::string& owner) {
    ::protos::SignedChaincodeDeploymentSpec owned;
    owned.set_chaincode_deployment_spec(package("1.0"));
    owned.set_instantiation_policy(ledger::any_admin_of({msp_id}).SerializeAsString());
    owned.add_owner_endorsements()->set_endorser(owner);
    ::common::ChannelHeader header;
    header.set_type(::common::CHAINCODE_PACKAGE);
    ::common::Payload payload;
    payload.mutable_header()->set_channel_header(header.SerializeAsString());
    payload.set_data(owned.SerializeAsString());
    ::common::Envelope envelope;
    envelope.set_payload(payload.SerializeAsString());
    return envelope.SerializeAsString();
  };
  // What its owners sign is part of the fingerprint; the form is not.
  const auto plain = LegacyPackage::parse(package("1.0"));
  const auto one = LegacyPackage::parse(package_for("Org2MSP", "one"));
  const auto other = LegacyPackage::parse(package_for("Org2MSP", "other"));
  ASSERT_TRUE(plain && one && other);
  EXPECT_EQ(one->spec, package("1.0"));
  EXPECT_NE(one->id, plain->id);
  EXPECT_NE(one->id, other->id);
  EXPECT_EQ(one->data.size(), 3 * 34u);
  EXPECT_EQ(one->data.substr(0, 68), plain->data);

  connect("ngo:1.0");
  EXPECT_EQ(lscc({"install", package_for("Org2MSP", "one")}, "").response().payload(), "OK");
  // Its administrator is Org1's.
  EXPECT_EQ(lscc({"deploy", "mychannel", spec("1.0")}).response().message(),
            "instantiation policy violation: signature set did not satisfy policy");
}

TEST_F(LsccTest, ItIsDeployedInvokedAndUpgraded) {
  EXPECT_EQ(lscc({"deploy", "mychannel", spec("1.0")}).response().message(),
            "cannot get package for chaincode (ngo:1.0)");
  for (const char* version : {"1.0", "2.0"}) {
    ASSERT_EQ(lscc({"install", package(version)}, "").response().status(), 200);
    connect(std::string("ngo:") + version);
  }
  EXPECT_EQ(
      ask("mychannel", "lscc", {"deploy", "mychannel", spec("1.0")}, user()).response().message(),
      "instantiation policy violation: signature set did not satisfy policy");
  EXPECT_EQ(lscc({"getid", "mychannel", "ngo"}).response().message(),
            "could not find chaincode with name 'ngo'");
  ASSERT_EQ(submit("lscc", {"deploy", "mychannel", spec("1.0")}), ledger::code::kValid);
  EXPECT_EQ(lscc({"deploy", "mychannel", spec("1.0")}).response().message(),
            "chaincode with name 'ngo' already exists");
  EXPECT_EQ(submit("ngo", {"put", "k", "v"}), ledger::code::kValid);
  EXPECT_EQ(ask("mychannel", "ngo", {"get", "k"}, user()).response().payload(), "v");

  EXPECT_EQ(lscc({"getid", "mychannel", "ngo"}).response().payload(), "ngo");
  EXPECT_EQ(lscc({"getdepspec", "mychannel", "ngo"}).response().payload(), package("1.0"));
  ::protos::ChaincodeData data;
  ASSERT_TRUE(data.ParseFromString(lscc({"getccdata", "mychannel", "ngo"}).response().payload()));
  EXPECT_EQ(data.version(), "1.0");
  EXPECT_EQ(lscc({"getcollectionsconfig", "ngo"}).response().message(),
            "collections config not defined for chaincode ngo");

  // What was endorsed before the upgrade is too late after it.
  const auto early = ask("mychannel", "ngo", {"put", "k", "late"}, admin());
  const auto early_proposal = last_;
  EXPECT_EQ(lscc({"upgrade", "mychannel", spec("1.0")}).response().message(),
            "version already exists for chaincode with name 'ngo'");
  ASSERT_EQ(submit("lscc", {"upgrade", "mychannel", spec("2.0")}), ledger::code::kValid);
  last_ = early_proposal;
  EXPECT_EQ(submit(early), ledger::code::kExpiredChaincode);
  EXPECT_EQ(submit("ngo", {"put", "k", "new"}), ledger::code::kValid);
  ::protos::ChaincodeQueryResponse there;
  ASSERT_TRUE(there.ParseFromString(lscc({"getchaincodes"}).response().payload()));
  ASSERT_EQ(there.chaincodes_size(), 1);
  EXPECT_EQ(there.chaincodes(0).version(), "2.0");
}

TEST_F(LsccTest, WrongCallsAreToldSo) {
  EXPECT_EQ(lscc({}).response().message(), "invalid number of arguments to lscc: 0");
  EXPECT_EQ(lscc({"install"}, "").response().message(), "invalid number of arguments to lscc: 1");
  EXPECT_EQ(lscc({"getccdata", "mychannel"}).response().message(),
            "invalid number of arguments to lscc: 2");
  EXPECT_EQ(lscc({"none"}).response().message(), "invalid function to lscc: none");
  EXPECT_EQ(lscc({"deploy", "mychannel", "\xff"}).response().message().substr(0, 47),
            "error unmarshalling ChaincodeDeploymentSpec: pr");
}

TEST_F(LsccTest, NamedOnTheCommandLineItGoesThroughLsccToo) {
  connect("ngo:1.0");
  ASSERT_TRUE(deploy(*endorsing_, *network_,
                     {.channel = "mychannel", .name = "ngo", .package_id = "ngo:1.0"}));
  EXPECT_EQ(submit("ngo", {"put", "k", "v"}), ledger::code::kValid);
}

}  // namespace
}  // namespace belfry::devnet
