// Reads the groups of one segment in order, and tells the end of the log from damage: a group that
// is not whole ends the log only if no whole group follows it, because each was synced before the
// next was begun.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "queue/segment_set.h"

namespace belfry::queue {

class LogReader {
 public:
  struct Group {
    uint64_t offset;           // of the group in the file
    std::string_view records;  // until the next call
    uint64_t records_offset() const { return offset + kGroupHeader; }
  };

  LogReader(SegmentPtr segment, uint64_t offset) : segment_(std::move(segment)), offset_(offset) {}

  // None at the end. An error: a whole group stands after one that is not.
  Result<std::optional<Group>> next();
  uint64_t offset() const { return offset_; }  // of the next group

 private:
  Result<std::string_view> bytes(uint64_t offset, size_t size);  // shorter at the end of the file
  Result<std::optional<Group>> group_at(uint64_t offset);

  const SegmentPtr segment_;
  uint64_t offset_;
  std::string window_;
  uint64_t window_offset_ = 0;
};

}  // namespace belfry::queue
