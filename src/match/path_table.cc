#include "match/path_table.h"

#include "base/check.h"

namespace belfry::match {

namespace {
constexpr size_t kLeastSlots = 64;
}

PathTable::PathTable() : nodes_(1), slots_(kLeastSlots), mask_(kLeastSlots - 1) {}

uint32_t PathTable::follow_dots(uint32_t from, std::string_view key) const {
  if (key.find('.') == key.npos) return kNone;
  while (true) {
    size_t dot = key.find('.');
    from = child(from, key.substr(0, dot));
    if (from == kNone || dot == key.npos) return from;
    key.remove_prefix(dot + 1);
  }
}

uint32_t PathTable::find(std::string_view path) const {
  return follow(kTop, path);
}

void PathTable::insert(Slot slot) {
  size_t i = slot.hash & mask_;
  while (slots_[i].node != kNone) i = (i + 1) & mask_;
  slots_[i] = slot;
}

uint32_t PathTable::add_child(uint32_t parent, std::string_view step) {
  if (++taken_ * 2 > slots_.size()) {
    std::vector<Slot> before(slots_.size() * 2);
    before.swap(slots_);
    mask_ = slots_.size() - 1;
    for (Slot slot : before) {
      if (slot.node != kNone) insert(slot);
    }
  }
  uint32_t node = static_cast<uint32_t>(nodes_.size());
  if (free_.empty()) {
    nodes_.emplace_back();
  } else {
    node = free_.back();
    free_.pop_back();
  }
  nodes_[node] = {std::string(step), parent, 0, 0};
  ++nodes_[parent].children;
  inner_ += parent != kTop;
  insert({hash(parent, step), node});
  return node;
}

uint32_t PathTable::acquire(std::string_view path) {
  uint32_t node = kTop;
  while (true) {
    size_t dot = path.find('.');
    std::string_view step = path.substr(0, dot);
    uint32_t next = child(node, step);
    node = next == kNone ? add_child(node, step) : next;
    if (dot == path.npos) break;
    path.remove_prefix(dot + 1);
  }
  ++nodes_[node].users;
  return node;
}

void PathTable::release(uint32_t path) {
  BELFRY_CHECK(nodes_[path].users > 0);
  --nodes_[path].users;
  while (path != kTop && nodes_[path].users == 0 && nodes_[path].children == 0) {
    uint32_t parent = nodes_[path].parent;
    erase(path);
    --nodes_[parent].children;
    path = parent;
  }
}

void PathTable::erase(uint32_t node) {
  size_t hole = hash(nodes_[node].parent, nodes_[node].step) & mask_;
  while (slots_[hole].node != node) hole = (hole + 1) & mask_;
  for (size_t i = (hole + 1) & mask_; slots_[i].node != kNone; i = (i + 1) & mask_) {
    size_t home = slots_[i].hash & mask_;
    if (((i - home) & mask_) >= ((i - hole) & mask_)) {
      slots_[hole] = slots_[i];
      hole = i;
    }
  }
  slots_[hole] = Slot();
  --taken_;
  inner_ -= nodes_[node].parent != kTop;
  nodes_[node] = Node();
  free_.push_back(node);
}

size_t PathTable::bytes() const {
  size_t steps = 0;
  for (const Node& node : nodes_) steps += node.step.capacity() > 15 ? node.step.capacity() + 1 : 0;
  return steps + nodes_.capacity() * sizeof(Node) + slots_.capacity() * sizeof(Slot) +
         free_.capacity() * 4;
}

}  // namespace belfry::match
