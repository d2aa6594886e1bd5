// When delays and leases of one queue end: a heap whose outdated items are passed over when they
// come up, because most leases end by a removal long before their time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace belfry::queue {

// Not thread-safe.
class DueTimes {
 public:
  struct Item {
    int64_t time;
    uint64_t sequence;
  };

  void add(Item item);
  std::optional<int64_t> first() const;  // may be an outdated item's
  std::optional<Item> take_until(int64_t now);
  // Drops the outdated once they could be most of the heap; current: how many items are not.
  void trim(size_t current, const std::function<bool(const Item&)>& is_current);
  void clear() { heap_.clear(); }

 private:
  std::vector<Item> heap_;
};

}  // namespace belfry::queue
