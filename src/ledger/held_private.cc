#include "ledger/held_private.h"

#include <map>

#include "base/hash.h"
#include "ledger/encode.h"

namespace belfry::ledger {
namespace {

// Of one transaction: an endorser has no reason to hold more.
constexpr size_t kMostOfOne = 16;

std::string_view hash_of(const std::vector<NamespaceSet>& sets, const PrivateCollection& part) {
  for (const NamespaceSet& set : sets) {
    if (set.name_space != part.name_space) continue;
    for (const CollectionSet& collection : set.collections)
      if (collection.collection == part.collection) return collection.private_hash;
  }
  return {};
}

}  // namespace

void HeldPrivate::hold(std::string_view transaction_id, std::string set) {
  std::lock_guard lock(mutex_);
  auto [found, is_new] = held_.try_emplace(std::string(transaction_id));
  if (found->second.size() < kMostOfOne) found->second.push_back(std::move(set));
  if (!is_new) return;
  order_.emplace_back(transaction_id);
  while (order_.size() > most_) {
    held_.erase(order_.front());
    order_.pop_front();
  }
}

std::string HeldPrivate::take(std::string_view transaction_id,
                              const std::vector<NamespaceSet>& sets) {
  std::vector<std::string> held;
  {
    std::lock_guard lock(mutex_);
    auto found = held_.find(std::string(transaction_id));
    if (found == held_.end()) return {};
    held = std::move(found->second);
    held_.erase(found);
  }
  std::map<std::string_view, std::map<std::string_view, std::string_view>> good;
  std::vector<PrivateCollection> parts;
  for (const std::string& set : held) {
    if (!read_private_sets(set, parts)) continue;
    for (const PrivateCollection& part : parts)
      if (const std::string_view hash = hash_of(sets, part);
          !hash.empty() && hash == view(sha256(part.bytes)))
        good[part.name_space][part.collection] = part.bytes;
  }
  std::string out;
  for (const auto& [name_space, collections] : good) {
    std::string space;
    append_field(space, 1, name_space);
    for (const auto& [name, bytes] : collections) {
      std::string collection;
      append_field(collection, 1, name);
      append_field(collection, 2, bytes);
      append_field(space, 2, std::string_view(collection));
    }
    append_field(out, 2, std::string_view(space));
  }
  return out;
}

}  // namespace belfry::ledger
