// Numeric ranges that can be asked which of them hold a number: a B+ tree in the order of their
// lower bounds whose every branch knows the greatest upper bound below it, so that branches that
// end too early are passed over. Asking costs O(log n) for each range found; adding and removing
// O(log n). Private to match/.
#pragma once

#include <cstddef>
#include <vector>

#include "match/block_pool.h"

namespace belfry::match {

// Closed at both ends; infinite where a bound is missing. A superset of the range proper is fine:
// who is found is checked again.
struct Interval {
  double low, high;
  void* owner;  // not null; one owner has an interval once
};

class IntervalIndex {
 public:
  explicit IntervalIndex(BlockPool& pool) : pool_(pool) {}  // which outlives it
  ~IntervalIndex();
  IntervalIndex(const IntervalIndex&) = delete;
  IntervalIndex& operator=(const IntervalIndex&) = delete;

  void add(const Interval& interval);
  void remove(const Interval& interval);                      // present
  void find(double value, std::vector<void*>& owners) const;  // appends
  size_t size() const { return size_; }
  size_t bytes() const { return bytes_; }
  // The share of the ranges held here that begin between the bounds: how crowded that stretch is,
  // roughly.
  double share(double low, double high) const;

 private:
  struct Node;
  struct Leaf;
  struct Branch;
  template <class Made, class... Arguments>
  Made* make(Arguments... arguments);
  void destroy(Node* node);
  Node* add(Node* node, const Interval& interval);
  bool remove(Node* node, const Interval& interval);
  static void find(const Node* node, double value, std::vector<void*>& owners);
  static double rank(const Node* node, double value);

  BlockPool& pool_;
  Node* root_ = nullptr;
  size_t size_ = 0, bytes_ = 0;
};

}  // namespace belfry::match
