// The thread that keeps house: prepares segments, writes checkpoints, frees segments, copies the
// last messages out of old ones, puts cold pages of the index aside. Nothing a caller waits for,
// except when the store grows faster than segments can be prepared.
#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.h"
#include "queue/log_reader.h"
#include "queue/store_impl.h"

namespace belfry::queue {
namespace {

constexpr uint64_t kSegmentsPerCheckpoint = 4;
constexpr uint64_t kRelocatedAtOnce = 1 << 20;  // bytes, or a small part of a segment
constexpr size_t kPagesAtOnce = 16;

}  // namespace

void StoreImpl::poke_keeper() {
  std::lock_guard lock(keeper_mutex_);
  keeper_poked_ = true;
  keeper_changed_.notify_one();
}

void StoreImpl::keeper() {
  for (;;) {
    {
      std::unique_lock lock(keeper_mutex_);
      keeper_changed_.wait(lock, [&] { return keeper_poked_ || keeper_stopping_; });
      if (keeper_stopping_) return;
      keeper_poked_ = false;
    }
    keep_house();
  }
}

void StoreImpl::release_purged() {
  for (bool more = true; more;) {
    std::lock_guard lock(state_mutex_);
    for (size_t i = 0; i < kPagesAtOnce && more; ++i) more = state_.release_some();
  }
}

void StoreImpl::keep_house() {
  release_purged();
  const bool affordable = logged_since_checkpoint_ >= 2 * checkpoint_size_;
  if (logged_since_checkpoint_ >=
          std::max(kSegmentsPerCheckpoint * options_.segment_bytes, 2 * checkpoint_size_) ||
      (affordable && dead_segments() > 0))
    (void)checkpoint();
  free_segments();
  prepare_segments();
  put_pages_aside();
  // Only what lies before a checkpoint can be emptied.
  if (segments_.out_of_room() && logged_since_checkpoint_ >= options_.segment_bytes)
    (void)checkpoint();
  for (int i = 0; i < 4 && empty_a_segment(); ++i) {
    free_segments();
    prepare_segments();
  }
}

void StoreImpl::prepare_segments() {
  while (segments_.wants_more()) {
    free_segments();
    const bool could_free = dead_segments() > 0;
    if (segments_.prepare(!could_free)) continue;
    if (!could_free || !checkpoint()) {
      (void)segments_.prepare(true);
      break;
    }
    free_segments();
  }
}

// Meanwhile the flusher may want a segment, perhaps for this very batch.
bool StoreImpl::commit_and_prepare(Batch batch) {
  std::optional<CommitStatus> status;
  Work work;
  work.batch = std::move(batch);
  work.done = [&](Committed committed) {
    std::lock_guard lock(keeper_mutex_);
    status = committed.status;
    keeper_changed_.notify_one();
  };
  submit(std::move(work));
  for (;;) {
    {
      std::unique_lock lock(keeper_mutex_);
      keeper_changed_.wait(lock, [&] { return status || keeper_poked_; });
      if (status) return *status == CommitStatus::durable;
      keeper_poked_ = false;
    }
    prepare_segments();
  }
}

// Sealed segments without messages that only the lack of a checkpoint keeps.
size_t StoreImpl::dead_segments() const {
  std::lock_guard lock(state_mutex_);
  size_t dead = 0;
  for (const auto& segment : segments_.used()) {
    const uint32_t generation = segment->header.generation;
    if (generation >= checkpointed_.generation && generation < end_.generation &&
        state_.live(generation).messages == 0)
      ++dead;
  }
  return dead;
}

Result<void> StoreImpl::checkpoint() {
  LogPosition position;
  {
    std::lock_guard lock(state_mutex_);
    position = end_;
    logged_since_checkpoint_ = 0;
  }
  auto size = write_checkpoint(files_, folder_, state_, state_mutex_, position);
  if (!size && segments_.give_up_one())
    size = write_checkpoint(files_, folder_, state_, state_mutex_, position);
  if (!size) {
    log::warn("cannot write a checkpoint of the queues",
              {{"folder", folder_}, {"reason", size.error().message}});
    return tl::unexpected(size.error());
  }
  checkpoint_size_ = *size;
  std::lock_guard lock(state_mutex_);
  checkpointed_ = position;
  return {};
}

void StoreImpl::free_segments() {
  for (const auto& segment : segments_.used()) {
    const uint32_t generation = segment->header.generation;
    std::lock_guard lock(state_mutex_);
    if (generation >= checkpointed_.generation) return;
    if (state_.live(generation).messages == 0) segments_.release(generation);
  }
}

void StoreImpl::put_pages_aside() {
  const size_t limit = options_.index_bytes / (kPageEntries * sizeof(Entry));
  std::vector<QueueId> queues;
  {
    std::lock_guard lock(state_mutex_);
    if (state_.resident_pages <= limit) return;
    for (const auto& [id, queue] : state_.queues()) queues.push_back(id);
  }
  for (const QueueId id : queues) {
    for (bool more = true; more;) {
      std::lock_guard lock(state_mutex_);
      auto* queue = state_.find(id);
      if (state_.resident_pages <= limit) return;
      more = queue != nullptr && queue->pages().spill_cold(kPagesAtOnce) == kPagesAtOnce;
    }
  }
}

// The segment that is the cheapest to empty, if emptying is worth it: usually when more than half
// of what is kept is no longer needed; when there is no room, as soon as it gives a fifth of a
// segment.
SegmentPtr StoreImpl::segment_to_empty() const {
  const bool full = segments_.out_of_room();
  const size_t reserve = segments_.prepared();
  std::lock_guard lock(state_mutex_);
  SegmentPtr emptiest;
  uint64_t kept = 0, needed = 0, least = UINT64_MAX, copied = 0;
  for (const auto& segment : segments_.used()) {
    const uint32_t generation = segment->header.generation;
    if (generation >= checkpointed_.generation) break;
    const auto live = state_.live(generation);
    kept += segment->header.size;
    needed += live.bytes;
    const uint64_t share = live.bytes * 1000 / segment->header.size;
    if (share < least && !unreadable_.contains(generation)) {
      least = share;
      copied = live.bytes;
      emptiest = segment;
    }
  }
  if (!emptiest) return nullptr;
  if (!full)
    return kept > 2 * needed + 2 * options_.segment_bytes && least <= 500 ? emptiest : nullptr;
  // What is copied takes from the room that removals live on, and gives back a whole segment.
  const SegmentPtr active = segments_.find(end_.generation);
  const uint64_t room = active ? active->header.size - end_.offset : 0;
  const bool fits = reserve > 0 || copied + copied / 8 <= room;
  return least <= 800 && fits ? emptiest : nullptr;
}

// Its last messages are written again at the end of the log, so that it can be freed. True if there
// was one.
bool StoreImpl::empty_a_segment() {
  const SegmentPtr emptiest = segment_to_empty();
  if (!emptiest) return false;
  LogReader reader(emptiest, kSector);
  Batch batch;
  uint64_t bytes = 0;
  const uint64_t at_once = std::min(kRelocatedAtOnce, options_.segment_bytes / 16);
  const auto relocate = [&] {
    bytes = 0;
    return batch.empty() || commit_and_prepare(std::exchange(batch, Batch()));
  };
  for (;;) {
    auto group = reader.next();
    if (!group) {
      log::error("cannot read an old segment: it stays as it is",
                 {{"reason", group.error().message}});
      unreadable_.insert(emptiest->header.generation);
      return false;
    }
    if (!*group) break;
    auto records = (*group)->records;
    const char* const start = records.data();
    while (!records.empty()) {
      const auto offset = static_cast<uint32_t>((*group)->records_offset() +
                                                static_cast<uint64_t>(records.data() - start));
      const auto record = next_record(records);
      if (!record) return false;
      if (record->kind != RecordKind::message && record->kind != RecordKind::relocated) continue;
      const auto head = decode_message_head(record->whole);
      if (!head) return false;
      const Location from{emptiest->header.generation, offset,
                          static_cast<uint32_t>(record->whole.size())};
      {
        std::lock_guard lock(state_mutex_);
        auto* queue = state_.find(head->facts.queue);
        const Entry* entry = queue == nullptr ? nullptr : queue->find(head->facts.sequence);
        if (entry == nullptr || entry->generation != from.generation ||
            entry->offset != from.offset)
          continue;
      }
      batch.operations().push_back({RelocateOperation{
          head->facts.queue, head->facts.sequence, from, std::string(record->whole), {}}});
      bytes += record->whole.size();
      if (bytes >= at_once && !relocate()) return false;
    }
  }
  return relocate();
}

}  // namespace belfry::queue
