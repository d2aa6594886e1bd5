// Memory for the index's many small blocks: cut from chunks that grow with their number up to a
// huge page, so that a walk through a million of them does not also miss the address cache. Blocks
// given back serve the next of their size; the chunks go when the pool goes. Private to match/.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace belfry::match {

class BlockPool {
 public:
  BlockPool() = default;
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  void* allocate(size_t bytes);             // aligned to 16
  void release(void* block, size_t bytes);  // as allocated

 private:
  static constexpr size_t kUnit = 16, kLargest = 2048;  // larger ones are malloc's

  std::array<void*, kLargest / kUnit + 1>
      free_{};  // by size in units; each block points to the next
  std::vector<void*> chunks_;
  char* next_ = nullptr;
  size_t left_ = 0, chunk_bytes_ = 0;
};

}  // namespace belfry::match
