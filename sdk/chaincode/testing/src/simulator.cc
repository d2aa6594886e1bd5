#include "simulator.h"

#include <openssl/sha.h>

#include <algorithm>

namespace belfry::chaincode::testing {
namespace {

constexpr std::size_t kBatch = 100;  // results in one answer, as a peer has it

// The first results go out, the rest stays under the id.
template <class T>
Batch<T> first_batch(std::vector<T> all, std::string id,
                     std::map<std::string, std::vector<T>>& left) {
  Batch<T> out;
  out.id = std::move(id);
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), kBatch));
  out.items.assign(std::make_move_iterator(all.begin()), std::make_move_iterator(end));
  all.erase(all.begin(), end);
  out.more = !all.empty();
  left[out.id] = std::move(all);
  return out;
}

template <class T>
Result<Batch<T>> next_batch(const std::string& id, std::map<std::string, std::vector<T>>& left) {
  const auto found = left.find(id);
  if (found == left.end()) return Error{"QUERY_STATE_NEXT failed: query iterator not found"};
  return first_batch(std::exchange(found->second, {}), id, left);
}

}  // namespace

Error Simulator::refused(const char* request, const std::string& words) const {
  return Error{std::string(request) + " failed: transaction ID: " + call_.id + ": " + words};
}

Result<> Simulator::check_collection(const std::string& collection, bool reads) const {
  if (collection.empty() || collection.starts_with("_implicit_org_")) return {};
  const auto found = channel_.collections.find(collection);
  if (found == channel_.collections.end()) {
    return Error{"collection " + channel_.name + "/" + space_ + "/" + collection +
                 " could not be found"};
  }
  if (reads &&
      std::find(found->second.begin(), found->second.end(), call_.msp) == found->second.end()) {
    return Error{
        "tx creator does not have read access permission on privatedata in chaincodeName:" +
        space_ + " collectionName: " + collection};
  }
  return {};
}

Result<std::string> Simulator::get(const std::string& collection, const std::string& key) {
  if (auto fine = check_collection(collection, true); !fine)
    return refused("GET_STATE", fine.error().message);
  const Where where{space_, collection, key};
  set_.reads.emplace(where, channel_.state.version(where));
  const Value* value = channel_.state.find(where);
  return value == nullptr ? std::string() : value->text;
}

Result<std::vector<std::string>> Simulator::get_all(const std::string& collection,
                                                    const std::vector<std::string>& keys) {
  std::vector<std::string> out;
  for (const auto& key : keys) {
    auto value = get(collection, key);
    if (!value) return value.error();
    out.push_back(*std::move(value));
  }
  return out;
}

Result<std::string> Simulator::hash(const std::string& collection, const std::string& key) {
  if (auto fine = check_collection(collection, false); !fine)
    return refused("GET_PRIVATE_DATA_HASH", fine.error().message);
  const Where where{space_, collection, key};
  set_.reads.emplace(where, channel_.state.version(where));
  const Value* value = channel_.state.find(where);
  if (value == nullptr) return std::string();
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(value->text.data()), value->text.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

Result<std::string> Simulator::endorsement(const std::string& collection, const std::string& key) {
  if (auto fine = check_collection(collection, true); !fine)
    return refused("GET_STATE_METADATA", fine.error().message);
  const Where where{space_, collection, key};
  set_.reads.emplace(where, channel_.state.version(where));
  const Value* value = channel_.state.find(where);
  return value == nullptr ? std::string() : value->policy;
}

Result<> Simulator::write(Write write) {
  if (auto fine = check_collection(write.collection, false); !fine)
    return refused("PUT_STATE", fine.error().message);
  const std::string unsupported =
      "txid [" + call_.id + "]: unsuppored transaction. Transaction has already performed ";
  if (paged_)
    return refused("PUT_STATE", unsupported + "a paginated query. Writes are not allowed");
  if (queried_private_)
    return refused("PUT_STATE", unsupported + "queries on pvt data. Writes are not allowed");
  set_.writes.emplace_back(space_, std::move(write));
  return {};
}

Result<Batch<Entry>> Simulator::range(const RangeRequest& request) {
  if (auto fine = check_collection(request.collection, true); !fine)
    return refused("GET_STATE_BY_RANGE", fine.error().message);
  const bool is_private = !request.collection.empty();
  if ((is_private || request.page > 0) && !set_.writes.empty()) {
    return refused("GET_STATE_BY_RANGE",
                   "txid [" + call_.id + "]: unsuppored transaction. " +
                       (is_private ? "Queries on pvt data" : "Paginated queries") +
                       " are supported only in a read-only transaction");
  }
  paged_ = paged_ || request.page > 0;
  queried_private_ = queried_private_ || is_private;
  RangeRequest from = request;
  if (!request.bookmark.empty()) from.from = request.bookmark;
  auto found = channel_.state.range(space_, from);
  std::string bookmark;
  if (request.page > 0 && found.size() > static_cast<std::size_t>(request.page)) {
    bookmark = found[static_cast<std::size_t>(request.page)].first;
    found.resize(static_cast<std::size_t>(request.page));
  }
  RangeRead read{space_, from, {}, bookmark.empty()};
  std::vector<Entry> entries;
  for (auto& [key, value] : found) {
    read.found.emplace_back(key, value.version);
    entries.push_back({key, std::move(value.text)});
  }
  // A peer checks no phantoms in private collections.
  if (!is_private) set_.ranges.push_back(std::move(read));
  auto batch = first_batch(std::move(entries), std::to_string(++next_id_), entries_);
  batch.bookmark = std::move(bookmark);
  return batch;
}

Result<Batch<Entry>> Simulator::query(const std::string&, const std::string&, int,
                                      const std::string&) {
  return refused("GET_QUERY_RESULT", "ExecuteQuery not supported for leveldb");
}

Result<Batch<Change>> Simulator::history(const std::string& key) {
  return first_batch(channel_.state.history({space_, "", key}), std::to_string(++next_id_),
                     changes_);
}

Result<Batch<Entry>> Simulator::next_entries(const std::string& id) {
  return next_batch(id, entries_);
}
Result<Batch<Change>> Simulator::next_changes(const std::string& id) {
  return next_batch(id, changes_);
}

void Simulator::close(const std::string& id) {
  entries_.erase(id);
  changes_.erase(id);
}

Result<Response> Simulator::invoke(const std::string& chaincode,
                                   const std::vector<std::string>& arguments) {
  const auto slash = chaincode.find('/');
  const std::string name = chaincode.substr(0, slash);
  if (slash != std::string::npos && chaincode.substr(slash + 1) != channel_.name) {
    return refused("INVOKE_CHAINCODE", "Failed to get policy manager for channel [" +
                                           chaincode.substr(slash + 1) + "]");
  }
  if (calling_.contains(name)) {
    return refused("INVOKE_CHAINCODE", "execute failed: error sending: txid: " + call_.id + "(" +
                                           channel_.name + ") exists");
  }
  const auto found = channel_.chaincodes.find(name);
  if (found == channel_.chaincodes.end()) {
    return refused("INVOKE_CHAINCODE", "execute failed: invalid invocation: [channel " +
                                           channel_.name +
                                           "] failed to get chaincode container info for " + name +
                                           ": chaincode " + name + " not found");
  }
  Call call = call_;
  call.arguments = arguments;
  Simulator inner(channel_, name, call, set_);
  inner.calling_.insert(calling_.begin(), calling_.end());
  Response response = found->second.execute(call, inner);
  response.event.reset();
  return response;
}

}  // namespace belfry::chaincode::testing
