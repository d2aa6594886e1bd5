#include "queue/log_format.h"

#include "base/check.h"
#include "base/crc32c.h"
#include "queue/codec.h"

namespace belfry::queue {
namespace {

constexpr std::string_view kSegmentMagic = "BELFRYQL";
constexpr uint32_t kGroupMagic = 0x51474c42;  // "BLGQ"

uint32_t place_seed(const SegmentHeader& segment, uint64_t offset) {
  std::string place;
  Encoder encoder(place);
  encoder.u64(segment.salt);
  encoder.u32(segment.generation);
  encoder.u64(offset);
  return crc32c(place);
}

}  // namespace

std::string encode(const SegmentHeader& header) {
  std::string out(kSegmentMagic);
  Encoder encoder(out);
  encoder.u32(kFormatVersion);
  encoder.u32(header.generation);
  encoder.u64(header.size);
  encoder.u64(header.salt);
  encoder.u32(crc32c(out));
  out.resize(kSector);
  return out;
}

HeaderState decode_segment_header(std::string_view sector, SegmentHeader& header,
                                  uint32_t& version) {
  Decoder decoder(sector);
  const bool magic = decoder.raw(kSegmentMagic.size()) == kSegmentMagic;
  version = decoder.u32();
  header.generation = decoder.u32();
  header.size = decoder.u64();
  header.salt = decoder.u64();
  if (!decoder.ok() || !magic) return HeaderState::unreadable;
  const auto summed = sector.substr(0, sector.size() - decoder.left());
  if (decoder.u32() != crc32c(summed) || !decoder.ok()) return HeaderState::unreadable;
  if (version > kFormatVersion) return HeaderState::newer;
  if (header.size < 2 * kSector || header.size > kLargestSegment) return HeaderState::unreadable;
  return HeaderState::valid;
}

uint32_t group_checksum(std::string_view records, const SegmentHeader& segment, uint64_t offset) {
  return crc32c(records, place_seed(segment, offset));
}

void seal_group(std::string& buffer, const SegmentHeader& segment, uint64_t offset) {
  BELFRY_CHECK(buffer.size() > kGroupHeader && offset % kSector == 0);
  const auto records = std::string_view(buffer).substr(kGroupHeader);
  std::string header;
  Encoder encoder(header);
  encoder.u32(kGroupMagic);
  encoder.u32(static_cast<uint32_t>(records.size()));
  encoder.u64(offset);
  encoder.u64(0);
  encoder.u32(group_checksum(records, segment, offset));
  encoder.u32(crc32c(header, place_seed(segment, offset)));
  BELFRY_CHECK(header.size() == kGroupHeader);
  buffer.replace(0, kGroupHeader, header);
  buffer.resize(round_to_sector(buffer.size()));
}

std::optional<uint32_t> decode_group_header(std::string_view header, const SegmentHeader& segment,
                                            uint64_t offset, uint32_t& checksum) {
  Decoder decoder(header);
  const bool magic = decoder.u32() == kGroupMagic;
  const uint32_t length = decoder.u32();
  const bool place = decoder.u64() == offset;
  decoder.u64();
  checksum = decoder.u32();
  const uint32_t own = decoder.u32();
  if (!decoder.ok() || !magic || !place || length == 0) return std::nullopt;
  if (own != crc32c(header.substr(0, kGroupHeader - 4), place_seed(segment, offset)))
    return std::nullopt;
  if (offset + kGroupHeader + length > segment.size) return std::nullopt;
  return length;
}

}  // namespace belfry::queue
