#include "match/interval_index.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <cstdint>
#include <limits>
#include <new>

#include "base/check.h"

namespace belfry::match {

namespace {

// A leaf is read once per value and comes from far: it is six lines. Branches are few and near.
constexpr int kLeafSize = 16;
constexpr int kBranchSize = 32;

bool before(const Interval& a, const Interval& b) {
  if (a.low != b.low) return a.low < b.low;
  if (a.high != b.high) return a.high < b.high;
  return a.owner < b.owner;
}

}  // namespace

struct IntervalIndex::Node {
  bool leaf;
  int count = 0;
  explicit Node(bool is_leaf) : leaf(is_leaf) {}
};

struct IntervalIndex::Leaf : Node {
  double low[kLeafSize] = {}, high[kLeafSize] = {};
  void* owner[kLeafSize];
  Leaf() : Node(true) {}

  Interval at(int i) const { return {low[i], high[i], owner[i]}; }
  // The first place whose interval does not stand before the given one.
  int place(const Interval& interval) const {
    int i = 0;
    while (i < count && before(at(i), interval)) ++i;
    return i;
  }
  void put(int i, const Interval& interval) {
    low[i] = interval.low, high[i] = interval.high, owner[i] = interval.owner;
  }
  void insert(int i, const Interval& interval) {
    for (int k = count++; k > i; --k) put(k, at(k - 1));
    put(i, interval);
  }
  void erase(int i) {
    for (--count; i < count; ++i) put(i, at(i + 1));
  }
};

// A branch's first interval is a lower bound of all its intervals; removing leaves it in place,
// which is harmless.
struct IntervalIndex::Branch : Node {
  const bool above_leaves;
  double low[kBranchSize] = {};       // of the child's first interval
  double greatest[kBranchSize] = {};  // upper bound in the child
  Node* child[kBranchSize];           // up to here find() reads
  double high[kBranchSize];  // of the child's first interval, with owner: its place in the order
  void* owner[kBranchSize];
  explicit Branch(bool of_leaves) : Node(false), above_leaves(of_leaves) {}

  Interval first(int i) const { return {low[i], high[i], owner[i]}; }
  // The child that holds the interval or would: the last whose first does not stand behind it.
  int place(const Interval& interval) const {
    int i = count - 1;
    while (i > 0 && before(interval, first(i))) --i;
    return i;
  }
  void put(int i, const Interval& interval, double greatest_below, Node* node) {
    low[i] = interval.low, high[i] = interval.high, owner[i] = interval.owner;
    greatest[i] = greatest_below;
    child[i] = node;
  }
  void insert(int i, const Interval& interval, double greatest_below, Node* node) {
    for (int k = count++; k > i; --k) put(k, first(k - 1), greatest[k - 1], child[k - 1]);
    put(i, interval, greatest_below, node);
  }
  void erase(int i) {
    for (--count; i < count; ++i) put(i, first(i + 1), greatest[i + 1], child[i + 1]);
  }
};

namespace {

double greatest(const double* values, int count) {
  return *std::max_element(values, values + count);
}

}  // namespace

template <class Made, class... Arguments>
Made* IntervalIndex::make(Arguments... arguments) {
  bytes_ += sizeof(Made);
  return new (pool_.allocate(sizeof(Made))) Made(arguments...);
}

void IntervalIndex::destroy(Node* node) {
  if (!node) return;
  if (node->leaf) {
    bytes_ -= sizeof(Leaf);
    pool_.release(static_cast<Leaf*>(node), sizeof(Leaf));
    return;
  }
  auto* branch = static_cast<Branch*>(node);
  for (int i = 0; i < branch->count; ++i) destroy(branch->child[i]);
  bytes_ -= sizeof(Branch);
  pool_.release(branch, sizeof(Branch));
}

IntervalIndex::~IntervalIndex() {
  destroy(root_);
}

void IntervalIndex::add(const Interval& interval) {
  if (!root_) {
    root_ = make<Leaf>();
  }
  ++size_;
  Node* sibling = add(root_, interval);
  if (!sibling) return;
  auto* top = make<Branch>(root_->leaf);
  for (Node* node : {root_, sibling}) {
    if (node->leaf) {
      auto* leaf = static_cast<Leaf*>(node);
      top->insert(top->count, leaf->at(0), greatest(leaf->high, leaf->count), node);
    } else {
      auto* branch = static_cast<Branch*>(node);
      top->insert(top->count, branch->first(0), greatest(branch->greatest, branch->count), node);
    }
  }
  root_ = top;
}

// The node's new right sibling if it had to be split, else null.
IntervalIndex::Node* IntervalIndex::add(Node* node, const Interval& interval) {
  if (node->leaf) {
    auto* leaf = static_cast<Leaf*>(node);
    int place = leaf->place(interval);
    if (leaf->count < kLeafSize) {
      leaf->insert(place, interval);
      return nullptr;
    }
    auto* right = make<Leaf>();
    // Appending in order must leave full leaves behind.
    int keep = place == kLeafSize ? kLeafSize : kLeafSize / 2;
    while (leaf->count > keep) right->insert(0, leaf->at(--leaf->count));
    if (place > keep || keep == kLeafSize) {
      right->insert(place - keep, interval);
    } else {
      leaf->insert(place, interval);
    }
    return right;
  }
  auto* branch = static_cast<Branch*>(node);
  int i = branch->place(interval);
  Node* sibling = add(branch->child[i], interval);
  auto summary = [](Node* below, Interval& first) {
    if (below->leaf) {
      auto* leaf = static_cast<Leaf*>(below);
      first = leaf->at(0);
      return greatest(leaf->high, leaf->count);
    }
    auto* inner = static_cast<Branch*>(below);
    first = inner->first(0);
    return greatest(inner->greatest, inner->count);
  };
  if (before(interval, branch->first(i)))
    branch->put(i, interval, branch->greatest[i], branch->child[i]);
  if (!sibling) {
    branch->greatest[i] = std::max(branch->greatest[i], interval.high);
    return nullptr;
  }
  Interval first;
  double below = summary(branch->child[i], first);
  branch->put(i, first, below, branch->child[i]);
  below = summary(sibling, first);
  if (branch->count < kBranchSize) {
    branch->insert(i + 1, first, below, sibling);
    return nullptr;
  }
  auto* right = make<Branch>(branch->above_leaves);
  int keep = i + 1 == kBranchSize ? kBranchSize : kBranchSize / 2;
  while (branch->count > keep) {
    --branch->count;
    right->insert(0, branch->first(branch->count), branch->greatest[branch->count],
                  branch->child[branch->count]);
  }
  if (i + 1 > keep || keep == kBranchSize) {
    right->insert(i + 1 - keep, first, below, sibling);
  } else {
    branch->insert(i + 1, first, below, sibling);
  }
  return right;
}

void IntervalIndex::remove(const Interval& interval) {
  BELFRY_CHECK(root_);
  --size_;
  if (remove(root_, interval)) {
    destroy(root_);
    root_ = nullptr;
  }
}

// Whether the node is empty now. Nodes are not merged: an index that shrank is as deep as it was,
// and no deeper.
bool IntervalIndex::remove(Node* node, const Interval& interval) {
  if (node->leaf) {
    auto* leaf = static_cast<Leaf*>(node);
    int place = leaf->place(interval);
    BELFRY_CHECK(place < leaf->count && leaf->owner[place] == interval.owner);
    leaf->erase(place);
    return leaf->count == 0;
  }
  auto* branch = static_cast<Branch*>(node);
  int i = branch->place(interval);
  Node* child = branch->child[i];
  if (remove(child, interval)) {
    destroy(child);
    branch->erase(i);
    return branch->count == 0;
  }
  branch->greatest[i] = child->leaf ? greatest(static_cast<Leaf*>(child)->high, child->count)
                                    : greatest(static_cast<Branch*>(child)->greatest, child->count);
  return false;
}

void IntervalIndex::find(double value, std::vector<void*>& owners) const {
  if (root_) find(root_, value, owners);
}

namespace {

// A bit for each of the ranges (the first `count` of them) that hold the value. All are compared,
// whatever comes of it: that is faster than to guess where to stop.
template <int kSize>
uint32_t holding(const double* low, const double* high, int count, double value) {
  static_assert(kSize <= 32 && kSize % 2 == 0);
  uint32_t out = 0;
#ifdef __SSE2__
  __m128d both = _mm_set1_pd(value);
  for (int i = 0; i < kSize; i += 2) {
    __m128d inside = _mm_and_pd(_mm_cmple_pd(_mm_loadu_pd(low + i), both),
                                _mm_cmpge_pd(_mm_loadu_pd(high + i), both));
    out |= static_cast<uint32_t>(_mm_movemask_pd(inside)) << i;
  }
#else
  for (int i = 0; i < kSize; ++i) {
    out |= static_cast<uint32_t>((low[i] <= value) & (high[i] >= value)) << i;
  }
#endif
  return out & static_cast<uint32_t>((uint64_t{1} << count) - 1);
}

void prefetch(const void* begin, const void* end) {
  for (const char* at = static_cast<const char*>(begin); at < end; at += 64) __builtin_prefetch(at);
  __builtin_prefetch(static_cast<const char*>(end) - 1);
}

}  // namespace

void IntervalIndex::find(const Node* node, double value, std::vector<void*>& owners) {
  if (node->leaf) {
    auto* leaf = static_cast<const Leaf*>(node);
    uint32_t found = holding<kLeafSize>(leaf->low, leaf->high, leaf->count, value);
    for (; found; found &= found - 1) owners.push_back(leaf->owner[__builtin_ctz(found)]);
    return;
  }
  auto* branch = static_cast<const Branch*>(node);
  uint32_t found = holding<kBranchSize>(branch->low, branch->greatest, branch->count, value);
  for (uint32_t left = found; left; left &= left - 1) {
    const Node* child = branch->child[__builtin_ctz(left)];
    // All that find() will read of it, at once.
    if (branch->above_leaves)
      prefetch(child, static_cast<const Leaf*>(child) + 1);
    else
      prefetch(child, static_cast<const Branch*>(child)->high);
  }
  for (; found; found &= found - 1) find(branch->child[__builtin_ctz(found)], value, owners);
}

// The share of the node's intervals that begin below the value, counting children as equal.
double IntervalIndex::rank(const Node* node, double value) {
  const double* low =
      node->leaf ? static_cast<const Leaf*>(node)->low : static_cast<const Branch*>(node)->low;
  int i = static_cast<int>(std::lower_bound(low, low + node->count, value) - low);
  if (node->leaf || i == 0) return static_cast<double>(i) / node->count;
  return (i - 1 + rank(static_cast<const Branch*>(node)->child[i - 1], value)) / node->count;
}

double IntervalIndex::share(double low, double high) const {
  return root_ ? rank(root_, high) - rank(root_, low) : 0;
}

}  // namespace belfry::match
