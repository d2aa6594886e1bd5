// The paths that patterns look at, step by step, so that a document's keys can be followed from
// object to object and everything else be passed over. Private to match/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "match/document_state.h"
#include "match/key_hash.h"

namespace belfry::match {

class PathTable {
 public:
  static constexpr uint32_t kTop = 0;  // where paths begin

  PathTable();

  uint32_t acquire(
      std::string_view path);   // the path's number, made if need be; dots part its steps
  void release(uint32_t path);  // as often as acquired; a path without users loses its number
  uint32_t find(std::string_view path) const;  // or kNone

  // One key further, which may hold dots; kNone: no pattern looks there.
  uint32_t follow(uint32_t from, std::string_view key) const {
    uint32_t found = child(from, key);
    // A key with dots leads at least two steps on.
    return found != kNone || inner_ == 0 ? found : follow_dots(from, key);
  }
  bool is_used(uint32_t path) const { return nodes_[path].users > 0; }
  size_t size() const { return nodes_.size(); }  // one more than the greatest number
  size_t bytes() const;

 private:
  struct Node {
    std::string step;
    uint32_t parent = kNone;
    uint32_t users = 0;     // conditions on this very path
    uint32_t children = 0;  // steps that go on from here
  };
  struct Slot {
    uint32_t hash = 0;
    uint32_t node = kNone;
  };

  static uint32_t hash(uint32_t parent, std::string_view step) {
    return static_cast<uint32_t>(hash_text(step, parent));
  }
  uint32_t child(uint32_t parent, std::string_view step) const {
    uint32_t wanted = hash(parent, step);
    for (size_t i = wanted & mask_; slots_[i].node != kNone; i = (i + 1) & mask_) {
      if (slots_[i].hash != wanted) continue;
      const Node& node = nodes_[slots_[i].node];
      if (node.parent == parent && node.step == step) return slots_[i].node;
    }
    return kNone;
  }
  uint32_t follow_dots(uint32_t from, std::string_view key) const;
  uint32_t add_child(uint32_t parent, std::string_view step);
  void insert(Slot slot);
  void erase(uint32_t node);

  std::vector<Node> nodes_;
  std::vector<uint32_t> free_;
  std::vector<Slot> slots_;
  size_t mask_;
  size_t taken_ = 0;
  size_t inner_ = 0;  // steps that are not the first of their path
};

}  // namespace belfry::match
