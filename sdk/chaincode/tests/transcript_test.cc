// The session is held to what Fabric's own shim sends: the recorded conversations between real
// peers and a Node chaincode (tests/data/transcripts/chaincode-stream.json), with the probe in that
// chaincode's place. The peer's messages are given as recorded; each of the session's must be the
// recorded one.
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <set>

#include "common/common.pb.h"
#include "endorsement_policy.h"
#include "ledger/queryresult/kv_query_result.pb.h"
#include "msp/identities.pb.h"
#include "peer/chaincode.pb.h"
#include "peer/proposal.pb.h"
#include "peer/proposal_response.pb.h"
#include "probe.h"
#include "scripted_stream.h"
#include "support/xz.h"

namespace belfry::chaincode {
namespace {

using protos::ChaincodeMessage;
using Object = boost::json::object;

// Cases that are not of one transaction's messages, or in which the probe differs, and why.
const std::set<std::string> kElsewhere = {
    "registration",                            // session_test.cc
    "two transactions at once on one stream",  // session_test.cc
    "crash during a transaction",              // a real peer: tests/fabric/sdk_test.py
    "a call while the chaincode is gone",      // likewise
    "the first call after its return",         // likewise
    "empty key",              // refused before the peer is asked, as the Go shim does
    "event with empty name",  // other words
    "unknown function",       // other words
    "value of 100 kB",        // the transcript shortens it
    "key-level policy read",  // the probe reads organisations, not bytes: session_test.cc
};

std::string text(const Json& value) {
  if (const auto* plain = value.if_string()) return {plain->data(), plain->size()};
  const auto& base64 = value.at("base64").as_string();
  std::string out(base64.size() / 4 * 3, '\0');
  EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                  reinterpret_cast<const unsigned char*>(base64.data()),
                  static_cast<int>(base64.size()));
  out.resize(out.size() - static_cast<std::size_t>(std::count(base64.begin(), base64.end(), '=')));
  return out;
}

Json shown(const std::string& bytes) {
  const bool plain =
      std::all_of(bytes.begin(), bytes.end(), [](unsigned char c) { return c >= 0x20; });
  if (plain) return Json(std::string_view(bytes));
  std::string out(bytes.size() / 3 * 4 + 5, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  return Object{{"base64", std::string_view(out).substr(0, static_cast<std::size_t>(size))}};
}

template <class T>
T parsed(const std::string& bytes) {
  T out;
  EXPECT_TRUE(out.ParseFromString(bytes));
  return out;
}

// What the session sent, in the transcript's form.
Json shown(const ChaincodeMessage& message) {
  const auto& bytes = message.payload();
  const auto page = [](const std::string& metadata) -> Json {
    if (metadata.empty()) return "";
    const auto query = parsed<protos::QueryMetadata>(metadata);
    return Object{{"pagesize", query.pagesize()}, {"bookmark", query.bookmark()}};
  };
  const auto keyed = [&bytes](const char* name, auto kind) -> Json {
    const auto request = parsed<decltype(kind)>(bytes);
    return Object{
        {name, Object{{"key", shown(request.key())}, {"collection", request.collection()}}}};
  };
  switch (message.type()) {
    case ChaincodeMessage::GET_STATE:
    case ChaincodeMessage::GET_PRIVATE_DATA_HASH:
      return keyed("GetState", protos::GetState());
    case ChaincodeMessage::DEL_STATE:
      return keyed("DelState", protos::DelState());
    case ChaincodeMessage::PURGE_PRIVATE_DATA:
      return keyed("PurgePrivateState", protos::PurgePrivateState());
    case ChaincodeMessage::GET_STATE_METADATA:
      return keyed("GetStateMetadata", protos::GetStateMetadata());
    case ChaincodeMessage::PUT_STATE: {
      const auto put = parsed<protos::PutState>(bytes);
      return Object{{"PutState", Object{{"key", shown(put.key())},
                                        {"value", shown(put.value())},
                                        {"collection", put.collection()}}}};
    }
    case ChaincodeMessage::PUT_STATE_METADATA: {
      const auto put = parsed<protos::PutStateMetadata>(bytes);
      return Object{{"PutStateMetadata", Object{{"key", put.key()},
                                                {"collection", put.collection()},
                                                {"metakey", put.metadata().metakey()},
                                                {"value_bytes", put.metadata().value().size()}}}};
    }
    case ChaincodeMessage::GET_STATE_BY_RANGE: {
      const auto range = parsed<protos::GetStateByRange>(bytes);
      return Object{{"GetStateByRange", Object{{"start_key", shown(range.startkey())},
                                               {"end_key", shown(range.endkey())},
                                               {"collection", range.collection()},
                                               {"metadata", page(range.metadata())}}}};
    }
    case ChaincodeMessage::GET_QUERY_RESULT: {
      const auto query = parsed<protos::GetQueryResult>(bytes);
      return Object{
          {"GetQueryResult", Object{{"query", query.query()}, {"collection", query.collection()}}}};
    }
    case ChaincodeMessage::GET_HISTORY_FOR_KEY:
      return Object{
          {"GetHistoryForKey", Object{{"key", parsed<protos::GetHistoryForKey>(bytes).key()}}}};
    case ChaincodeMessage::QUERY_STATE_NEXT:
      return Object{{"QueryStateNext", Object{{"id", parsed<protos::QueryStateNext>(bytes).id()}}}};
    case ChaincodeMessage::QUERY_STATE_CLOSE:
      return Object{
          {"QueryStateClose", Object{{"id", parsed<protos::QueryStateClose>(bytes).id()}}}};
    case ChaincodeMessage::INVOKE_CHAINCODE: {
      const auto spec = parsed<protos::ChaincodeSpec>(bytes);
      boost::json::array arguments;
      for (const auto& argument : spec.input().args()) arguments.push_back(shown(argument));
      return Object{{"ChaincodeSpec", Object{{"name", spec.chaincode_id().name()},
                                             {"args", arguments},
                                             {"type", static_cast<int>(spec.type())}}}};
    }
    case ChaincodeMessage::COMPLETED: {
      const auto response = parsed<protos::Response>(bytes);
      return Object{{"Response", Object{{"status", response.status()},
                                        {"message", response.message()},
                                        {"payload", shown(response.payload())}}}};
    }
    default:
      return shown(bytes);
  }
}

void add_result(const Json& result, protos::QueryResponse& out) {
  auto& bytes = *out.add_results()->mutable_resultbytes();
  if (const auto* transaction = result.as_object().if_contains("tx_id")) {
    queryresult::KeyModification change;
    change.set_tx_id(text(*transaction));
    change.set_value(text(result.at("value")));
    change.set_is_delete(result.at("is_delete").as_bool());
    change.mutable_timestamp()->set_seconds(1);
    bytes = change.SerializeAsString();
    return;
  }
  queryresult::KV entry;
  entry.set_namespace_(text(result.at("namespace")));
  entry.set_key(text(result.at("key")));
  entry.set_value(text(result.at("value")));
  bytes = entry.SerializeAsString();
}

// Long lists are shortened to their ends; in between the keys count up to the last one.
void add_results(const Json& results, protos::QueryResponse& out) {
  if (const auto* all = results.if_array()) {
    for (const auto& result : *all) add_result(result, out);
    return;
  }
  const auto count = results.at("count").as_int64();
  add_result(results.at("first"), out);
  const std::string last = text(results.at("last").at("key"));
  for (auto number = std::stoll(last.substr(1)) - count + 2; number <= std::stoll(last.substr(1));
       ++number) {
    std::string digits = std::to_string(number);
    digits.insert(0, 5 - digits.size(), '0');
    add_result(Object{{"namespace", "stream"},
                      {"key", last.substr(0, 1) + digits},
                      {"value", std::string("v").append(std::to_string(number))}},
               out);
  }
}

std::string response_bytes(const Json& response) {
  protos::Response out;
  out.set_status(static_cast<int>(response.at("status").as_int64()));
  out.set_message(text(response.at("message")));
  out.set_payload(text(response.at("payload")));
  return out.SerializeAsString();
}

// The bytes of a peer's payload.
std::string given(const Json& payload) {
  if (payload.is_string() || payload.as_object().contains("base64")) return text(payload);
  const auto& object = payload.as_object();
  if (const auto* input = object.if_contains("ChaincodeInput")) {
    protos::ChaincodeInput out;
    for (const auto& argument : input->at("args").as_array()) out.add_args(text(argument));
    return out.SerializeAsString();
  }
  if (const auto* response = object.if_contains("QueryResponse")) {
    protos::QueryResponse out;
    add_results(response->at("results"), out);
    out.set_has_more(response->at("has_more").as_bool());
    out.set_id(text(response->at("id")));
    if (const auto* metadata = response->as_object().if_contains("metadata")) {
      protos::QueryResponseMetadata page;
      page.set_fetched_records_count(
          static_cast<int>(metadata->at("fetchedRecordsCount").as_int64()));
      page.set_bookmark(text(metadata->at("bookmark")));
      out.set_metadata(page.SerializeAsString());
    }
    return out.SerializeAsString();
  }
  const auto& called = object.at("ChaincodeMessage");
  ChaincodeMessage out;
  out.set_type(ChaincodeMessage::COMPLETED);
  out.set_payload(response_bytes(called.at("payload").at("Response")));
  return out.SerializeAsString();
}

// A proposal with what the probe reads of it.
void add_proposal(ChaincodeMessage& message) {
  protos::ChaincodeProposalPayload payload;
  (*payload.mutable_transientmap())["value"] = "secret";
  protos::Proposal proposal;
  proposal.set_payload(payload.SerializeAsString());
  message.mutable_proposal()->set_proposal_bytes(proposal.SerializeAsString());
}

void play(const boost::json::array& messages) {
  ScriptedStream stream(probe());
  for (const Json& recorded : messages) {
    const std::string type = text(recorded.at("type"));
    if (text(recorded.at("from")) == "peer") {
      ChaincodeMessage message;
      ChaincodeMessage::Type kind{};
      ASSERT_TRUE(ChaincodeMessage::Type_Parse(type, &kind)) << type;
      message.set_type(kind);
      message.set_txid(text(recorded.at("txid")));
      message.set_channel_id(text(recorded.at("channel_id")));
      message.set_payload(given(recorded.at("payload")));
      if (recorded.as_object().contains("proposal")) add_proposal(message);
      stream.session().handle(std::move(message));
      continue;
    }
    const auto sent = stream.next();
    ASSERT_EQ(ChaincodeMessage::Type_Name(sent.type()), type) << sent.payload();
    EXPECT_EQ(sent.txid(), text(recorded.at("txid")));
    EXPECT_EQ(sent.channel_id(), text(recorded.at("channel_id")));
    // A hash is an id in the transcript.
    if (type == "COMPLETED" && text(recorded.at("payload").at("Response").at("payload")) == "<id2>")
      continue;
    EXPECT_EQ(to_text(shown(sent)), to_text(recorded.at("payload")));
    const auto* event = recorded.as_object().if_contains("event");
    ASSERT_EQ(sent.has_chaincode_event(), event != nullptr);
    if (event != nullptr) {
      EXPECT_EQ(sent.chaincode_event().event_name(), text(event->at("event_name")));
      EXPECT_EQ(sent.chaincode_event().payload(), text(event->at("payload")));
    }
  }
  EXPECT_EQ(stream.left(), 0U);
}

TEST(ChaincodeTranscriptTest, TheSessionSpeaksAsFabricsShimDoes) {
  const auto transcript =
      *parse_json(belfry::tests::read_data("transcripts/chaincode-stream.json.xz"));
  int played = 0;
  for (const Json& one : transcript.at("cases").as_array()) {
    const std::string name = text(one.at("name"));
    if (kElsewhere.contains(name)) continue;
    SCOPED_TRACE(name);
    const auto* both = one.as_object().if_contains("response");
    ASSERT_NE(both, nullptr);
    play(both->at("messages").as_array());
    ++played;
  }
  EXPECT_EQ(played, 49);
}

}  // namespace
}  // namespace belfry::chaincode
