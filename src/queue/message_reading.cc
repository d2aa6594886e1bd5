// Bodies: from the groups lately written, or from their segment.
#include <fmt/format.h>

#include "queue/store_impl.h"

namespace belfry::queue {

StoreImpl::Source StoreImpl::source_locked(const Location& where) const {
  Source source;
  source.recent = recent_.find(where);
  if (source.recent.record.empty()) source.segment = segments_.find(where.generation);
  return source;
}

Result<StoredMessage> StoreImpl::read_from(const Source& source, const Location& where) {
  std::string bytes;
  std::string_view record = source.recent.record;
  if (record.empty()) {
    if (!source.segment)
      return fail(fmt::format("the segment with generation {} is gone", where.generation));
    bytes.resize(where.length);
    const auto read = source.segment->file->read(where.offset, bytes.data(), bytes.size());
    if (!read) return tl::unexpected(read.error());
    bytes.resize(*read);
    record = bytes;
  }
  auto message = decode_message(record);
  if (!message)
    return fail(
        fmt::format("{} is damaged at byte {}: the message there does not match its checksum",
                    source.segment ? source.segment->path : "memory", where.offset));
  return std::move(*message);
}

std::vector<StoreImpl::Source> StoreImpl::sources_locked(const std::vector<Entry>& entries) const {
  std::vector<Source> sources;
  sources.reserve(entries.size());
  for (const auto& entry : entries) sources.push_back(source_locked(entry.location()));
  return sources;
}

}  // namespace belfry::queue
