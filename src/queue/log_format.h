// The layout of a segment file: docs/formats/queue-log.md in code.
//
// A segment is a header of one sector and then groups, each written by one write and one fdatasync.
// A group begins on a sector, so that writing never touches a sector that holds acknowledged bytes,
// and names its own place; its checksums cover the store's salt and the segment's generation, so
// that what an earlier use of the file left behind is never taken for a group.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace belfry::queue {

inline constexpr uint32_t kFormatVersion = 1;
inline constexpr uint64_t kSector = 512;
inline constexpr uint64_t kGroupHeader = 32;
inline constexpr uint64_t kLargestSegment = uint64_t{1} << 30;

inline uint64_t round_to_sector(uint64_t size) {
  return (size + kSector - 1) / kSector * kSector;
}

struct SegmentHeader {
  uint32_t generation = 0;  // rises with each use of any segment file; 0: prepared for none
  uint64_t size = 0;        // of the file, bytes
  uint64_t salt = 0;        // the store's
};

std::string encode(const SegmentHeader& header);  // kSector bytes
enum class HeaderState {
  valid,
  unreadable,  // torn or damaged
  newer,       // of a later version of belfry
};
HeaderState decode_segment_header(std::string_view sector, SegmentHeader& header,
                                  uint32_t& version);

// Where a record stands. Offsets count from the start of the segment's file.
struct Location {
  uint32_t generation = 0;
  uint32_t offset = 0;
  uint32_t length = 0;
};

// Turns a buffer of kGroupHeader free bytes and then records into a group to be written at
// `offset`: fills the header and pads to a sector.
void seal_group(std::string& buffer, const SegmentHeader& segment, uint64_t offset);

// The length of the group's records if the header at `offset` is whole and belongs there.
std::optional<uint32_t> decode_group_header(std::string_view header, const SegmentHeader& segment,
                                            uint64_t offset, uint32_t& checksum);
uint32_t group_checksum(std::string_view records, const SegmentHeader& segment, uint64_t offset);

}  // namespace belfry::queue
