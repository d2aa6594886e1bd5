#include "match/flat_table.h"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

#include "base/check.h"

namespace belfry::match {

namespace {

constexpr size_t kLeastSlots = 16;
constexpr size_t kHugePage = size_t{2} << 20;

// Big tables are probed at random: with huge pages a probe costs one miss instead of two.
FlatTable::Slot* allocate(size_t count) {
  size_t bytes = count * sizeof(FlatTable::Slot);
  void* memory = std::aligned_alloc(bytes >= kHugePage ? kHugePage : 64, bytes);
  if (!memory) throw std::bad_alloc();
  if (bytes >= kHugePage) madvise(memory, bytes, MADV_HUGEPAGE);
  auto* slots = static_cast<FlatTable::Slot*>(memory);
  for (size_t i = 0; i < count; ++i) new (slots + i) FlatTable::Slot();
  return slots;
}

}  // namespace

FlatTable::FlatTable() : slots_(allocate(kLeastSlots)), mask_(kLeastSlots - 1) {}

FlatTable::~FlatTable() {
  std::free(slots_);
}

void FlatTable::set(uint64_t key, void* value) {
  size_t i = key & mask_;
  for (; slots_[i].value; i = (i + 1) & mask_) {
    if (slots_[i].key == key) {
      slots_[i].value = value;
      return;
    }
  }
  slots_[i] = {key, value};
  if (++size_ * 4 > (mask_ + 1) * 3) grow();
}

void FlatTable::grow() {
  Slot* before = slots_;
  size_t count = mask_ + 1;
  slots_ = allocate(count * 2);
  mask_ = count * 2 - 1;
  for (size_t k = 0; k < count; ++k) {
    if (!before[k].value) continue;
    size_t i = before[k].key & mask_;
    while (slots_[i].value) i = (i + 1) & mask_;
    slots_[i] = before[k];
  }
  std::free(before);
}

void FlatTable::erase(uint64_t key) {
  size_t hole = key & mask_;
  while (slots_[hole].key != key || !slots_[hole].value) {
    BELFRY_CHECK(slots_[hole].value);
    hole = (hole + 1) & mask_;
  }
  // Closes the gap: whoever was pushed beyond the hole by a full slot moves into it.
  for (size_t i = (hole + 1) & mask_; slots_[i].value; i = (i + 1) & mask_) {
    size_t home = slots_[i].key & mask_;
    if (((i - home) & mask_) >= ((i - hole) & mask_)) {
      slots_[hole] = slots_[i];
      hole = i;
    }
  }
  slots_[hole] = Slot();
  --size_;
}

}  // namespace belfry::match
