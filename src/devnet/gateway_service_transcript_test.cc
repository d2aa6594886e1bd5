// Real gateways' answers to Submit and CommitStatus, and their event streams
// (tests/data/transcripts/gateway.json), against ours over gRPC. Evaluate and Endorse:
// gateway_transcript_test.cc.
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <thread>

#include "devnet/endorsing_harness.h"
#include "devnet/gateway.h"
#include "devnet/gateway_service.h"
#include "devnet/transcript_json.h"
#include "gateway/gateway.grpc.pb.h"
#include "orderer/ab.pb.h"
#include "support/xz.h"

namespace belfry::devnet {
namespace {

namespace gw = ::gateway;

constexpr auto kPatience = std::chrono::seconds(30);
constexpr const char* kMarker = "marker";  // events of the test's own

// The gateway of one peer, served.
class Served {
 public:
  Served(EndorsingHarness& harness, const std::string& peer)
      : executor_(thread_executor(1)),
        service_(
            make_gateway_service(std::make_shared<Gateway>(harness.network->context(),
                                                           harness.peer(peer).shared_from_this(),
                                                           harness.endorsing->peers()),
                                 *executor_)) {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_->service());
    server_ = builder.BuildAndStart();
    stub_ = gw::Gateway::NewStub(server_->InProcessChannel({}));
  }
  ~Served() {
    service_->stop();
    server_->Shutdown();
  }
  gw::Gateway::Stub& operator*() { return *stub_; }

 private:
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<GatewayService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<gw::Gateway::Stub> stub_;
};

// An event stream, read by a thread of its own until it ends.
class Listening {
 public:
  Listening(gw::Gateway::Stub& stub, const gw::SignedChaincodeEventsRequest& request)
      : reader_(stub.ChaincodeEvents(&context_, request)), thread_([this] { read(); }) {}
  ~Listening() { stop(); }

  // As "name payload", without the test's own.
  std::vector<std::string> events() {
    std::lock_guard lock(mutex_);
    return events_;
  }
  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return condition(events_, heard_); });
  }
  bool heard_any() {
    return wait([](const auto&, size_t heard) { return heard > 0; });
  }
  size_t heard() {
    std::lock_guard lock(mutex_);
    return heard_;
  }
  grpc::Status end() {
    thread_.join();
    return status_;
  }
  void stop() {
    context_.TryCancel();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void read() {
    gw::ChaincodeEventsResponse response;
    while (reader_->Read(&response)) {
      std::lock_guard lock(mutex_);
      for (const auto& event : response.events()) {
        ++heard_;
        EXPECT_GE(response.block_number(), last_);
        last_ = response.block_number();
        if (event.event_name() != kMarker)
          events_.push_back(
              fmt::format("{} {} {}", event.chaincode_id(), event.event_name(), event.payload()));
      }
      changed_.notify_all();
    }
    status_ = reader_->Finish();
  }

  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<gw::ChaincodeEventsResponse>> reader_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> events_;
  size_t heard_ = 0;
  uint64_t last_ = 0;
  grpc::Status status_;
  std::thread thread_;
};

class GatewayServiceTranscript : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(harness_.start());
    served_ = std::make_unique<Served>(harness_, "peer0.org1");
    recorded_ = tests::read_data("transcripts/gateway.json.xz");
    cases_ = parser_.parse(recorded_)["cases"];
  }
  void TearDown() override { served_.reset(); }

  const msp::SigningIdentity& user() const { return harness_.who("User1@org1"); }

  static void compare(Json expected, const grpc::Status& got) {
    if (!has(expected, "error")) {
      EXPECT_TRUE(got.ok()) << got.error_message();
      return;
    }
    const Json error = expected["error"];
    if (has(error, "no_answer")) {
      // Whichever end's clock strikes first.
      EXPECT_TRUE(got.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED ||
                  got.error_code() == grpc::StatusCode::CANCELLED)
          << got.error_code() << " " << got.error_message();
      return;
    }
    EXPECT_EQ(got.error_code(), int64_t(error["grpc_code"])) << got.error_message();
    EXPECT_EQ(normalised(got.error_message()), normalised(text(error, "grpc_message")));
  }

  static void set_deadline(grpc::ClientContext& context, Json request) {
    // Nothing will come, however long the recorded client waited.
    const auto patience = has(request, "deadline_ms") ? std::chrono::milliseconds(300)
                                                      : std::chrono::milliseconds(kPatience);
    context.set_deadline(std::chrono::system_clock::now() + patience);
  }

  Json answer_of(const std::string& name) const {
    for (const Json one : cases_)
      if (text(one, "name") == name) return answer_in(one);
    ADD_FAILURE() << "no case " << name;
    return {};
  }

  // Endorsed and signed, not submitted.
  gw::SubmitRequest prepare(const std::vector<std::string>& args,
                            const std::vector<std::string>& organizations = {}) {
    last_proposal_ =
        make_proposal("mychannel", "ngo", args, user(), system_clock(), secure_random());
    gw::EndorseRequest request;
    request.set_channel_id("mychannel");
    *request.mutable_proposed_transaction() = *last_proposal_.signed_proposal;
    for (const auto& org : organizations) request.add_endorsing_organizations(org);
    gw::EndorseResponse response;
    grpc::ClientContext context;
    const auto status = (**served_).Endorse(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    gw::SubmitRequest out;
    out.set_channel_id("mychannel");
    out.set_transaction_id(last_proposal_.transaction_id);
    *out.mutable_prepared_transaction() = response.prepared_transaction();
    out.mutable_prepared_transaction()->set_signature(
        user().sign(out.prepared_transaction().payload()));
    return out;
  }

  grpc::Status submit(const gw::SubmitRequest& request) {
    gw::SubmitResponse response;
    grpc::ClientContext context;
    return (**served_).Submit(&context, request, &response);
  }

  void play_submit(const std::string& name, Json request, Json expected) {
    if (name != "submit: the same transaction again")
      submitted_ = name == "submit: endorsed by one organisation only"
                       ? prepare({"put", "alone", "v"}, {"Org1MSP"})
                       : prepare({"event", "gwEvent", name});
    gw::SubmitRequest asked = submitted_;
    auto& envelope = *asked.mutable_prepared_transaction();
    const auto signature = text(request, "signature", "right");
    if (signature.empty()) envelope.clear_signature();
    if (signature == "over other bytes") envelope.set_signature(user().sign("other bytes"));
    if (signature == "User1@org2's")
      envelope.set_signature(harness_.who("User1@org2").sign(envelope.payload()));
    if (has(request, "prepared_transaction")) asked.clear_prepared_transaction();
    if (has(request, "payload")) envelope.set_payload(kGarbage);
    if (has(request, "channel")) asked.set_channel_id(text(request, "channel"));
    if (has(request, "transaction_id")) asked.set_transaction_id(text(request, "transaction_id"));
    compare(expected, submit(asked));
  }

  void play_status(const std::string& name, Json request, Json expected) {
    gw::CommitStatusRequest asked;
    asked.set_channel_id(text(request, "channel", "mychannel"));
    asked.set_identity(harness_.who(text(request, "identity", "User1@org1")).serialized());
    if (name == "commit status: the first of two that read and write one key") {
      submitted_ = prepare({"bump", "both"});
      const auto second = prepare({"bump", "both"});
      EXPECT_TRUE(submit(submitted_).ok());
      EXPECT_TRUE(submit(second).ok());
    }
    const bool early = name == "commit status: asked before the transaction is submitted";
    if (early) submitted_ = prepare({"put", "early", "v"});
    asked.set_transaction_id(submitted_.transaction_id());
    if (has(request, "transaction_id"))
      asked.set_transaction_id(text(request, "transaction_id").empty() ? "" : std::string(64, 'a'));
    gw::SignedCommitStatusRequest signed_;
    signed_.set_request(has(request, "request") ? kGarbage : asked.SerializeAsString());
    signed_.set_signature(
        text(request, "signature", "right") == "right"
            ? harness_.who(text(request, "identity", "User1@org1")).sign(signed_.request())
            : user().sign("other bytes"));
    std::optional<Served> other;
    if (has(request, "target")) other.emplace(harness_, text(request, "target"));
    auto& stub = other ? **other : **served_;
    gw::CommitStatusResponse response;
    grpc::ClientContext context;
    set_deadline(context, request);
    std::thread submitting([&] {
      if (!early) return;
      EXPECT_TRUE(submit(submitted_).ok());
    });
    const auto status = stub.CommitStatus(&context, signed_, &response);
    submitting.join();
    compare(expected, status);
    if (!has(expected, "result")) return;
    EXPECT_EQ(::protos::TxValidationCode_Name(response.result()), text(expected, "result"));
    const auto place = harness_.channel().ledger().find_transaction(asked.transaction_id());
    ASSERT_TRUE(place);
    EXPECT_EQ(response.block_number(), place->block);
  }

  // The recorded history: blocks by what the transcript calls them.
  void make_history() {
    const auto commit = [&](const std::string& chaincode, const std::vector<std::string>& args,
                            const std::vector<std::string>& peers) {
      const auto id = harness_.commit(chaincode, args, peers);
      ids_.push_back(id);
      blocks_.push_back(harness_.channel().ledger().find_transaction(id)->block);
    };
    const std::vector<std::string> both = {"peer0.org1", "peer0.org2"};
    commit("ngo", {"event", "e1", "first"}, both);
    commit("ngo", {"put", "quiet", "v"}, both);
    commit("ngo", {"event", "e2", "second"}, both);
    commit("ngo", {"event", "bad", "x"}, {"peer0.org1"});
    commit("audit", {"event", "audit", "of audit"}, both);
    commit("ngo", {"event", "e3", "third"}, both);
    // Three in one block, there; here in as many as it takes.
    for (const char* name : {"m1", "m2", "m3"})
      commit("ngo", {"event", name, "in one block"}, both);
  }

  gw::SignedChaincodeEventsRequest events_request(Json request) {
    gw::ChaincodeEventsRequest asked;
    asked.set_channel_id(text(request, "channel", "mychannel"));
    asked.set_chaincode_id(text(request, "chaincode"));
    asked.set_identity(user().serialized());
    const auto start = text(request, "start", "none");
    auto& position = *asked.mutable_start_position();
    const uint64_t height = harness_.channel().ledger().height();
    if (start == "none")
      asked.clear_start_position();
    else if (start.starts_with("base"))
      position.mutable_specified()->set_number(
          blocks_.at(start.size() > 5 ? static_cast<size_t>(start[5] - '0') : 0));
    else if (start.starts_with("height"))
      position.mutable_specified()->set_number(start == "height" ? height : height + 1000);
    else if (start == "next_commit")
      position.mutable_next_commit();
    else if (start == "newest")
      position.mutable_newest();
    const auto after = text(request, "after_transaction_id");
    if (after.starts_with("e1"))
      asked.set_after_transaction_id(ids_[0]);
    else if (after.starts_with("e3"))
      asked.set_after_transaction_id(ids_[5]);
    else if (after == "the last of the block")
      asked.set_after_transaction_id(ids_[8]);
    else if (after.starts_with("the quiet one's"))
      asked.set_after_transaction_id(ids_[1]);
    else if (!after.empty())
      asked.set_after_transaction_id(std::string(64, 'a'));
    gw::SignedChaincodeEventsRequest out;
    out.set_request(asked.SerializeAsString());
    const auto signature = text(request, "signature", "right");
    if (!signature.empty())
      out.set_signature(user().sign(signature == "right" ? out.request() : "other bytes"));
    return out;
  }

  void play_events(Json request, Json expected) {
    std::vector<std::string> wanted;
    for (const Json response : expected["responses"])
      for (const Json event : response["events"])
        wanted.push_back(fmt::format("{} {} {}", text(event, "chaincode_id"),
                                     text(event, "event_name"), text(event, "payload")));
    Listening stream(**served_, events_request(request));
    if (expected["end"].is_object()) {
      const grpc::Status end = stream.end();
      EXPECT_EQ(end.error_code(), int64_t(expected["end"]["grpc_code"]));
      EXPECT_EQ(end.error_message(), text(expected["end"], "grpc_message"));
      EXPECT_EQ(stream.heard(), 0u);
      return;
    }
    const auto then = text(request, "then");
    if (!then.empty()) {
      // It has begun when it hears of something.
      while (stream.heard() == 0) harness_.commit("ngo", {"event", kMarker, ""});
      harness_.commit("ngo", {"event", then.substr(6, 2), "x"});
    }
    if (wanted.empty()) {
      // What comes now comes to others.
      gw::ChaincodeEventsRequest all;
      all.set_channel_id("mychannel");
      all.set_chaincode_id("ngo");
      all.set_identity(user().serialized());
      all.mutable_start_position()->mutable_specified()->set_number(
          harness_.channel().ledger().height() - 1);
      gw::SignedChaincodeEventsRequest signed_;
      signed_.set_request(all.SerializeAsString());
      signed_.set_signature(user().sign(signed_.request()));
      Listening other(**served_, signed_);
      harness_.commit("ngo", {"event", kMarker, ""});
      EXPECT_TRUE(other.heard_any());
      EXPECT_EQ(stream.events(), wanted);
      return;
    }
    EXPECT_TRUE(
        stream.wait([&](const auto& events, size_t) { return events.size() >= wanted.size(); }));
    EXPECT_EQ(stream.events(), wanted);
  }

  EndorsingHarness harness_;
  std::unique_ptr<Served> served_;
  simdjson::dom::parser parser_;
  std::string recorded_;
  simdjson::dom::array cases_;
  MadeProposal last_proposal_;
  gw::SubmitRequest submitted_;
  std::vector<std::string> ids_;
  std::vector<uint64_t> blocks_;
};

TEST_F(GatewayServiceTranscript, SubmitAndCommitStatusAnswerAlike) {
  size_t compared = 0;
  for (const Json one : cases_) {
    const auto name = text(one, "name");
    SCOPED_TRACE(name);
    const Json request = one["request"];
    const auto method = text(request, "method");
    // The orderer is in this process and always answers.
    if (name.find("the orderer does not answer") != std::string::npos) continue;
    if (method == "Submit")
      play_submit(name, request, answer_in(one));
    else if (method == "CommitStatus")
      play_status(name, request, answer_in(one));
    else
      continue;
    ++compared;
  }
  EXPECT_EQ(compared, 24u);
}

TEST_F(GatewayServiceTranscript, EventsComeAsRecorded) {
  make_history();
  size_t compared = 0;
  for (const Json one : cases_) {
    if (text(one["request"], "method") != "ChaincodeEvents") continue;
    SCOPED_TRACE(text(one, "name"));
    play_events(one["request"], answer_in(one));
    ++compared;
  }
  EXPECT_EQ(compared, 21u);
}

TEST_F(GatewayServiceTranscript, AProposalIsGoodForOneTransaction) {
  last_proposal_ = make_proposal("mychannel", "ngo", {"put", "once", "v"}, user(), system_clock(),
                                 secure_random());
  harness_.commit(last_proposal_, {"peer0.org1", "peer0.org2"}, user());
  gw::EvaluateRequest evaluate;
  *evaluate.mutable_proposed_transaction() = *last_proposal_.signed_proposal;
  gw::EvaluateResponse evaluated;
  grpc::ClientContext first;
  compare(answer_of("evaluate: proposal whose transaction is committed"),
          (**served_).Evaluate(&first, evaluate, &evaluated));
  gw::EndorseRequest endorse;
  *endorse.mutable_proposed_transaction() = *last_proposal_.signed_proposal;
  gw::EndorseResponse endorsed;
  grpc::ClientContext second;
  compare(answer_of("endorse: proposal whose transaction is committed"),
          (**served_).Endorse(&second, endorse, &endorsed));
}

}  // namespace
}  // namespace belfry::devnet
