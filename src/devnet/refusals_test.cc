// What real peers were seen to refuse, and in which words, beyond the given transcripts.
#include "base/hash.h"
#include "common/common.pb.h"
#include "devnet/endorsing_harness.h"
#include "peer/lifecycle/lifecycle.pb.h"

namespace belfry::devnet {
namespace {

using ::protos::ChaincodeMessage;

class Refusals : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(harness_.start()); }

  // Status and message, or the error.
  std::string ask(const std::string& chaincode, const std::vector<std::string>& args,
                  const std::string& who = "User1@org1", bool is_init = false) {
    const auto& signer = harness_.who(who);
    auto made =
        make_proposal("mychannel", chaincode, args, signer, system_clock(), secure_random());
    return said(is_init ? as_init(*made.signed_proposal, signer) : made.signed_proposal);
  }
  std::string said(std::shared_ptr<const ::protos::SignedProposal> proposal) {
    const auto answer = harness_.process("peer0.org1", std::move(proposal));
    if (!answer) return answer.error().message;
    const auto& response = (*answer)->response();
    return normalised(std::to_string(response.status()) + " " + response.message());
  }
  std::string raw(ChaincodeMessage::Type type, const google::protobuf::Message& payload) {
    return ask("ngo", {"raw", std::to_string(type), payload.SerializeAsString()});
  }
  std::string install(const std::string& package) {
    ::lifecycle::InstallChaincodeArgs args;
    args.set_chaincode_install_package(package);
    return ask("_lifecycle", {"InstallChaincode", args.SerializeAsString()}, "Admin@org1");
  }
  std::string install(const std::string& metadata, const std::string& code) {
    return install(make_tar_gz({{"metadata.json", metadata, false}, {"code.tar.gz", code, false}}));
  }

  static std::shared_ptr<const ::protos::SignedProposal> as_init(
      const ::protos::SignedProposal& signed_, const msp::SigningIdentity& signer) {
    ::protos::Proposal proposal;
    ::protos::ChaincodeProposalPayload payload;
    ::protos::ChaincodeInvocationSpec spec;
    EXPECT_TRUE(proposal.ParseFromString(signed_.proposal_bytes()) &&
                payload.ParseFromString(proposal.payload()) &&
                spec.ParseFromString(payload.input()));
    spec.mutable_chaincode_spec()->mutable_input()->set_is_init(true);
    payload.set_input(spec.SerializeAsString());
    proposal.set_payload(payload.SerializeAsString());
    auto out = std::make_shared<::protos::SignedProposal>();
    out->set_proposal_bytes(proposal.SerializeAsString());
    out->set_signature(signer.sign(out->proposal_bytes()));
    return out;
  }

  EndorsingHarness harness_;
};

const std::string kCode = make_tar_gz({{"connection.json", R"({"address":"127.0.0.1:1"})", false}});
const std::string kUnparsed =
    "500 failed to invoke backing implementation of 'InstallChaincode': could not parse as a "
    "chaincode install package: ";

TEST_F(Refusals, ACertificateOfAnUnknownIssuerIsMalformed) {
  // One of Org3's, under Org1's name.
  const auto& stranger = harness_.who("User1@org3");
  const auto made =
      make_proposal("mychannel", "ngo", {"get", "k"}, stranger, system_clock(), secure_random());
  ::protos::Proposal proposal;
  ASSERT_TRUE(proposal.ParseFromString(made.signed_proposal->proposal_bytes()));
  ::common::Header header;
  ::common::SignatureHeader signature;
  ::common::ChannelHeader channel;
  ASSERT_TRUE(header.ParseFromString(proposal.header()) &&
              signature.ParseFromString(header.signature_header()) &&
              channel.ParseFromString(header.channel_header()));
  std::string creator = signature.creator();
  creator.replace(creator.find("Org3MSP"), 7, "Org1MSP");
  channel.set_tx_id(hex(view(sha256(signature.nonce() + creator))));
  signature.set_creator(creator);
  header.set_signature_header(signature.SerializeAsString());
  header.set_channel_header(channel.SerializeAsString());
  proposal.set_header(header.SerializeAsString());
  auto signed_ = std::make_shared<::protos::SignedProposal>();
  signed_->set_proposal_bytes(proposal.SerializeAsString());
  signed_->set_signature(stranger.sign(signed_->proposal_bytes()));
  EXPECT_EQ(said(signed_),
            "error validating proposal: access denied: channel [mychannel] creator org unknown, "
            "creator is malformed");
}

TEST_F(Refusals, SystemChaincodeIsNotInitialized) {
  EXPECT_EQ(ask("qscc", {"GetChainInfo", "mychannel"}, "User1@org1", true),
            "500 error in simulation: failed to execute transaction <id>: invalid invocation: "
            "chaincode 'qscc' does not require initialization but called as init");
}

TEST_F(Refusals, WordsThatAreNoTextStayInside) {
  EXPECT_EQ(ask("qscc", {"\xff\xfe", "mychannel", "x"}),
            "500 error in simulation: transaction returned with failure: failed to marshal "
            "response: string field contains invalid UTF-8");
  EXPECT_EQ(ask("qscc", {"GetBlockByNumber", "mychannel", "\xff\n\"x"}),
            R"(500 Failed to parse block number with error strconv.ParseUint: parsing )"
            R"("\xff\n\"x": invalid syntax)");
}

TEST_F(Refusals, WhatARealPeerTripsOver) {
  const std::string tripped = "failed: transaction ID: <id>: panic during execution";
  ::protos::PutStateMetadata metadata;
  metadata.set_key("k");
  EXPECT_EQ(raw(ChaincodeMessage::PUT_STATE_METADATA, metadata),
            "500 PUT_STATE_METADATA " + tripped);
  ::protos::ChaincodeSpec spec;
  EXPECT_EQ(raw(ChaincodeMessage::INVOKE_CHAINCODE, spec), "500 INVOKE_CHAINCODE " + tripped);
  spec.mutable_chaincode_id()->set_name("qscc");
  EXPECT_EQ(raw(ChaincodeMessage::INVOKE_CHAINCODE, spec), "500 INVOKE_CHAINCODE " + tripped);
  spec.mutable_chaincode_id()->set_name("audit");
  EXPECT_EQ(raw(ChaincodeMessage::INVOKE_CHAINCODE, spec), "500 INVOKE_CHAINCODE " + tripped);
  spec.mutable_input()->set_is_init(true);
  spec.mutable_chaincode_id()->set_name("cscc");
  EXPECT_EQ(raw(ChaincodeMessage::INVOKE_CHAINCODE, spec),
            "500 INVOKE_CHAINCODE failed: transaction ID: <id>: execute failed: invalid "
            "invocation: chaincode 'cscc' does not require initialization but called as init");
}

TEST_F(Refusals, ImplicitCollectionsAreThoseOfTheChannelsOrganizations) {
  for (const char* outside : {"_implicit_org_Org3MSP", "_implicit_org_"}) {
    const std::string undefined = std::string("failed: transaction ID: <id>: collection [") +
                                  outside +
                                  "] not defined in the collection config for chaincode [ngo]";
    EXPECT_EQ(ask("ngo", {"getPrivate", outside, "k"}), "500 GET_STATE " + undefined);
    ::protos::GetState hash;
    hash.set_collection(outside);
    hash.set_key("k");
    EXPECT_EQ(raw(ChaincodeMessage::GET_PRIVATE_DATA_HASH, hash),
              "500 GET_PRIVATE_DATA_HASH " + undefined);
  }
  EXPECT_EQ(ask("ngo", {"getPrivate", "_implicit_org_Org2MSP", "k"}), "200 ");
  // No collection at all passes for one with nothing in it, where only a hash is asked for.
  ::protos::GetState nowhere;
  nowhere.set_key("k");
  EXPECT_EQ(raw(ChaincodeMessage::GET_PRIVATE_DATA_HASH, nowhere), "200 ");
}

TEST_F(Refusals, AKeyWhosePolicyDoesNotDecodeIsNotWrittenAgain) {
  ::protos::PutStateMetadata metadata;
  metadata.set_key("k");
  metadata.mutable_metadata()->set_metakey("VALIDATION_PARAMETER");
  metadata.mutable_metadata()->set_value("no policy");
  harness_.commit("ngo", {"put", "k", "1"});
  harness_.commit("ngo", {"raw", std::to_string(ChaincodeMessage::PUT_STATE_METADATA),
                          metadata.SerializeAsString()});
  EXPECT_EQ(ask("ngo", {"put", "k", "2"}),
            "500 error in simulation: error unmarshalling SignaturePolicyEnvelope: proto: cannot "
            "parse invalid wire-format data");
}

TEST_F(Refusals, PackagesAreReadAsGoReadsThem) {
  const std::string good = R"({"type":"ccaas","label":"l"})";
  EXPECT_EQ(install(R"({"TYPE":"ccaas","Label":"l","more":[1]})", kCode), "200 ");
  EXPECT_EQ(install(R"({"type":"ccaas","label":5})", kCode),
            kUnparsed +
                "could not unmarshal metadata.json as json: json: cannot unmarshal number into Go "
                "struct field ChaincodePackageMetadata.label of type string");
  EXPECT_EQ(install("[]", kCode),
            kUnparsed +
                "could not unmarshal metadata.json as json: json: cannot unmarshal array into Go "
                "value of type persistence.ChaincodePackageMetadata");
  EXPECT_EQ(install(good + " x", kCode),
            kUnparsed +
                "could not unmarshal metadata.json as json: invalid character 'x' after top-level "
                "value");
  EXPECT_EQ(install("null", kCode).find(kUnparsed + "invalid label ''"), 0U);
  EXPECT_EQ(install(good, "garbage"),
            kUnparsed + "error retrieving DB artifacts from code package: unexpected EOF");
  EXPECT_EQ(install(good, ""), kUnparsed + "error retrieving DB artifacts from code package: EOF");
}

TEST_F(Refusals, ArchivesAreReadUpToTheirEndMark) {
  const std::string package =
      make_tar_gz({{"metadata.json", R"({"type":"ccaas","label":"cut"})", false},
                   {"code.tar.gz", kCode, false}});
  EXPECT_EQ(install(package.substr(0, package.size() - 8)), "200 ");  // gzip's own end is missing
  EXPECT_EQ(install(package.substr(0, package.size() / 2)).find(kUnparsed), 0U);
}

}  // namespace
}  // namespace belfry::devnet
