// Where a stream's messages are put: strings that come back when the last block that views them is
// gone, and are used again. Fresh memory for every block of a megabyte costs an eighth of what
// listening costs in all (page faults).
//
// Thread-safe: blocks may be let go anywhere, also after the stream has ended.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace belfry::fabric {

class MessageBuffers : public std::enable_shared_from_this<MessageBuffers> {
 public:
  // Empty; returns here once nobody holds it. May be written to until it is handed on as const.
  std::shared_ptr<std::string> take();

 private:
  static constexpr size_t kMostKept = 4;
  static constexpr size_t kLargestKept = 4
                                         << 20;  // bytes of capacity; rarer, bigger ones are freed

  void give_back(std::unique_ptr<std::string> buffer);

  std::mutex mutex_;
  std::vector<std::unique_ptr<std::string>> free_;
};

}  // namespace belfry::fabric
