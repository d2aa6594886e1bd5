#include "fabric/peer_buffers.h"

namespace belfry::fabric {

std::shared_ptr<std::string> MessageBuffers::take() {
  std::unique_ptr<std::string> buffer;
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      buffer = std::move(free_.back());
      free_.pop_back();
    }
  }
  if (!buffer) buffer = std::make_unique<std::string>();
  buffer->clear();
  return {buffer.release(), [self = shared_from_this()](std::string* back) {
            self->give_back(std::unique_ptr<std::string>(back));
          }};
}

void MessageBuffers::give_back(std::unique_ptr<std::string> buffer) {
  if (buffer->capacity() > kLargestKept) return;
  const std::lock_guard lock(mutex_);
  if (free_.size() < kMostKept) free_.push_back(std::move(buffer));
}

}  // namespace belfry::fabric
