// Real gateways' answers to Evaluate and Endorse (tests/data/transcripts/gateway.json), against
// ours. Submit, CommitStatus and the events: gateway_service_transcript_test.cc.
#include <grpcpp/support/status_code_enum.h>

#include "common/common.pb.h"
#include "devnet/endorsing_harness.h"
#include "devnet/gateway.h"
#include "devnet/transcript_json.h"
#include "peer/transaction.pb.h"
#include "support/xz.h"

namespace belfry::devnet {
namespace {

class GatewayTranscript : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(harness_.start());
    gateway_ =
        std::make_shared<Gateway>(harness_.network->context(), harness_.endorsing->peers().front(),
                                  harness_.endorsing->peers());
    harness_.commit("ngo", {"put", "gk", "gv"});
  }

  std::shared_ptr<const ::protos::SignedProposal> proposal_for(Json request) {
    const auto called = words(text(request, "proposal", "ngo: get, gk"));
    // The recorded "private data of the other organisation" is asked for by a member of Org2.
    const bool foreign = called.size() > 2 && called[1] == "getPrivate" && called[2] == "org1only";
    const auto& signer =
        harness_.who(text(request, "creator", foreign ? "User1@org2" : "User1@org1"));
    std::vector<std::string> args(called.begin() + 1, called.end());
    const auto chaincode = called[0].starts_with(':') ? "" : called[0];
    auto made = make_proposal(text(request, "channel", "mychannel"), chaincode, args, signer,
                              system_clock(), secure_random());
    auto out = std::make_shared<::protos::SignedProposal>(*made.signed_proposal);
    if (has(request, "transient")) *out = *with_transient(*out, "value", "s", signer);
    const auto signature = text(request, "signature", "right");
    if (signature.empty()) out->clear_signature();
    if (signature == "over other bytes") out->set_signature(signer.sign("other bytes"));
    return out;
  }

  static std::vector<std::string> organizations_in(Json request) {
    std::vector<std::string> out;
    if (has(request, "organizations"))
      for (const Json one : request["organizations"]) out.emplace_back(std::string_view{one});
    return out;
  }

  // Organisations and messages of the details: in no order, and each once, for the recorded Org2
  // had one peer.
  static std::set<std::string> details_of(Json error) {
    std::set<std::string> out;
    for (const Json one : error["details"])
      out.insert(text(one["value"], "msp_id") + " " + normalised(text(one["value"], "message")));
    return out;
  }

  void compare_error(const std::string& name, Json expected, const GatewayError& got) {
    EXPECT_EQ(got.code, int64_t(expected["grpc_code"])) << name << ": " << got.message;
    const auto message = normalised(text(expected, "grpc_message"));
    // An HTTP/2 client drops a message that ends with a space.
    if (!message.empty()) {
      EXPECT_EQ(normalised(got.message), message) << name;
    }
    std::set<std::string> details;
    for (const auto& detail : got.details)
      details.insert(detail.msp_id() + " " + normalised(detail.message()));
    EXPECT_EQ(details, details_of(expected)) << name;
  }

  void evaluate(const std::string& name, Json request, Json expected) {
    ::gateway::EvaluateRequest asked;
    if (!request["proposed_transaction"].is_null())
      *asked.mutable_proposed_transaction() = *proposal_for(request);
    for (auto& org : organizations_in(request)) asked.add_target_organizations(org);
    std::promise<GatewayResult<::gateway::EvaluateResponse>> done;
    gateway_->evaluate(asked, [&](auto answer) { done.set_value(std::move(answer)); });
    const auto answer = done.get_future().get();
    if (has(expected, "error")) {
      ASSERT_FALSE(answer) << name;
      return compare_error(name, expected["error"], answer.error());
    }
    ASSERT_TRUE(answer) << name << ": " << answer.error().message;
    EXPECT_EQ(answer->result().status(), int64_t(expected["result"]["status"])) << name;
    EXPECT_EQ(answer->result().message(), text(expected["result"], "message")) << name;
    EXPECT_EQ(answer->result().payload(), text(expected["result"], "payload")) << name;
  }

  void endorse(const std::string& name, Json request, Json expected) {
    ::gateway::EndorseRequest asked;
    if (!request["proposed_transaction"].is_null())
      *asked.mutable_proposed_transaction() = *proposal_for(request);
    for (auto& org : organizations_in(request)) asked.add_endorsing_organizations(org);
    std::promise<GatewayResult<::gateway::EndorseResponse>> done;
    gateway_->endorse(asked, [&](auto answer) { done.set_value(std::move(answer)); });
    const auto answer = done.get_future().get();
    if (has(expected, "error")) {
      ASSERT_FALSE(answer) << name;
      return compare_error(name, expected["error"], answer.error());
    }
    ASSERT_TRUE(answer) << name << ": " << answer.error().message;
    EXPECT_TRUE(answer->prepared_transaction().signature().empty());
    std::multiset<std::string> endorsers, wanted;
    ::common::Payload payload;
    ::protos::Transaction transaction;
    ::protos::ChaincodeActionPayload action;
    ASSERT_TRUE(payload.ParseFromString(answer->prepared_transaction().payload()));
    ASSERT_TRUE(transaction.ParseFromString(payload.data()));
    ASSERT_TRUE(action.ParseFromString(transaction.actions(0).payload()));
    for (const auto& endorsement : action.action().endorsements())
      endorsers.emplace(msp::parse_identity(endorsement.endorser())->msp_id);
    for (const Json one : expected["prepared_transaction"]["endorsers"])
      wanted.emplace(std::string_view{one});
    EXPECT_EQ(endorsers, wanted) << name;
  }

  EndorsingHarness harness_;
  std::shared_ptr<Gateway> gateway_;
};

TEST_F(GatewayTranscript, EvaluateAndEndorseAnswerAlike) {
  simdjson::dom::parser parser;
  const std::string recorded = tests::read_data("transcripts/gateway.json.xz");
  size_t compared = 0;
  for (const Json one : parser.parse(recorded)["cases"]) {
    const auto name = text(one, "name");
    const Json request = one["request"], expected = answer_in(one);
    const auto method = text(request, "method");
    // Deadlines are the client's; peers here do not stop one by one; those recorded disagree about
    // an expired identity; committed proposals: gateway_service_transcript_test.cc.
    if (has(request, "deadline_ms") || has(request, "note") ||
        name.find("stopped") != std::string::npos || name.find("expired") != std::string::npos ||
        name.find("is committed") != std::string::npos)
      continue;
    if (method == "Evaluate")
      evaluate(name, request, expected);
    else if (method == "Endorse")
      endorse(name, request, expected);
    else
      continue;
    ++compared;
  }
  EXPECT_GT(compared, 38u);
}

}  // namespace
}  // namespace belfry::devnet
