// Bodies: from the groups lately written, or from their segment.
#include <fmt/format.h>

#include "queue/store_impl.h"

namespace belfry::queue {
namespace {

// Messages that stand close together are read together.
constexpr uint64_t kLargestRead = 256 << 10;
constexpr uint64_t kLargestGap = 4 << 10;

uint64_t end_of(const Location& where) {
  return uint64_t{where.offset} + where.length;
}

Result<StoredMessage> decode(std::string_view record, const Location& where,
                             const SegmentPtr& segment) {
  auto message = decode_message(record);
  if (message) return std::move(*message);
  return fail(fmt::format("{} is damaged at byte {}: the message there does not match its checksum",
                          segment ? segment->path : "memory", where.offset));
}

}  // namespace

StoreImpl::Source StoreImpl::source_locked(const Location& where) const {
  Source source{where, nullptr, recent_.find(where)};
  if (source.recent.record.empty()) source.segment = segments_.find(where.generation);
  return source;
}

std::vector<StoreImpl::Source> StoreImpl::sources_locked(const std::vector<Entry>& entries) const {
  std::vector<Source> out;
  out.reserve(entries.size());
  for (const auto& entry : entries) out.push_back(source_locked(entry.location()));
  return out;
}

std::vector<Result<StoredMessage>> StoreImpl::read_all(const std::vector<Source>& sources) {
  std::vector<Result<StoredMessage>> out;
  out.reserve(sources.size());
  std::string bytes;
  while (out.size() < sources.size()) {
    const auto& first = sources[out.size()];
    if (!first.recent.record.empty()) {
      out.push_back(decode(first.recent.record, first.where, nullptr));
      continue;
    }
    if (!first.segment) {
      out.push_back(
          fail(fmt::format("the segment with generation {} is gone", first.where.generation)));
      continue;
    }
    size_t next = out.size() + 1;
    uint64_t end = end_of(first.where);
    for (; next < sources.size(); ++next) {
      const auto& more = sources[next];
      const bool near = more.segment == first.segment && more.where.offset >= end &&
                        more.where.offset - end <= kLargestGap &&
                        end_of(more.where) - first.where.offset <= kLargestRead;
      if (!near) break;
      end = end_of(more.where);
    }
    bytes.resize(end - first.where.offset);
    const auto read = first.segment->file->read(first.where.offset, bytes.data(), bytes.size());
    if (read) bytes.resize(*read);
    while (out.size() < next) {
      const auto& where = sources[out.size()].where;
      const size_t at = where.offset - first.where.offset;
      if (!read)
        out.push_back(tl::unexpected(read.error()));
      else
        out.push_back(
            decode(std::string_view(bytes).substr(std::min(at, bytes.size()), where.length), where,
                   first.segment));
    }
  }
  return out;
}

}  // namespace belfry::queue
