#include "queue/recovery.h"

#include <fmt/format.h>

#include "queue/log_reader.h"

namespace belfry::queue {
namespace {

void spill(State& state, size_t resident_pages) {
  if (state.resident_pages <= resident_pages) return;
  for (const auto& [id, queue] : state.queues()) queue->pages().spill_cold(SIZE_MAX);
}

struct Tail {
  SegmentPtr segment;
  uint64_t end;
};

// Replays the log from the position through every segment that was sealed, to the first group that
// is not whole.
Result<Tail> replay_log(State& state, SegmentSet& segments, LogPosition from, int64_t now,
                        size_t resident_pages) {
  for (;;) {
    const auto found = segments.found().find(from.generation);
    if (found == segments.found().end() || found->second->header.salt != state.salt)
      return fail(fmt::format(
          "the log is damaged: segment with generation {} is missing or its header cannot be read; "
          "restore the folder from a copy",
          from.generation));
    const SegmentPtr segment = found->second;
    segments.put_to_use(segment);
    LogReader reader(segment, from.offset);
    uint32_t next_generation = 0;
    while (next_generation == 0) {
      auto group = reader.next();
      if (!group) return tl::unexpected(group.error());
      if (!*group) {
        if (auto done = segment->file->sync(); !done) return tl::unexpected(done.error());
        return Tail{segment, reader.offset()};
      }
      auto records = (*group)->records;
      const char* const start = records.data();
      while (!records.empty()) {
        const auto offset =
            (*group)->records_offset() + static_cast<uint64_t>(records.data() - start);
        const auto record = next_record(records);
        const Location where{segment->header.generation, static_cast<uint32_t>(offset),
                             record ? static_cast<uint32_t>(record->whole.size()) : 0};
        if (!record || !state.replay(*record, where, now))
          return fail(fmt::format("{} is damaged at byte {}: the record there makes no sense",
                                  segment->path, offset));
        if (record->kind == RecordKind::sealed) next_generation = Decoder(record->body).u32();
      }
      spill(state, resident_pages);
    }
    if (auto done = segment->file->sync(); !done) return tl::unexpected(done.error());
    from = LogPosition{next_generation, kSector};
  }
}

// The log ends in an unsealed segment; a later one that holds a whole group means that its seal was
// damaged.
Result<void> check_nothing_follows(const SegmentSet& segments, const Tail& tail, uint64_t salt) {
  for (auto at = segments.found().upper_bound(tail.segment->header.generation);
       at != segments.found().end(); ++at) {
    if (at->second->header.salt != salt) continue;
    LogReader reader(at->second, kSector);
    auto group = reader.next();
    if (!group || *group)
      return fail(
          fmt::format("{} is damaged at byte {}: what was written there cannot be read, but the "
                      "log goes on in {}; "
                      "restore the folder from a copy",
                      tail.segment->path, tail.end, at->second->path));
  }
  return {};
}

}  // namespace

Result<Recovered> recover(FileSystem& files, Clock& clock, Random& random,
                          const std::string& folder, State& state, SegmentSet& segments,
                          size_t resident_pages) {
  // Names that a killed process made or replaced count from here on, too.
  if (auto done = files.sync_directory(folder); !done) return tl::unexpected(done.error());
  if (auto done = segments.scan(); !done) return tl::unexpected(done.error());
  auto checkpoint = load_checkpoint(files, folder, state, [&] { spill(state, resident_pages); });
  if (!checkpoint) return tl::unexpected(checkpoint.error());
  Recovered out;
  const int64_t now = clock.now().time_since_epoch().count();
  if (*checkpoint) {
    out.checkpoint = (*checkpoint)->position;
    out.checkpoint_size = (*checkpoint)->size;
  } else if (segments.any_files()) {
    return fail(fmt::format(
        "{}/checkpoint is missing although there are segments: restore the folder from a copy",
        folder));
  }
  if (out.checkpoint.offset != 0) {
    auto tail = replay_log(state, segments, out.checkpoint, now, resident_pages);
    if (!tail) return tl::unexpected(tail.error());
    if (auto done = check_nothing_follows(segments, *tail, state.salt); !done)
      return tl::unexpected(done.error());
    out.active = tail->segment;
    out.end = tail->end;
  } else {
    // New: nothing was logged yet.
    state.salt = random.next();
    out.checkpoint = {segments.next_generation(), 0};
    std::mutex none;
    auto size = write_checkpoint(files, folder, state, none, out.checkpoint);
    if (!size) return tl::unexpected(size.error());
    out.checkpoint_size = *size;
  }
  while (state.release_some()) {
  }
  for (const auto& [generation, live] : state.live()) {
    const auto at = segments.found().find(generation);
    if (at == segments.found().end() || at->second->header.salt != state.salt)
      return fail(
          fmt::format("{}: the segment with generation {} is missing or its header cannot be read, "
                      "and {} messages are in "
                      "it; restore the folder from a copy",
                      folder, generation, live.messages));
    segments.put_to_use(at->second);
  }
  segments.free_the_rest(state.salt);
  for (const auto& [id, queue] : state.queues()) {
    queue->recovered();
    if (queue->settings().leases_end_with_process) queue->void_leases();
  }
  return out;
}

}  // namespace belfry::queue
