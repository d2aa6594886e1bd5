#include "devnet/chaincode_requests.h"

#include <fmt/format.h>

#include "ledger/chaincode_definition.h"
#include "ledger/queryresult/kv_query_result.pb.h"
#include "peer/chaincode_shim.pb.h"

namespace belfry::devnet {
namespace {

using ::protos::ChaincodeMessage;

constexpr const char* kNotInInit = "private data APIs are not allowed in chaincode Init()";

template <class T>
Result<T> parse(const ChaincodeMessage& message) {
  T out;
  if (!out.ParseFromString(message.payload()))
    return fail("unmarshal failed: proto: cannot parse invalid wire-format data");
  return out;
}

std::string value_or_nothing(std::optional<std::string> value) {
  return value ? std::move(*value) : std::string();
}

enum class Wish { read, write };

// Whether the creator may; asked once per collection and execution.
Result<void> check_rights(Execution& execution, const std::string& collection, Wish wish) {
  if (execution.is_init) return fail(kNotInInit);
  auto known = execution.rights.find(collection);
  if (known == execution.rights.end()) {
    auto rights = execution.peer->rights(*execution.simulation, *execution.proposal,
                                         execution.name_space, collection);
    if (!rights) return tl::unexpected(rights.error());
    known = execution.rights.emplace(collection, *rights).first;
  }
  if (wish == Wish::read ? known->second.read : known->second.write) return {};
  return fail(fmt::format(
      "tx creator does not have {} access permission on privatedata in chaincodeName:{} "
      "collectionName: {}",
      wish == Wish::read ? "read" : "write", execution.name_space, collection));
}

Result<void> check_metadata_capability(const Execution& execution) {
  if (execution.peer->key_level_endorsement(execution.channel())) return {};
  return fail(
      "key level endorsement is not enabled, channel application capability of V1_3 or later is "
      "required");
}

Result<std::string> get(Execution& execution, const std::string& collection,
                        const std::string& key) {
  auto& simulator = execution.simulation->simulator;
  if (collection.empty()) return value_or_nothing(simulator.get(execution.name_space, key));
  if (auto may = check_rights(execution, collection, Wish::read); !may)
    return tl::unexpected(may.error());
  auto value = simulator.get_private(execution.name_space, collection, key);
  if (!value) return tl::unexpected(value.error());
  return value_or_nothing(std::move(*value));
}

Result<std::string> get_state(Execution& execution, const ChaincodeMessage& message) {
  const auto request = parse<::protos::GetState>(message);
  if (!request) return tl::unexpected(request.error());
  return get(execution, request->collection(), request->key());
}

Result<std::string> get_several(Execution& execution, const ChaincodeMessage& message) {
  const auto request = parse<::protos::GetStateMultiple>(message);
  if (!request) return tl::unexpected(request.error());
  ::protos::GetStateMultipleResult out;
  for (const auto& key : request->keys()) {
    auto value = get(execution, request->collection(), key);
    if (!value) return value;
    out.add_values(std::move(*value));
  }
  return out.SerializeAsString();
}

Result<std::string> get_private_hash(Execution& execution, const ChaincodeMessage& message) {
  const auto request = parse<::protos::GetState>(message);
  if (!request) return tl::unexpected(request.error());
  if (execution.is_init) return fail(kNotInInit);
  if (ledger::is_implicit(request->collection()))
    if (auto known = execution.peer->rights(*execution.simulation, *execution.proposal,
                                            execution.name_space, request->collection());
        !known)
      return tl::unexpected(known.error());
  auto hash = execution.simulation->simulator.get_private_hash(
      execution.name_space, request->collection(), request->key());
  if (!hash) return tl::unexpected(hash.error());
  return value_or_nothing(std::move(*hash));
}

Result<std::string> done(Result<void> result) {
  if (!result) return tl::unexpected(result.error());
  return std::string();
}

Result<void> put(Execution& execution, const std::string& collection, const std::string& key,
                 std::string value) {
  auto& simulator = execution.simulation->simulator;
  if (collection.empty()) return simulator.put(execution.name_space, key, std::move(value));
  if (auto may = check_rights(execution, collection, Wish::write); !may) return may;
  return simulator.put_private(execution.name_space, collection, key, std::move(value));
}

Result<void> erase(Execution& execution, const std::string& collection, const std::string& key) {
  auto& simulator = execution.simulation->simulator;
  if (collection.empty()) return simulator.erase(execution.name_space, key);
  if (auto may = check_rights(execution, collection, Wish::write); !may) return may;
  return simulator.erase_private(execution.name_space, collection, key);
}

Result<void> check_purge_capability(const Execution& execution) {
  if (execution.peer->purge_private_data(execution.channel())) return {};
  return fail(
      "purge private data is not enabled, channel application capability of V2_5 or later is "
      "required");
}

Result<void> purge(Execution& execution, const std::string& collection, const std::string& key) {
  if (collection.empty()) return fail("only applicable for private data");
  if (auto may = check_rights(execution, collection, Wish::write); !may) return may;
  return execution.simulation->simulator.purge_private(execution.name_space, collection, key);
}

// Where a real peer trips over what is not there, and says so.
Result<void> tripped() {
  return fail("panic during execution");
}

template <class Request>  // PutStateMetadata, WriteRecord
Result<void> put_metadata(Execution& execution, const Request& request) {
  if (!request.has_metadata()) return tripped();
  const auto& entry = request.metadata();
  const auto& collection = request.collection();
  const auto& key = request.key();
  const Metadata metadata{{entry.metakey(), entry.value()}};
  auto& simulator = execution.simulation->simulator;
  if (collection.empty()) return simulator.put_metadata(execution.name_space, key, metadata);
  if (auto may = check_rights(execution, collection, Wish::write); !may) return may;
  return simulator.put_private_metadata(execution.name_space, collection, key, metadata);
}

Result<std::string> put_state(Execution& execution, const ChaincodeMessage& message) {
  auto request = parse<::protos::PutState>(message);
  if (!request) return tl::unexpected(request.error());
  return done(
      put(execution, request->collection(), request->key(), std::move(*request->mutable_value())));
}

Result<std::string> del_state(Execution& execution, const ChaincodeMessage& message) {
  const auto request = parse<::protos::DelState>(message);
  if (!request) return tl::unexpected(request.error());
  return done(erase(execution, request->collection(), request->key()));
}

Result<std::string> purge_private(Execution& execution, const ChaincodeMessage& message) {
  if (auto can = check_purge_capability(execution); !can) return tl::unexpected(can.error());
  const auto request = parse<::protos::PurgePrivateState>(message);
  if (!request) return tl::unexpected(request.error());
  return done(purge(execution, request->collection(), request->key()));
}

Result<void> write(Execution& execution, ::protos::WriteRecord& record) {
  switch (record.type()) {
    case ::protos::WriteRecord::PUT_STATE:
      return put(execution, record.collection(), record.key(), std::move(*record.mutable_value()));
    case ::protos::WriteRecord::DEL_STATE:
      return erase(execution, record.collection(), record.key());
    case ::protos::WriteRecord::PURGE_PRIVATE_DATA:
      if (auto can = check_purge_capability(execution); !can) return can;
      return purge(execution, record.collection(), record.key());
    case ::protos::WriteRecord::PUT_STATE_METADATA:
      if (auto can = check_metadata_capability(execution); !can) return can;
      return put_metadata(execution, record);
    default:
      return fail("unknown operation type");
  }
}

// Up to the first that is refused, as Fabric has it: the transaction fails with it.
Result<std::string> write_several(Execution& execution, const ChaincodeMessage& message) {
  auto request = parse<::protos::WriteBatchState>(message);
  if (!request) return tl::unexpected(request.error());
  for (auto& record : *request->mutable_rec())
    if (auto written = write(execution, record); !written) return tl::unexpected(written.error());
  return std::string();
}

Result<std::string> get_metadata(Execution& execution, const ChaincodeMessage& message) {
  if (auto may = check_metadata_capability(execution); !may) return tl::unexpected(may.error());
  const auto request = parse<::protos::GetStateMetadata>(message);
  if (!request) return tl::unexpected(request.error());
  auto& simulator = execution.simulation->simulator;
  Result<Metadata> metadata;
  if (request->collection().empty()) {
    metadata = simulator.metadata(execution.name_space, request->key());
  } else {
    if (auto may = check_rights(execution, request->collection(), Wish::read); !may)
      return tl::unexpected(may.error());
    metadata =
        simulator.private_metadata(execution.name_space, request->collection(), request->key());
    if (!metadata) return tl::unexpected(metadata.error());
  }
  ::protos::StateMetadataResult out;
  for (const auto& [name, value] : *metadata) {
    auto& entry = *out.add_entries();
    entry.set_metakey(name);
    entry.set_value(value);
  }
  return out.SerializeAsString();
}

Result<std::string> put_state_metadata(Execution& execution, const ChaincodeMessage& message) {
  if (auto may = check_metadata_capability(execution); !may) return tl::unexpected(may.error());
  const auto request = parse<::protos::PutStateMetadata>(message);
  if (!request) return tl::unexpected(request.error());
  return done(put_metadata(execution, *request));
}

// The next portion of a query's results. One result is read ahead to know whether there are more,
// as Fabric's response generator does: it shows in the read-write set.
Result<std::string> next_results(Execution& execution, const std::string& id) {
  const auto found = execution.queries.find(id);
  auto& query = found->second;
  ::protos::QueryResponse out;
  out.set_id(id);
  const auto take = [&] {
    for (auto& result : query.pending) out.add_results()->set_resultbytes(std::move(result));
    query.pending.clear();
  };
  for (;;) {
    std::optional<std::string> result;
    if (query.returned < query.limit) result = query.next();
    if (!result) {
      take();
      if (query.bookmark) {
        ::protos::QueryResponseMetadata metadata;
        metadata.set_fetched_records_count(static_cast<int32_t>(query.returned));
        metadata.set_bookmark(query.bookmark());
        out.set_metadata(metadata.SerializeAsString());
      }
      execution.queries.erase(found);
      return out.SerializeAsString();
    }
    ++query.returned;
    if (!query.bookmark && query.pending.size() == kQueryBatch) {
      take();
      query.pending.push_back(std::move(*result));
      out.set_has_more(true);
      return out.SerializeAsString();
    }
    query.pending.push_back(std::move(*result));
  }
}

Result<std::string> open_query(Execution& execution, Execution::Query query) {
  if (execution.queries.size() >= kMostOpenQueries)
    return fail(fmt::format("too many open queries: close some of the {}", kMostOpenQueries));
  const std::string id = fmt::format("{}-{}", execution.name_space, ++execution.queries_opened);
  execution.queries.emplace(id, std::move(query));
  return next_results(execution, id);
}

std::function<std::optional<std::string>()> results_of(const Execution& execution, Scan* scan) {
  return [name_space = execution.name_space, scan]() -> std::optional<std::string> {
    auto found = scan->next();
    if (!found) return std::nullopt;
    ::queryresult::KV out;
    out.set_namespace_(name_space);
    out.set_key(std::move(found->key));
    out.set_value(std::move(found->value));
    return out.SerializeAsString();
  };
}

Result<::protos::QueryMetadata> query_metadata(const std::string& bytes) {
  ::protos::QueryMetadata out;
  if (!out.ParseFromString(bytes))
    return fail("unmarshal failed: proto: cannot parse invalid wire-format data");
  return out;
}

Result<std::string> range(Execution& execution, const ChaincodeMessage& message) {
  const auto request = parse<::protos::GetStateByRange>(message);
  if (!request) return tl::unexpected(request.error());
  const auto metadata = query_metadata(request->metadata());
  if (!metadata) return tl::unexpected(metadata.error());
  const int32_t page = metadata->pagesize();
  Execution::Query query;
  query.limit = page > 0 && page < kMostQueryResults ? page : kMostQueryResults;
  auto& simulator = execution.simulation->simulator;
  Scan* scan = nullptr;
  if (!request->collection().empty()) {
    if (auto may = check_rights(execution, request->collection(), Wish::read); !may)
      return tl::unexpected(may.error());
    auto opened = simulator.private_range(execution.name_space, request->collection(),
                                          request->startkey(), request->endkey());
    if (!opened) return tl::unexpected(opened.error());
    scan = *opened;
  } else if (page != 0 || !metadata->bookmark().empty()) {
    const auto& start = metadata->bookmark().empty() ? request->startkey() : metadata->bookmark();
    auto opened = simulator.page(execution.name_space, start, request->endkey(), page);
    if (!opened) return tl::unexpected(opened.error());
    scan = *opened;
    query.bookmark = [scan] { return scan->bookmark(); };
  } else {
    scan = simulator.range(execution.name_space, request->startkey(), request->endkey());
  }
  query.next = results_of(execution, scan);
  return open_query(execution, std::move(query));
}

Result<std::string> rich_query(Execution& execution, const ChaincodeMessage& message) {
  const auto request = parse<::protos::GetQueryResult>(message);
  if (!request) return tl::unexpected(request.error());
  const auto metadata = query_metadata(request->metadata());
  if (!metadata) return tl::unexpected(metadata.error());
  if (!request->collection().empty()) {
    if (auto may = check_rights(execution, request->collection(), Wish::read); !may)
      return tl::unexpected(may.error());
  } else if (metadata->pagesize() != 0 || !metadata->bookmark().empty()) {
    return fail("ExecuteQueryWithMetadata not supported for leveldb");
  }
  return fail("ExecuteQuery not supported for leveldb");
}

Result<std::string> history(Execution& execution, const ChaincodeMessage& message) {
  const auto request = parse<::protos::GetHistoryForKey>(message);
  if (!request) return tl::unexpected(request.error());
  Execution::Query query;
  query.limit = kMostQueryResults;
  query.next = [&state = execution.simulation->simulator.committed(),
                name_space = execution.name_space, key = request->key(), read = size_t{0},
                portion = std::vector<ledger::Modification>(),
                at = size_t{0}]() mutable -> std::optional<std::string> {
    constexpr size_t kPortion = 64;
    if (at == portion.size()) {
      if (read > 0 && portion.size() < kPortion) return std::nullopt;
      portion = state.history(name_space, key, read, kPortion);
      read += portion.size();
      at = 0;
      if (portion.empty()) return std::nullopt;
    }
    auto& found = portion[at++];
    ::queryresult::KeyModification out;
    out.set_tx_id(std::move(found.transaction_id));
    out.set_value(std::move(found.value));
    out.set_is_delete(found.deleted);
    const auto nanoseconds = found.time.time_since_epoch().count();
    out.mutable_timestamp()->set_seconds(nanoseconds / 1'000'000'000);
    out.mutable_timestamp()->set_nanos(static_cast<int32_t>(nanoseconds % 1'000'000'000));
    return out.SerializeAsString();
  };
  return open_query(execution, std::move(query));
}

Result<std::string> query_next(Execution& execution, const ChaincodeMessage& message) {
  const auto request = parse<::protos::QueryStateNext>(message);
  if (!request) return tl::unexpected(request.error());
  if (!execution.queries.contains(request->id())) return fail("query iterator not found");
  return next_results(execution, request->id());
}

Result<std::string> query_close(Execution& execution, const ChaincodeMessage& message) {
  const auto request = parse<::protos::QueryStateClose>(message);
  if (!request) return tl::unexpected(request.error());
  execution.queries.erase(request->id());
  ::protos::QueryResponse out;
  out.set_id(request->id());
  return out.SerializeAsString();
}

using Answer = Result<std::string> (*)(Execution&, const ChaincodeMessage&);

Answer answer_to(ChaincodeMessage::Type type) {
  switch (type) {
    case ChaincodeMessage::GET_STATE:
      return get_state;
    case ChaincodeMessage::GET_STATE_MULTIPLE:
      return get_several;
    case ChaincodeMessage::PUT_STATE:
      return put_state;
    case ChaincodeMessage::WRITE_BATCH_STATE:
      return write_several;
    case ChaincodeMessage::DEL_STATE:
      return del_state;
    case ChaincodeMessage::PURGE_PRIVATE_DATA:
      return purge_private;
    case ChaincodeMessage::GET_PRIVATE_DATA_HASH:
      return get_private_hash;
    case ChaincodeMessage::GET_STATE_METADATA:
      return get_metadata;
    case ChaincodeMessage::PUT_STATE_METADATA:
      return put_state_metadata;
    case ChaincodeMessage::GET_STATE_BY_RANGE:
      return range;
    case ChaincodeMessage::GET_QUERY_RESULT:
      return rich_query;
    case ChaincodeMessage::GET_HISTORY_FOR_KEY:
      return history;
    case ChaincodeMessage::QUERY_STATE_NEXT:
      return query_next;
    case ChaincodeMessage::QUERY_STATE_CLOSE:
      return query_close;
    default:
      return nullptr;
  }
}

}  // namespace

bool is_state_request(const ChaincodeMessage& message) {
  return answer_to(message.type()) != nullptr;
}

Result<std::string> answer(Execution& execution, const ChaincodeMessage& message) {
  std::lock_guard lock(execution.simulation->mutex);
  return answer_to(message.type())(execution, message);
}

}  // namespace belfry::devnet
