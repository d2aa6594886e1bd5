// Real peers' answers to spoilt proposals (tests/data/transcripts/endorser.json), against ours.
#include "base/hash.h"
#include "common/common.pb.h"
#include "devnet/endorsing_harness.h"
#include "devnet/transcript_json.h"
#include "msp/identity.h"
#include "peer/transaction.pb.h"
#include "support/xz.h"

namespace belfry::devnet {
namespace {

class EndorserTranscript : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(harness_.start()); }

  std::string creator_of(Json request) {
    const auto name = text(request, "creator", "User1@org1");
    const auto& user = harness_.who("User1@org1");
    if (name.empty()) return "";
    if (name == "ffff") return kGarbage;
    if (name.starts_with("SerializedIdentity{Org1MSP"))
      return msp::serialize_identity("Org1MSP", "no pem");
    if (name.starts_with("SerializedIdentity{NoMSP"))
      return msp::serialize_identity("NoMSP",
                                     msp::parse_identity(user.serialized())->certificate_pem);
    return harness_.who(name).serialized();
  }

  std::shared_ptr<::protos::SignedProposal> proposal_for(Json request) {
    auto out = std::make_shared<::protos::SignedProposal>();
    if (text(request, "signed_proposal") == "no bytes") return out;
    const auto called = words(text(request, "proposal", "ngo: get, ek"));
    const auto creator = creator_of(request);
    const auto& signer = harness_.who(text(request, "creator").find('@') != std::string::npos ||
                                              text(request, "creator").starts_with("peer")
                                          ? text(request, "creator")
                                          : "User1@org1");
    ::common::SignatureHeader signature;
    signature.set_creator(creator);
    signature.set_nonce(has(request, "nonce") ? unhex(text(request, "nonce")).value_or("")
                                              : secure_random().uuid());
    Sha256 id;
    id.add(signature.nonce());
    id.add(creator);
    std::string tx_id = hex(view(id.finish()));
    const auto tx = text(request, "tx_id", "right");
    if (tx.starts_with("64 hex")) tx_id = std::string(64, 'a');
    if (tx.empty()) tx_id.clear();
    if (tx == "right, upper case")
      for (char& c : tx_id) c = static_cast<char>(toupper(c));

    ::protos::ChaincodeHeaderExtension extension;
    extension.mutable_chaincode_id()->set_name(text(request, "chaincode", called[0]));
    ::common::ChannelHeader channel;
    channel.set_type(has(request, "header_type") ? int(int64_t(request["header_type"])) : 3);
    channel.set_tx_id(tx_id);
    channel.set_channel_id(text(request, "channel", "mychannel"));
    channel.set_extension(!has(request, "extension")           ? extension.SerializeAsString()
                          : text(request, "extension").empty() ? ""
                                                               : kGarbage);
    ::common::Header header;
    header.set_channel_header(channel.SerializeAsString());
    header.set_signature_header(signature.SerializeAsString());
    ::protos::ChaincodeInvocationSpec spec;
    auto& input = *spec.mutable_chaincode_spec()->mutable_input();
    if (!has(request, "arguments"))
      for (size_t at = 1; at < called.size(); ++at) input.add_args(called[at]);
    bool init = false;
    if (request["is_init"].get(init) == simdjson::SUCCESS) input.set_is_init(init);
    ::protos::ChaincodeProposalPayload payload;
    payload.set_input(spec.SerializeAsString());
    if (text(request, "payload") == "ChaincodeProposalPayload{}") {
      // The recorded case: a specification whose chaincode has no input.
      spec.mutable_chaincode_spec()->clear_input();
      payload.set_input(spec.SerializeAsString());
    }

    ::protos::Proposal proposal;
    const auto shape = text(request, "header", "whole");
    if (shape == "Header{channel_header}") header.clear_signature_header();
    if (shape == "Header{signature_header}") header.clear_channel_header();
    if (shape == "Header{}") header.Clear();
    proposal.set_header(shape.empty()     ? ""
                        : shape == "ffff" ? kGarbage
                                          : header.SerializeAsString());
    // The recorded cases without one of the headers have no payload, either.
    const auto payload_shape =
        shape.starts_with("Header{") ? "" : text(request, "payload", "whole");
    proposal.set_payload(payload_shape.empty()     ? ""
                         : payload_shape == "ffff" ? kGarbage
                                                   : payload.SerializeAsString());
    out->set_proposal_bytes(proposal.SerializeAsString());
    const auto signed_ = text(request, "signature", "right");
    out->set_signature(signed_.empty()                 ? ""
                       : signed_ == "ffff"             ? kGarbage
                       : signed_ == "over other bytes" ? signer.sign("other bytes")
                                                       : signer.sign(out->proposal_bytes()));
    last_id_ = tx_id;
    return out;
  }

  ProposalAnswer ask(std::shared_ptr<const ::protos::SignedProposal> proposal) {
    if (auto valid = check_expiry(*proposal, system_clock().now()); !valid)
      return fail(valid.error().message);
    return harness_.process("peer0.org1", std::move(proposal));
  }

  void compare(const std::string& name, Json expected, const ProposalAnswer& answer) {
    if (has(expected, "error")) {
      ASSERT_FALSE(answer) << name;
      EXPECT_EQ(normalised(answer.error().message),
                normalised(text(expected["error"], "grpc_message")))
          << name;
      return;
    }
    ASSERT_TRUE(answer) << name << ": " << answer.error().message;
    const auto& got = **answer;
    EXPECT_EQ(got.response().status(), int64_t(expected["response"]["status"])) << name;
    EXPECT_EQ(normalised(got.response().message()),
              normalised(text(expected["response"], "message")))
        << name;
    EXPECT_EQ(got.version(), int64_t(expected["version"])) << name;
    EXPECT_EQ(got.has_endorsement(), bool(expected["endorsed"])) << name;
    EXPECT_EQ(!got.payload().empty(), expected["payload_bytes"].is_string()) << name;
    if (!got.payload().empty()) {
      ::protos::ProposalResponsePayload payload;
      ::protos::ChaincodeAction action;
      ASSERT_TRUE(payload.ParseFromString(got.payload()));
      ASSERT_TRUE(action.ParseFromString(payload.extension()));
      const Json recorded = expected["chaincode_action"];
      EXPECT_EQ(action.chaincode_id().version(), text(recorded["chaincode_id"], "version")) << name;
      EXPECT_EQ(!action.results().empty(), bool(recorded["has_results"])) << name;
      EXPECT_EQ(!action.events().empty(), bool(recorded["has_events"])) << name;
    }
  }

  EndorsingHarness harness_;
  std::string last_id_;
};

TEST_F(EndorserTranscript, EveryCaseIsAnsweredAlike) {
  simdjson::dom::parser parser;
  const std::string recorded = tests::read_data("transcripts/endorser.json.xz");
  size_t compared = 0;
  for (const Json one : parser.parse(recorded)["cases"]) {
    const auto name = text(one, "name");
    // Refused by gRPC itself, before the service sees it.
    if (name == "message is garbage") continue;
    const Json expected = answer_in(one);
    auto proposal = proposal_for(one["request"]);
    if (name == "same proposal again, committed") {
      MadeProposal made{proposal, last_id_};
      harness_.commit(made, {"peer0.org1", "peer0.org2"}, harness_.who("User1@org1"));
    } else if (name == "same proposal again, not committed") {
      ASSERT_TRUE(ask(proposal));
    }
    compare(name, expected, ask(proposal));
    ++compared;
  }
  EXPECT_EQ(compared, 46u);
}

}  // namespace
}  // namespace belfry::devnet
