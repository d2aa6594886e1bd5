// How many conditions of all patterns ask for a key: a guess at how many documents carry it.
// Counted in a sketch (count-min, two rows) of fixed cost per condition, for most keys are asked
// for once and never become entries: guesses are never too low, and seldom too high by more than a
// few. Private to match/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace belfry::match {

class Popularity {
 public:
  Popularity();
  void add(uint64_t key);
  void remove(uint64_t key);  // was added
  uint32_t of(uint64_t key) const;
  size_t bytes() const { return counts_.size() * sizeof(uint32_t); }

 private:
  size_t first(uint64_t key) const { return key & mask_; }
  size_t second(uint64_t key) const { return mask_ + 1 + (key >> 32 & mask_); }

  std::vector<uint32_t> counts_;  // two rows
  size_t mask_, keys_ = 0;
};

}  // namespace belfry::match
