#include "match/block_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace belfry::match {

namespace {
constexpr size_t kLeastChunk = 4096, kMostChunk = size_t{2} << 20;
}

BlockPool::~BlockPool() {
  for (void* chunk : chunks_) std::free(chunk);
}

void* BlockPool::allocate(size_t bytes) {
  if (bytes > kLargest) {
    void* block = std::malloc(bytes);
    if (!block) throw std::bad_alloc();
    return block;
  }
  size_t units = (bytes + kUnit - 1) / kUnit;
  if (void* block = free_[units]) {
    free_[units] = *static_cast<void**>(block);
    return block;
  }
  if (left_ < units * kUnit) {
    chunk_bytes_ = std::clamp(chunk_bytes_ * 2, kLeastChunk, kMostChunk);
    next_ = static_cast<char*>(std::aligned_alloc(chunk_bytes_, chunk_bytes_));
    if (!next_) throw std::bad_alloc();
    if (chunk_bytes_ == kMostChunk) madvise(next_, chunk_bytes_, MADV_HUGEPAGE);
    chunks_.push_back(next_);
    left_ = chunk_bytes_;
  }
  void* block = next_;
  next_ += units * kUnit;
  left_ -= units * kUnit;
  return block;
}

void BlockPool::release(void* block, size_t bytes) {
  if (bytes > kLargest) return std::free(block);
  size_t units = (bytes + kUnit - 1) / kUnit;
  *static_cast<void**>(block) = free_[units];
  free_[units] = block;
}

}  // namespace belfry::match
