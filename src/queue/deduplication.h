// What a FIFO queue was sent in the last five minutes, so that a producer which repeats itself is
// answered with the original. Ids are kept as the first 16 bytes of their SHA-256.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "queue/store.h"

namespace belfry::queue {

// Not thread-safe.
class Deduplication {
 public:
  struct Key {
    uint64_t high = 0, low = 0;
    bool operator==(const Key&) const = default;
  };
  struct Original {
    std::string id;
    uint64_t sequence = 0;
    int64_t sent = 0;
  };

  // scope: the message group, or empty when ids hold for the whole queue.
  static Key key(std::string_view scope, std::string_view deduplication);

  const Original* find(const Key& key, int64_t now);  // null: not sent within the window
  void add(const Key& key, Original original);
  void forget_old(int64_t now);
  void clear();

  template <class F>
  void for_each(F f) const {
    for (const auto& [key, original] : originals_) f(key, original);
  }

 private:
  struct Hash {
    size_t operator()(const Key& key) const { return key.low; }
  };
  std::unordered_map<Key, Original, Hash> originals_;
  std::deque<std::pair<int64_t, Key>> by_time_;
};

}  // namespace belfry::queue
