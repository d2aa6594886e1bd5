#include "match/popularity.h"

#include <algorithm>

namespace belfry::match {

namespace {
constexpr size_t kLeastWidth = 256;
constexpr size_t kMostWidth = size_t{1} << 20;
}  // namespace

Popularity::Popularity() : counts_(kLeastWidth * 2), mask_(kLeastWidth - 1) {}

void Popularity::add(uint64_t key) {
  if (++keys_ > 2 * (mask_ + 1) && mask_ + 1 < kMostWidth) {
    // Twice as wide: each count goes on in both cells that its keys now part into, and so stays an
    // upper bound.
    size_t width = mask_ + 1;
    std::vector<uint32_t> wider(width * 4);
    for (size_t row = 0; row < 2; ++row) {
      for (size_t i = 0; i < width * 2; ++i)
        wider[row * width * 2 + i] = counts_[row * width + i % width];
    }
    counts_.swap(wider);
    mask_ = width * 2 - 1;
  }
  ++counts_[first(key)];
  ++counts_[second(key)];
}

void Popularity::remove(uint64_t key) {
  --keys_;
  --counts_[first(key)];
  --counts_[second(key)];
}

uint32_t Popularity::of(uint64_t key) const {
  return std::min(counts_[first(key)], counts_[second(key)]);
}

}  // namespace belfry::match
