#include "queue/deduplication.h"

#include <cstring>

#include "base/hash.h"

namespace belfry::queue {

Deduplication::Key Deduplication::key(std::string_view scope, std::string_view deduplication) {
  Sha256 hash;
  const uint64_t size = scope.size();
  hash.add({reinterpret_cast<const char*>(&size), sizeof size});
  hash.add(scope);
  hash.add(deduplication);
  const auto sum = hash.finish();
  Key key;
  std::memcpy(&key.high, sum.data(), 8);
  std::memcpy(&key.low, sum.data() + 8, 8);
  return key;
}

const Deduplication::Original* Deduplication::find(const Key& key, int64_t now) {
  forget_old(now);
  const auto at = originals_.find(key);
  if (at == originals_.end() || now - at->second.sent >= Store::kDeduplication.count())
    return nullptr;
  return &at->second;
}

void Deduplication::add(const Key& key, Original original) {
  by_time_.emplace_back(original.sent, key);
  originals_[key] = std::move(original);
}

void Deduplication::forget_old(int64_t now) {
  while (!by_time_.empty() && now - by_time_.front().first >= Store::kDeduplication.count()) {
    const auto at = originals_.find(by_time_.front().second);
    if (at != originals_.end() && at->second.sent == by_time_.front().first) originals_.erase(at);
    by_time_.pop_front();
  }
}

void Deduplication::clear() {
  originals_.clear();
  by_time_.clear();
}

}  // namespace belfry::queue
