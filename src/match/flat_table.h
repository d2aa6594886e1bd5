// A hash table from 64-bit keys that are hashes already to one pointer each: open addressing, four
// places to a cache line, no tombstones. Private to match/.
#pragma once

#include <cstddef>
#include <cstdint>

namespace belfry::match {

class FlatTable {
 public:
  struct Slot {
    uint64_t key = 0;
    void* value = nullptr;  // null: the slot is free
  };

  FlatTable();
  ~FlatTable();
  FlatTable(const FlatTable&) = delete;
  FlatTable& operator=(const FlatTable&) = delete;

  void prefetch(uint64_t key) const { __builtin_prefetch(&slots_[key & mask_]); }
  void* find(uint64_t key) const {
    for (size_t i = key & mask_;; i = (i + 1) & mask_) {
      if (!slots_[i].value) return nullptr;
      if (slots_[i].key == key) return slots_[i].value;
    }
  }
  void set(uint64_t key, void* value);  // adds or replaces; value is not null
  void erase(uint64_t key);             // the key is present
  template <class Visit>
  void for_each(Visit visit) const {
    for (size_t i = 0; i <= mask_; ++i) {
      if (slots_[i].value) visit(slots_[i].value);
    }
  }
  size_t size() const { return size_; }
  size_t bytes() const { return (mask_ + 1) * sizeof(Slot); }

 private:
  void grow();

  Slot* slots_;
  size_t mask_;
  size_t size_ = 0;
};

}  // namespace belfry::match
