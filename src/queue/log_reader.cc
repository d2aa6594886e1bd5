#include "queue/log_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace belfry::queue {
namespace {

constexpr size_t kWindow = 1 << 20;

}  // namespace

Result<std::string_view> LogReader::bytes(uint64_t offset, size_t size) {
  if (offset < window_offset_ || offset + size > window_offset_ + window_.size()) {
    window_.resize(std::max(size, kWindow));
    window_offset_ = offset;
    const auto read = segment_->file->read(offset, window_.data(), window_.size());
    if (!read) {
      window_.clear();
      return tl::unexpected(read.error());
    }
    window_.resize(*read);
  }
  return std::string_view(window_).substr(offset - window_offset_, size);
}

Result<std::optional<LogReader::Group>> LogReader::group_at(uint64_t offset) {
  const auto header = bytes(offset, kGroupHeader);
  if (!header) return tl::unexpected(header.error());
  uint32_t checksum = 0;
  const auto length = decode_group_header(*header, segment_->header, offset, checksum);
  if (!length) return std::nullopt;
  const auto records = bytes(offset + kGroupHeader, *length);
  if (!records) return tl::unexpected(records.error());
  if (records->size() != *length || group_checksum(*records, segment_->header, offset) != checksum)
    return std::nullopt;
  return Group{offset, *records};
}

Result<std::optional<LogReader::Group>> LogReader::next() {
  auto group = group_at(offset_);
  if (!group) return group;
  if (*group) {
    offset_ = round_to_sector(offset_ + kGroupHeader + (*group)->records.size());
    return group;
  }
  for (uint64_t later = offset_ + kSector; later + kSector <= segment_->header.size;
       later += kSector) {
    auto after = group_at(later);
    if (!after) return after;
    if (*after)
      return fail(fmt::format(
          "{} is damaged at byte {}: what was written there cannot be read, but what was written "
          "after it, at byte {}, can; restore the folder from a copy",
          segment_->path, offset_, later));
  }
  return std::nullopt;
}

}  // namespace belfry::queue
