// In-order commit after out-of-order completion: units enter in order, their items are acknowledged
// in any order, and the checkpoint is that of the last unit before which everything is
// acknowledged, with what was acknowledged above it listed one by one.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "pipeline/destination.h"

namespace belfry::pipeline {

// One thread at a time.
class AckTracker {
 public:
  using Ticket = uint64_t;
  // Goes on from a stored checkpoint; none: the first unit added has no items and says where all
  // begins.
  explicit AckTracker(std::optional<Checkpoint> stored);
  Ticket add(std::shared_ptr<const Unit> unit);  // with no items: complete at once
  // Each item once. True if the unit is now complete.
  bool acknowledge(Ticket unit, size_t item);

  size_t open_units() const { return units_.size(); }
  // True if checkpoint() would differ from what it last returned.
  bool moved() const { return moved_; }
  // Of everything acknowledged so far.
  Checkpoint checkpoint();
  // Units up to which everything is acknowledged and that were not returned before, in order.
  std::vector<Ticket> take_passed();

 private:
  struct Open {
    std::shared_ptr<const Unit> unit;
    std::vector<bool> acknowledged;
    size_t left = 0;
  };
  void pass();

  std::deque<Open> units_;
  Ticket first_ = 0;      // ticket of units_.front()
  Ticket passed_ = 0;     // tickets below were returned by take_passed()
  Checkpoint watermark_;  // its acknowledged list: what the stored one had
  bool moved_ = false;
};

}  // namespace belfry::pipeline
