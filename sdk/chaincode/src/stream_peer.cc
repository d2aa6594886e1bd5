#include "stream_peer.h"

#include <algorithm>

#include "exchange.h"
#include "ledger/queryresult/kv_query_result.pb.h"
#include "peer/chaincode.pb.h"
#include "peer/proposal_response.pb.h"

namespace belfry::chaincode {
namespace {

using protos::ChaincodeMessage;

// The name under which a key's endorsement policy is among its metadata.
constexpr const char* kPolicy = "VALIDATION_PARAMETER";

Error unreadable() {
  return Error{"the peer's answer cannot be read"};
}

bool read_item(const std::string& bytes, Entry& out) {
  queryresult::KV item;
  if (!item.ParseFromString(bytes)) return false;
  out = {std::move(*item.mutable_key()), std::move(*item.mutable_value())};
  return true;
}

bool read_item(const std::string& bytes, Change& out) {
  queryresult::KeyModification item;
  if (!item.ParseFromString(bytes)) return false;
  out.transaction_id = std::move(*item.mutable_tx_id());
  if (!item.is_delete()) out.value = std::move(*item.mutable_value());
  out.time = Time(std::chrono::seconds(item.timestamp().seconds()) +
                  std::chrono::nanoseconds(item.timestamp().nanos()));
  return true;
}

template <class T>
Result<Batch<T>> read_batch(const Result<std::string>& answer) {
  if (!answer) return answer.error();
  protos::QueryResponse response;
  if (!response.ParseFromString(*answer)) return unreadable();
  Batch<T> out;
  out.more = response.has_more();
  out.id = std::move(*response.mutable_id());
  out.items.resize(static_cast<std::size_t>(response.results_size()));
  for (int i = 0; i < response.results_size(); ++i) {
    if (!read_item(response.results(i).resultbytes(), out.items[static_cast<std::size_t>(i)]))
      return unreadable();
  }
  // An empty batch that promises more would be asked for the next one for ever.
  if (out.more && out.items.empty()) return unreadable();
  if (!response.metadata().empty()) {
    protos::QueryResponseMetadata metadata;
    if (!metadata.ParseFromString(response.metadata())) return unreadable();
    out.bookmark = std::move(*metadata.mutable_bookmark());
  }
  return out;
}

std::string page_metadata(int page, const std::string& bookmark) {
  if (page == 0) return {};
  protos::QueryMetadata metadata;
  metadata.set_pagesize(page);
  metadata.set_bookmark(bookmark);
  return metadata.SerializeAsString();
}

template <class Request>
Request request_for(const std::string& collection, const std::string& key) {
  Request out;
  out.set_collection(collection);
  out.set_key(key);
  return out;
}

protos::WriteRecord::Type record_type(Write::Kind kind) {
  switch (kind) {
    case Write::Kind::kPut:
      return protos::WriteRecord::PUT_STATE;
    case Write::Kind::kRemove:
      return protos::WriteRecord::DEL_STATE;
    case Write::Kind::kPurge:
      return protos::WriteRecord::PURGE_PRIVATE_DATA;
    case Write::Kind::kEndorsement:
      return protos::WriteRecord::PUT_STATE_METADATA;
  }
  return protos::WriteRecord::UNDEFINED;
}

}  // namespace

template <class Request>
Result<std::string> StreamPeer::ask(ChaincodeMessage::Type type, const Request& request) {
  return exchange_.ask(type, request.SerializeAsString());
}

Result<std::string> StreamPeer::get(const std::string& collection, const std::string& key) {
  return ask(ChaincodeMessage::GET_STATE, request_for<protos::GetState>(collection, key));
}

Result<std::vector<std::string>> StreamPeer::get_all(const std::string& collection,
                                                     const std::vector<std::string>& keys) {
  std::vector<std::string> out;
  out.reserve(keys.size());
  while (out.size() < keys.size()) {
    if (offers_.get_many == 0) {
      auto value = get(collection, keys[out.size()]);
      if (!value) return value.error();
      out.push_back(*std::move(value));
      continue;
    }
    protos::GetStateMultiple request;
    request.set_collection(collection);
    const auto count =
        std::min(keys.size() - out.size(), static_cast<std::size_t>(offers_.get_many));
    for (std::size_t i = 0; i < count; ++i) request.add_keys(keys[out.size() + i]);
    auto answer = ask(ChaincodeMessage::GET_STATE_MULTIPLE, request);
    if (!answer) return answer.error();
    protos::GetStateMultipleResult result;
    if (!result.ParseFromString(*answer) || static_cast<std::size_t>(result.values_size()) != count)
      return unreadable();
    for (auto& value : *result.mutable_values()) out.push_back(std::move(value));
  }
  return out;
}

Result<std::string> StreamPeer::hash(const std::string& collection, const std::string& key) {
  return ask(ChaincodeMessage::GET_PRIVATE_DATA_HASH,
             request_for<protos::GetState>(collection, key));
}

Result<std::string> StreamPeer::endorsement(const std::string& collection, const std::string& key) {
  auto answer = ask(ChaincodeMessage::GET_STATE_METADATA,
                    request_for<protos::GetStateMetadata>(collection, key));
  if (!answer) return answer;
  protos::StateMetadataResult result;
  if (!result.ParseFromString(*answer)) return unreadable();
  for (auto& entry : *result.mutable_entries()) {
    if (entry.metakey() == kPolicy) return std::move(*entry.mutable_value());
  }
  return std::string();
}

Result<> StreamPeer::write(Write write) {
  auto& record = *kept_.add_rec();
  record.set_type(record_type(write.kind));
  record.set_collection(std::move(write.collection));
  record.set_key(std::move(write.key));
  if (write.kind == Write::Kind::kEndorsement) {
    record.mutable_metadata()->set_metakey(kPolicy);
    record.mutable_metadata()->set_value(std::move(write.value));
  } else {
    record.set_value(std::move(write.value));
  }
  return kept_.rec_size() < offers_.write_batch ? Result<>() : flush();
}

Result<> StreamPeer::flush() {
  if (kept_.rec().empty()) return {};
  Result<std::string> answer = std::string();
  if (offers_.write_batch > 0) {
    answer = ask(ChaincodeMessage::WRITE_BATCH_STATE, kept_);
  } else {
    auto& record = *kept_.mutable_rec(0);
    switch (record.type()) {
      case protos::WriteRecord::PUT_STATE: {
        auto request = request_for<protos::PutState>(record.collection(), record.key());
        request.set_allocated_value(record.release_value());
        answer = ask(ChaincodeMessage::PUT_STATE, request);
        break;
      }
      case protos::WriteRecord::DEL_STATE:
        answer = ask(ChaincodeMessage::DEL_STATE,
                     request_for<protos::DelState>(record.collection(), record.key()));
        break;
      case protos::WriteRecord::PURGE_PRIVATE_DATA:
        answer = ask(ChaincodeMessage::PURGE_PRIVATE_DATA,
                     request_for<protos::PurgePrivateState>(record.collection(), record.key()));
        break;
      default: {
        auto request = request_for<protos::PutStateMetadata>(record.collection(), record.key());
        request.mutable_metadata()->Swap(record.mutable_metadata());
        answer = ask(ChaincodeMessage::PUT_STATE_METADATA, request);
      }
    }
  }
  kept_.Clear();
  return answer ? Result<>() : Result<>(answer.error());
}

Result<Batch<Entry>> StreamPeer::range(const RangeRequest& range) {
  protos::GetStateByRange request;
  request.set_collection(range.collection);
  request.set_startkey(range.from);
  request.set_endkey(range.to);
  request.set_metadata(page_metadata(range.page, range.bookmark));
  return read_batch<Entry>(ask(ChaincodeMessage::GET_STATE_BY_RANGE, request));
}

Result<Batch<Entry>> StreamPeer::query(const std::string& collection, const std::string& query,
                                       int page, const std::string& bookmark) {
  protos::GetQueryResult request;
  request.set_collection(collection);
  request.set_query(query);
  request.set_metadata(page_metadata(page, bookmark));
  return read_batch<Entry>(ask(ChaincodeMessage::GET_QUERY_RESULT, request));
}

Result<Batch<Change>> StreamPeer::history(const std::string& key) {
  protos::GetHistoryForKey request;
  request.set_key(key);
  return read_batch<Change>(ask(ChaincodeMessage::GET_HISTORY_FOR_KEY, request));
}

Result<Batch<Entry>> StreamPeer::next_entries(const std::string& id) {
  protos::QueryStateNext request;
  request.set_id(id);
  return read_batch<Entry>(ask(ChaincodeMessage::QUERY_STATE_NEXT, request));
}

Result<Batch<Change>> StreamPeer::next_changes(const std::string& id) {
  protos::QueryStateNext request;
  request.set_id(id);
  return read_batch<Change>(ask(ChaincodeMessage::QUERY_STATE_NEXT, request));
}

void StreamPeer::close(const std::string& id) {
  protos::QueryStateClose request;
  request.set_id(id);
  // The peer closes what is left over at the transaction's end, so a failure here changes nothing.
  static_cast<void>(ask(ChaincodeMessage::QUERY_STATE_CLOSE, request));
}

Result<Response> StreamPeer::invoke(const std::string& chaincode,
                                    const std::vector<std::string>& arguments) {
  if (auto written = flush(); !written) return written.error();
  protos::ChaincodeSpec spec;
  spec.mutable_chaincode_id()->set_name(chaincode);
  for (const auto& argument : arguments) spec.mutable_input()->add_args(argument);
  auto answer = ask(ChaincodeMessage::INVOKE_CHAINCODE, spec);
  if (!answer) return answer.error();
  ChaincodeMessage message;
  if (!message.ParseFromString(*answer)) return unreadable();
  if (message.type() != ChaincodeMessage::COMPLETED)
    return Error{std::move(*message.mutable_payload())};
  protos::Response response;
  if (!response.ParseFromString(message.payload())) return unreadable();
  return Response{response.status(),
                  std::move(*response.mutable_message()),
                  std::move(*response.mutable_payload()),
                  {}};
}

}  // namespace belfry::chaincode
