// What real peers and a Node chaincode said to each other
// (tests/data/transcripts/chaincode-stream.json): the chaincode's messages are given as recorded,
// and each of the peer's must be the recorded one.
#include <fmt/format.h>

#include <deque>
#include <set>

#include "devnet/endorsing_harness.h"
#include "devnet/transaction_harness.h"
#include "devnet/transcript_json.h"
#include "ledger/queryresult/kv_query_result.pb.h"
#include "peer/chaincode_shim.pb.h"
#include "support/xz.h"

namespace belfry::devnet {
namespace {

using Message = ::protos::ChaincodeMessage;

constexpr auto kPatience = std::chrono::seconds(30);

// A text, or {"base64": …}.
std::string bytes_in(Json value) {
  std::string_view plain;
  if (value.get(plain) == simdjson::SUCCESS) return std::string(plain);
  return unbase64(std::string_view{value["base64"]}).value_or("");
}
std::string bytes_in(Json object, const char* name) {
  return bytes_in(object[name]);
}

// The chaincode's end of a stream: keeps what the peer sends until the test looks.
class RecordedChaincode final : public ChaincodeStream {
 public:
  RecordedChaincode(ChaincodeRuntime& runtime, const std::string& id)
      : handler_(runtime.accept(*this)) {
    ::protos::ChaincodeID name;
    name.set_name(id);
    Message hello;
    hello.set_type(Message::REGISTER);
    hello.set_payload(name.SerializeAsString());
    say(std::move(hello));
  }
  ~RecordedChaincode() override { break_off(); }

  void send(Message message) override {
    std::lock_guard lock(mutex_);
    heard_.push_back(std::move(message));
    changed_.notify_all();
  }
  void end(const std::string&) override {}

  void say(Message message) { handler_->received(std::move(message)); }
  Message hear() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return !heard_.empty(); })) {
      ADD_FAILURE() << "the peer says nothing";
      return {};
    }
    Message out = std::move(heard_.front());
    heard_.pop_front();
    return out;
  }
  bool silent() {
    std::lock_guard lock(mutex_);
    return heard_.empty();
  }
  void break_off() {
    if (!std::exchange(gone_, true)) handler_->ended("the test ended it");
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Message> heard_;
  bool gone_ = false;
  const std::shared_ptr<ChaincodeHandler> handler_;
};

class ChaincodeStreamTranscript : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(harness_.start());
    id_ = harness_.deploy_stream();
    chaincode_ = std::make_unique<RecordedChaincode>(harness_.endorsing->runtime(), id_);
    EXPECT_EQ(chaincode_->hear().type(), Message::REGISTERED);
    const Message ready = chaincode_->hear();
    EXPECT_EQ(ready.type(), Message::READY);
    ::protos::ChaincodeAdditionalParams offer;  // 3.1's
    ASSERT_TRUE(offer.ParseFromString(ready.payload()));
    EXPECT_TRUE(offer.use_write_batch());
    EXPECT_EQ(offer.max_size_write_batch(), 1000u);
    EXPECT_TRUE(offer.use_get_multiple_keys());
    EXPECT_EQ(offer.max_size_get_multiple_keys(), 1000u);
    Sets keys;
    for (int i = 0; i < 250; ++i)
      keys.write("stream", fmt::format("r{:05}", i), fmt::format("v{}", i));
    write(keys);
  }
  void TearDown() override { chaincode_.reset(); }

  void write(const Sets& sets) {
    const auto& org = harness_.network->material().organizations.at(0);
    ASSERT_EQ(submit_to(harness_.channel(),
                        make_transaction("mychannel", "stream", sets, *org.users[1].identity,
                                         {&org.nodes.front()})),
              ledger::code::kValid);
  }

  struct Running {
    MadeProposal proposal;
    std::future<ProposalAnswer> answer;
  };

  Running begin(const std::string& name, Json call) {
    // The recorded "collection of another organisation" is asked for by a member of Org2.
    signer_ = &harness_.who(
        name.find("another organisation's") != std::string::npos ? "User1@org2" : "User1@org1");
    std::vector<std::string> args = {text(call, "function")};
    for (const Json one : call["args"])
      args.push_back(one.is_string() ? bytes_in(one) : simdjson::minify(one));
    Running out;
    out.proposal =
        make_proposal("mychannel", "stream", args, *signer_, system_clock(), secure_random());
    if (has(call, "transient"))
      out.proposal.signed_proposal =
          with_transient(*out.proposal.signed_proposal, "value", "secret", *signer_);
    auto done = std::make_shared<std::promise<ProposalAnswer>>();
    out.answer = done->get_future();
    harness_.peer("peer0.org1")
        .process(out.proposal.signed_proposal,
                 [done](ProposalAnswer answer) { done->set_value(std::move(answer)); });
    return out;
  }

  // "<id1>" is the first call's transaction.
  Running& call_of(const std::string& name) {
    return running_.at(static_cast<size_t>(name.at(3) - '1'));
  }
  std::string recorded(std::string message) const {
    for (size_t i = 0; i < running_.size(); ++i) {
      const auto& id = running_[i].proposal.transaction_id;
      for (size_t at = 0; (at = message.find(id, at)) != std::string::npos;)
        message.replace(at, id.size(), fmt::format("<id{}>", i + 1));
    }
    return message;
  }

  // Bytes of a recorded payload of the chaincode's.
  std::string payload_of(Json payload) const {
    const auto keyed = [&](const char* name, auto message) {
      message.set_key(bytes_in(payload[name], "key"));
      message.set_collection(bytes_in(payload[name], "collection"));
      return message;
    };
    if (has(payload, "GetState"))
      return keyed("GetState", ::protos::GetState()).SerializeAsString();
    if (has(payload, "DelState"))
      return keyed("DelState", ::protos::DelState()).SerializeAsString();
    if (has(payload, "PurgePrivateState"))
      return keyed("PurgePrivateState", ::protos::PurgePrivateState()).SerializeAsString();
    if (has(payload, "GetStateMetadata"))
      return keyed("GetStateMetadata", ::protos::GetStateMetadata()).SerializeAsString();
    if (has(payload, "PutState")) {
      auto put = keyed("PutState", ::protos::PutState());
      put.set_value(bytes_in(payload["PutState"], "value"));
      return put.SerializeAsString();
    }
    if (has(payload, "PutStateMetadata")) {
      auto put = keyed("PutStateMetadata", ::protos::PutStateMetadata());
      put.mutable_metadata()->set_metakey(bytes_in(payload["PutStateMetadata"], "metakey"));
      ::common::SignaturePolicyEnvelope policy;
      add_member(policy, "Org1MSP", ::common::MSPRole::MEMBER);
      put.mutable_metadata()->set_value(policy.SerializeAsString());
      return put.SerializeAsString();
    }
    if (has(payload, "GetStateByRange")) return range_of(payload["GetStateByRange"]);
    if (has(payload, "GetQueryResult")) {
      ::protos::GetQueryResult query;
      query.set_query(bytes_in(payload["GetQueryResult"], "query"));
      return query.SerializeAsString();
    }
    if (has(payload, "GetHistoryForKey")) {
      ::protos::GetHistoryForKey history;
      history.set_key(bytes_in(payload["GetHistoryForKey"], "key"));
      return history.SerializeAsString();
    }
    if (has(payload, "QueryStateNext") || has(payload, "QueryStateClose")) {
      ::protos::QueryStateNext query;  // both are an id
      query.set_id(iterator_);
      return query.SerializeAsString();
    }
    if (has(payload, "ChaincodeSpec")) {
      ::protos::ChaincodeSpec spec;
      spec.mutable_chaincode_id()->set_name(bytes_in(payload["ChaincodeSpec"], "name"));
      for (const Json one : payload["ChaincodeSpec"]["args"])
        spec.mutable_input()->add_args(bytes_in(one));
      return spec.SerializeAsString();
    }
    const Json response = payload["Response"];
    ::protos::Response out;
    out.set_status(static_cast<int>(int64_t(response["status"])));
    out.set_message(bytes_in(response, "message"));
    out.set_payload(bytes_in(response, "payload"));
    return out.SerializeAsString();
  }
  static std::string range_of(Json range) {
    ::protos::GetStateByRange out;
    out.set_startkey(bytes_in(range, "start_key"));
    out.set_endkey(bytes_in(range, "end_key"));
    out.set_collection(bytes_in(range, "collection"));
    if (range["metadata"].is_object()) {
      ::protos::QueryMetadata page;
      page.set_pagesize(static_cast<int>(int64_t(range["metadata"]["pagesize"])));
      page.set_bookmark(bytes_in(range["metadata"], "bookmark"));
      out.set_metadata(page.SerializeAsString());
    }
    return out.SerializeAsString();
  }

  void say(Json one) {
    if (text(one, "type") == "(stream broken)") return chaincode_->break_off();
    Message message;
    Message::Type type{};
    ASSERT_TRUE(Message::Type_Parse(text(one, "type"), &type)) << text(one, "type");
    message.set_type(type);
    message.set_txid(call_of(text(one, "txid")).proposal.transaction_id);
    message.set_channel_id(text(one, "channel_id"));
    message.set_payload(payload_of(one["payload"]));
    if (type == Message::COMPLETED) completed_.push_back(text(one, "txid"));
    if (has(one, "event")) {
      message.mutable_chaincode_event()->set_event_name(bytes_in(one["event"], "event_name"));
      message.mutable_chaincode_event()->set_payload(bytes_in(one["event"], "payload"));
    }
    chaincode_->say(std::move(message));
  }

  void hear(Json one) {
    if (text(one, "type") == "(cancels)") return;  // gRPC's doing
    const Message got = chaincode_->hear();
    ASSERT_EQ(Message::Type_Name(got.type()), text(one, "type")) << recorded(got.payload());
    EXPECT_EQ(recorded(got.txid()), text(one, "txid"));
    EXPECT_EQ(got.channel_id(), text(one, "channel_id"));
    EXPECT_EQ(got.has_proposal(), has(one, "proposal"));
    const Json payload = one["payload"];
    if (payload.is_string() || has(payload, "base64"))
      EXPECT_EQ(recorded(got.payload()), bytes_in(payload));
    else if (has(payload, "ChaincodeInput"))
      check_input(payload["ChaincodeInput"], got.payload());
    else if (has(payload, "QueryResponse"))
      check_query(payload["QueryResponse"], got.payload());
    else if (has(payload, "StateMetadataResult"))
      check_metadata(payload["StateMetadataResult"], got.payload());
    else
      check_called(payload["ChaincodeMessage"], got.payload());
  }

  static void check_input(Json expected, const std::string& bytes) {
    ::protos::ChaincodeInput input;
    ASSERT_TRUE(input.ParseFromString(bytes));
    std::vector<std::string> args;
    for (const Json one : expected["args"]) args.push_back(bytes_in(one));
    EXPECT_EQ(std::vector<std::string>(input.args().begin(), input.args().end()), args);
    EXPECT_EQ(input.is_init(), bool(expected["is_init"]));
  }

  static void check_result(Json expected, const std::string& bytes) {
    if (has(expected, "tx_id")) {
      ::queryresult::KeyModification change;
      ASSERT_TRUE(change.ParseFromString(bytes));
      EXPECT_EQ(change.value(), bytes_in(expected, "value"));
      EXPECT_EQ(change.is_delete(), bool(expected["is_delete"]));
      EXPECT_EQ(change.has_timestamp(), bool(expected["has_timestamp"]));
      EXPECT_EQ(change.tx_id().size(), 64u);
      return;
    }
    ::queryresult::KV entry;
    ASSERT_TRUE(entry.ParseFromString(bytes));
    EXPECT_EQ(entry.namespace_(), bytes_in(expected, "namespace"));
    EXPECT_EQ(entry.key(), bytes_in(expected, "key"));
    EXPECT_EQ(entry.value(), bytes_in(expected, "value"));
  }

  // A long list of results is recorded as its count and ends.
  void check_query(Json expected, const std::string& bytes) {
    ::protos::QueryResponse response;
    ASSERT_TRUE(response.ParseFromString(bytes));
    iterator_ = response.id();
    EXPECT_FALSE(iterator_.empty());
    EXPECT_EQ(response.has_more(), bool(expected["has_more"]));
    const Json results = expected["results"];
    if (results.is_array()) {
      const simdjson::dom::array all = results;
      ASSERT_EQ(static_cast<size_t>(response.results_size()), all.size());
      int at = 0;
      for (const Json one : all) check_result(one, response.results(at++).resultbytes());
    } else {
      ASSERT_EQ(response.results_size(), int64_t(results["count"]));
      check_result(results["first"], response.results(0).resultbytes());
      check_result(results["last"], response.results(response.results_size() - 1).resultbytes());
    }
    ::protos::QueryResponseMetadata page;
    ASSERT_TRUE(page.ParseFromString(response.metadata()));
    EXPECT_EQ(!response.metadata().empty(), has(expected, "metadata"));
    if (!has(expected, "metadata")) return;
    EXPECT_EQ(page.fetched_records_count(), int64_t(expected["metadata"]["fetchedRecordsCount"]));
    EXPECT_EQ(page.bookmark(), bytes_in(expected["metadata"], "bookmark"));
  }

  static void check_metadata(Json expected, const std::string& bytes) {
    ::protos::StateMetadataResult result;
    ASSERT_TRUE(result.ParseFromString(bytes));
    const simdjson::dom::array all = expected;
    ASSERT_EQ(static_cast<size_t>(result.entries_size()), all.size());
    int at = 0;
    for (const Json one : all) {
      EXPECT_EQ(result.entries(at).metakey(), bytes_in(one, "metakey"));
      EXPECT_EQ(static_cast<int64_t>(result.entries(at++).value().size()),
                int64_t(one["value_bytes"]));
    }
  }

  void check_response(Json expected, const ::protos::Response& got) const {
    EXPECT_EQ(got.status(), int64_t(expected["status"]));
    EXPECT_EQ(recorded(got.message()), bytes_in(expected, "message"));
    EXPECT_EQ(recorded(got.payload()), bytes_in(expected, "payload"));
  }

  void check_called(Json expected, const std::string& bytes) const {
    Message message;
    ::protos::Response response;
    ASSERT_TRUE(message.ParseFromString(bytes));
    EXPECT_EQ(Message::Type_Name(message.type()), text(expected, "type"));
    ASSERT_TRUE(response.ParseFromString(message.payload()));
    check_response(expected["payload"]["Response"], response);
    EXPECT_EQ(message.has_chaincode_event(), bool(expected["has_event"]));
  }

  // What the conversation came to is committed before the next one.
  void play(const std::string& name, Json request, Json response) {
    running_.clear();
    completed_.clear();
    for (const Json call : request["calls"]) running_.push_back(begin(name, call));
    for (const Json one : response["messages"]) {
      if (text(one, "from") == "peer")
        hear(one);
      else
        say(one);
      if (HasFatalFailure()) return;
    }
    if (completed_.empty()) completed_.push_back("<id1>");  // it crashed
    size_t at = 0;
    for (const Json expected : response["answers_to_the_client"]) {  // as they came
      Running& each = call_of(completed_.at(at++));
      ASSERT_EQ(each.answer.wait_for(kPatience), std::future_status::ready);
      const auto answer = each.answer.get();
      ASSERT_TRUE(answer) << answer.error().message;
      check_response(expected, (*answer)->response());
      if ((*answer)->response().status() >= 400 || running_.size() > 1) continue;
      const auto made = make_transaction(*each.proposal.signed_proposal, {**answer}, *signer_);
      ASSERT_TRUE(made) << made.error().message;
      EXPECT_EQ(submit_to(harness_.channel(), {each.proposal.transaction_id, *made}),
                ledger::code::kValid);
    }
    EXPECT_TRUE(chaincode_->silent());
  }

  EndorsingHarness harness_;
  std::string id_, iterator_;
  std::unique_ptr<RecordedChaincode> chaincode_;
  const msp::SigningIdentity* signer_ = nullptr;
  std::vector<Running> running_;
  std::vector<std::string> completed_;
};

TEST_F(ChaincodeStreamTranscript, ThePeerSpeaksAsRecorded) {
  // How a chaincode that is gone is asked for again: chaincode_runtime_test.cc.
  const std::set<std::string> elsewhere = {"registration", "a call while the chaincode is gone",
                                           "the first call after its return"};
  simdjson::dom::parser parser;
  const std::string transcript = tests::read_data("transcripts/chaincode-stream.json.xz");
  int played = 0;
  for (const Json one : parser.parse(transcript)["cases"]) {
    const auto name = text(one, "name");
    if (elsewhere.contains(name)) continue;
    SCOPED_TRACE(name);
    if (name == "range of 250 keys") {  // what the recorded history of n holds besides
      for (const char* value : {"2", "3"}) write(Sets().write("stream", "n", value));
      write(Sets().erase("stream", "n"));
    }
    play(name, one["request"], answer_in(one));
    if (HasFatalFailure()) return;
    ++played;
  }
  EXPECT_EQ(played, 56);
}

}  // namespace
}  // namespace belfry::devnet
