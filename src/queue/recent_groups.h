// The groups lately written, in memory: a message that is received soon after it was sent is read
// from here.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "queue/log_format.h"

namespace belfry::queue {

// Not thread-safe: under the store's state lock. What find returns may be read without it.
class RecentGroups {
 public:
  struct Found {
    std::shared_ptr<const std::string> group;  // keeps the bytes
    std::string_view record;                   // empty: not here
  };

  explicit RecentGroups(uint64_t limit) : limit_(limit) {}
  void add(uint32_t generation, uint64_t offset,
           std::shared_ptr<const std::string> group);  // in the log's order
  Found find(const Location& where) const;

 private:
  struct Item {
    uint32_t generation;
    uint64_t offset;
    std::shared_ptr<const std::string> group;
  };
  const uint64_t limit_;
  std::deque<Item> items_;
  uint64_t bytes_ = 0;
};

}  // namespace belfry::queue
