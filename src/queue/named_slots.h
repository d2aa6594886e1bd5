// Records by name, each under a small number, so that a message keeps four bytes for its group
// instead of a name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace belfry::queue {

// Not thread-safe. Numbers count from 0; that of a dropped record is given away again.
template <class Record>
class NamedSlots {
 public:
  uint32_t number(std::string_view name) {  // makes the record
    const auto [at, made] = by_name_.try_emplace(std::string(name), 0);
    if (!made) return at->second;
    if (free_.empty()) {
      free_.push_back(size());
      slots_.emplace_back();
    }
    at->second = free_.back();
    free_.pop_back();
    slots_[at->second] = {.name = std::string(name), .used = true, .record = {}};
    return at->second;
  }

  Record& operator[](uint32_t number) { return slots_[number].record; }
  const std::string& name(uint32_t number) const { return slots_[number].name; }
  bool has(uint32_t number) const { return slots_[number].used; }
  uint32_t size() const { return static_cast<uint32_t>(slots_.size()); }  // free ones, too

  void drop(uint32_t number) {
    by_name_.erase(slots_[number].name);
    slots_[number] = {};
    free_.push_back(number);
  }

 private:
  struct Slot {
    std::string name;
    bool used = false;
    Record record;
  };
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  std::unordered_map<std::string, uint32_t> by_name_;
};

}  // namespace belfry::queue
