// Writing: what has gathered while the last group was being synced is taken, written as the next
// group, synced once, and everyone is answered. One thread at a time does that: the flusher, or one
// that ends a turn.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "queue/store_impl.h"

namespace belfry::queue {
namespace {

constexpr size_t kMostUnhurried = 1'000;  // works that wait for one that is urgent
constexpr size_t kMostInTurn = 256;       // works that wait for the turn's end
constexpr int kGroupsInTurn = 4;          // what callbacks committed is written in the turn, too

// A batch's records take at most this, bytes, besides what it brings.
uint64_t bound_of(const Batch::Operation& operation) {
  const auto bound = [](const auto& one) -> uint64_t {
    using T = std::decay_t<decltype(one)>;
    if constexpr (std::is_same_v<T, SendOperation>)
      return message_record_bound(one.message) + 128;  // an id and a deduplication id may be added
    else if constexpr (std::is_same_v<T, PutOperation>)
      return 32 + one.key.size() + one.value.size();
    else if constexpr (std::is_same_v<T, EraseOperation>)
      return 32 + one.key.size();
    else if constexpr (std::is_same_v<T, LeaseOperation>)
      return 64 + 32 * one.items.size();
    else if constexpr (std::is_same_v<T, ExpireOperation>)
      return 64 + 10 * one.sequences.size();
    else if constexpr (std::is_same_v<T, QueueOperation>)
      return 256 + one.name.size() +
             (one.settings.dead_letter ? one.settings.dead_letter->queue.size() : 0);
    else if constexpr (std::is_same_v<T, RelocateOperation>)
      return one.record.size();
    else
      return 64;
  };
  return std::visit(bound, operation.what);
}

bool grows(const Batch::Operation& operation) {
  return std::holds_alternative<SendOperation>(operation.what) ||
         std::holds_alternative<PutOperation>(operation.what) ||
         std::holds_alternative<QueueOperation>(operation.what);
}

}  // namespace

void StoreImpl::commit(Batch batch, Callback<Committed> done) {
  Work work;
  work.batch = std::move(batch);
  work.done = std::move(done);
  if (!in_callback()) {
    const auto room = [&] {
      return outstanding_bytes_ <= options_.outstanding_bytes || !failed_.empty();
    };
    std::unique_lock lock(pending_mutex_);
    if (!room()) {
      lock.unlock();
      hurry();
      lock.lock();
      pending_drained_.wait(lock, room);
    }
  }
  submit(std::move(work));
}

// One that is not urgent is written with the next that is: alone it is worth no sync.
// False: the store takes nothing more, and the work was told so.
bool StoreImpl::submit(Work work, bool urgent) {
  std::unique_lock lock(pending_mutex_);
  if (!failed_.empty() || closed_) {
    const auto reason = closed_ ? "the store was closed" : failed_;
    lock.unlock();
    work.result.reason = reason;
    if (work.receiver) work.receiver({});
    if (work.done) work.done(std::move(work.result));
    return false;
  }
  // What is not urgent is not waited for, and would hold up those who wait for room.
  if (urgent) work.bytes = work.batch.bytes() + 64;
  outstanding_bytes_ += work.bytes;
  pending_.push_back(std::move(work));
  urgent_ = urgent_ || urgent || pending_.size() >= kMostUnhurried;
  const bool gathered = turn_.store == this && ++turn_.works < kMostInTurn;
  const bool first = urgent_ && !gathered && !std::exchange(flush_due_, true);
  lock.unlock();
  if (first) pending_changed_.notify_one();
  return true;
}

void StoreImpl::submit_all(Works works) {
  for (auto& work : works) submit(std::move(work));
}

void StoreImpl::hurry() {
  std::lock_guard lock(pending_mutex_);
  if (urgent_ && !std::exchange(flush_due_, true)) pending_changed_.notify_one();
}

void StoreImpl::begin_turn() {
  turn_ = {this, 0};
}

// Only one's own is worth waiting for here: while somebody else writes, and for what other threads
// gather meanwhile, there is the flusher, so that under load it writes group after group and the
// threads with turns do nothing but handle requests.
void StoreImpl::end_turn() {
  for (int i = 0; i < kGroupsInTurn && turn_.works > 0; ++i) {
    std::unique_lock writer(writer_mutex_, std::try_to_lock);
    if (!writer) break;
    turn_.works = 0;
    if (!take_pending(false)) break;
    calling_back_ = this;
    process(taken_);
    taken_.clear();  // its room is used again
    calling_back_ = nullptr;
  }
  if (turn_.works > 0) hurry();
  turn_ = {};
}

// By who holds writer_mutex_. False: there is nothing to write.
bool StoreImpl::take_pending(bool all) {
  std::lock_guard lock(pending_mutex_);
  if (!all && !urgent_) return false;
  taken_.swap(pending_);
  urgent_ = flush_due_ = false;
  return !taken_.empty();
}

void StoreImpl::flusher() {
  calling_back_ = this;
  for (;;) {
    std::optional<Duration> wait;
    {
      std::lock_guard state(state_mutex_);
      if (!due_.empty()) wait = Duration(due_.begin()->first - now());
      if (!waits_.empty()) {
        const Duration until(std::get<0>(*waits_.begin()) - clock_.monotonic().count());
        wait = wait ? std::min(*wait, until) : until;
      }
    }
    bool due = false, ending = false;
    {
      std::unique_lock lock(pending_mutex_);
      const auto something = [&] { return flush_due_ || poked_ || stopping_; };
      if (!wait)
        pending_changed_.wait(lock, something);
      else if (*wait > Duration(0))
        pending_changed_.wait_for(lock, std::min<Duration>(*wait, std::chrono::hours(1)),
                                  something);
      poked_ = false;
      due = flush_due_;
      ending = stopping_;
      if (ending && pending_.empty()) {
        closed_ = true;
        return;
      }
    }
    run_due();
    if (!due && !ending) continue;
    std::lock_guard writer(writer_mutex_);
    if (!take_pending(ending)) continue;
    process(taken_);
    taken_.clear();
  }
}

void StoreImpl::process(Works& works) {
  bool no_room = false;  // found out once for all of these works
  for (size_t next = 0; next < works.size();) {
    const size_t first = next;
    std::string group;
    uint64_t needed = 0;  // the next work wants a segment with this much room
    bool needed_grows = false;
    uint64_t refused = UINT64_MAX,
             grew = 0;  // bytes of the least that found no room, the most that did
    const bool may_grow = failed_.empty() && !no_room && segments_.have_prepared();
    {
      std::lock_guard lock(state_mutex_);
      for (; next < works.size(); ++next) {
        auto& work = works[next];
        work.result.status = CommitStatus::durable;
        const uint64_t bound = bound_locked(work);
        const auto& operations = work.batch.operations();
        bool growing = std::any_of(operations.begin(), operations.end(), grows);
        const auto refuse = [&](CommitStatus status, std::string reason) {
          work.result.status = status;
          work.result.reason = std::move(reason);
          take_back_locked(work);
        };
        if (!failed_.empty()) {
          refuse(CommitStatus::failed, failed_);
          continue;
        }
        if (bound > kLargestBatch) {
          refuse(CommitStatus::too_large,
                 fmt::format("a batch of {} bytes is larger than a store takes: send it in parts",
                             bound));
          continue;
        }
        if (growing && !may_grow) growing = !replaces_locked(work.batch);
        if (growing && !may_grow) {
          refuse(CommitStatus::full, no_room_reason());
          refused = std::min(refused, bound);
          continue;
        }
        if (bound == 0) continue;
        const uint64_t have = std::max<uint64_t>(group.size(), kGroupHeader);
        if (have > kGroupHeader && have + bound > options_.group_bytes) break;
        if (!active_ || round_to_sector(offset_ + have + bound) + kSector > active_->header.size) {
          needed = bound;
          needed_grows = growing;
          break;
        }
        if (group.empty()) {
          group.reserve(std::min<uint64_t>(options_.group_bytes, group_size_guess_) + kSector);
          group.resize(kGroupHeader);
        }
        write_down_locked(work, group);
        if (growing) grew = std::max(grew, bound);
      }
    }
    if (refused != UINT64_MAX) note_no_room(refused);
    group_size_guess_ = std::max<uint64_t>(group.size() + group.size() / 8, 4096);
    if (group.size() > kGroupHeader && !write_group(std::move(group))) {
      for (size_t i = first; i < next; ++i) {
        works[i].result.status = CommitStatus::failed;
        works[i].result.reason = failed_;
      }
    } else if (grew > 0) {
      note_room(grew);
    }
    finish(works, first, next);
    if (needed == 0 || first != next) continue;
    if (rotate(needed_grows, needed)) {
      if (needed_grows) note_room(UINT64_MAX);
    } else {
      auto& work = works[next];
      work.result.status = failed_.empty() ? CommitStatus::full : CommitStatus::failed;
      work.result.reason = failed_.empty() ? no_room_reason() : failed_;
      if (failed_.empty()) note_no_room(needed);
      {
        std::lock_guard lock(state_mutex_);
        take_back_locked(work);
      }
      no_room = no_room || needed_grows;
      finish(works, next, next + 1);
      ++next;
    }
  }
}

std::string StoreImpl::no_room_reason() const {
  return fmt::format("there is no room for more in {}", folder_);
}

void StoreImpl::note_no_room(uint64_t bytes) {
  no_room_for_ = full_ ? std::min(no_room_for_, bytes) : bytes;
  if (!full_.exchange(true)) log::warn(no_room_reason() + ": what needs room waits for it", {});
}

// Something small may still find a place when something larger did not: that is no room yet.
void StoreImpl::note_room(uint64_t bytes) {
  if (full_ && bytes >= no_room_for_ && full_.exchange(false))
    log::info("there is room again", {{"folder", folder_}});
}

// What a batch of sends and records brings goes in the place of what it removes: when the disk is
// full, too, messages can so be worked off whose handling leaves a note.
bool StoreImpl::replaces_locked(Batch& batch) {
  uint64_t brings = 0, removes = 0;
  for (const auto& operation : batch.operations()) {
    if (const auto* remove = std::get_if<RemoveOperation>(&operation.what)) {
      const auto receipt = receipt_of(remove->queue, remove->receipt);
      auto* queue = receipt ? state_.find(remove->queue) : nullptr;
      const Entry* entry = queue == nullptr ? nullptr : queue->find(receipt->sequence);
      if (entry != nullptr && entry->state == EntryState::leased) removes += entry->length;
    } else if (std::holds_alternative<QueueOperation>(operation.what)) {
      return false;
    } else if (grows(operation)) {
      brings += bound_of(operation);
    }
  }
  return brings <= removes;
}

uint64_t StoreImpl::bound_locked(Work& work) {
  uint64_t bound = 0;
  for (const auto& operation : work.batch.operations()) {
    bound += bound_of(operation);
    if (const auto* move = std::get_if<MoveOperation>(&operation.what))
      bound += bound_of_move_locked(*move);
  }
  return bound;
}

uint64_t StoreImpl::bound_of_move_locked(const MoveOperation& move) {
  uint64_t sequence = move.sequence;
  if (const auto receipt = receipt_of(move.from, move.receipt)) sequence = receipt->sequence;
  auto* from = state_.find(move.from);
  const Entry* entry = from == nullptr ? nullptr : from->find(sequence);
  return entry == nullptr ? 0 : entry->length + from->name.size() + move.reason.size() + 128;
}

// The log goes on in a new segment: what was written says where, before anything is written there.
bool StoreImpl::rotate(bool growing, uint64_t size) {
  auto segment =
      segments_.take(round_to_sector(size + kGroupHeader) + 4 * kSector, growing ? 1 : 0);
  if (!segment) return false;
  if (active_) {
    std::string seal(kGroupHeader, '\0');
    encode_sealed(seal, segment->header.generation);
    if (!write_group(std::move(seal))) return false;
  } else {
    // The log begins: from now on a start must find this segment.
    const LogPosition begin{segment->header.generation, kSector};
    if (!write_checkpoint(files_, folder_, state_, state_mutex_, begin)) return false;
    std::lock_guard lock(state_mutex_);
    checkpointed_ = begin;
  }
  active_ = std::move(segment);
  offset_ = kSector;
  {
    std::lock_guard lock(state_mutex_);
    end_ = {active_->header.generation, offset_};
  }
  poke_keeper();
  return true;
}

bool StoreImpl::write_group(std::string buffer) {
  seal_group(buffer, active_->header, offset_);
  auto done = active_->file->write(offset_, buffer);
  if (done) done = active_->file->sync();
  if (!done) {
    fail_store(done.error().message);
    return false;
  }
  const uint64_t size = buffer.size();
  auto kept = std::make_shared<const std::string>(std::move(buffer));
  std::lock_guard lock(state_mutex_);
  recent_.add(active_->header.generation, offset_, std::move(kept));
  offset_ += size;
  logged_since_checkpoint_ += size;
  return true;
}

void StoreImpl::fail_store(std::string reason) {
  log::error("the queues' log cannot be written: nothing more is taken, belfry must start again",
             {{"folder", folder_}, {"reason", reason}});
  std::lock_guard lock(pending_mutex_);
  failed_ =
      fmt::format("the log in {} cannot be written ({}): belfry must start again", folder_, reason);
  pending_drained_.notify_all();
}

void StoreImpl::finish(Works& works, size_t from, size_t to) {
  if (from == to) return;
  Served served;
  std::vector<Callback<>> followers;
  std::vector<Callback<std::vector<Received>>> forsaken;
  bool work_for_keeper = false;
  {
    std::lock_guard lock(state_mutex_);
    std::vector<QueueId> touched;
    for (size_t i = from; i < to; ++i)
      if (works[i].result.status == CommitStatus::durable) take_effect_locked(works[i], touched);
    if (active_)
      end_ = {active_->header.generation, offset_};  // only now: a checkpoint here has all of it
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    for (const QueueId id : touched) {
      auto* queue = state_.find(id);
      if (queue == nullptr) continue;
      serve_waiters_locked(*queue, served);
      list_due_locked(*queue);
      std::erase_if(queue->followers, [&](auto& follower) {
        if (queue->last_sequence() <= follower.first) return false;
        followers.push_back(std::move(follower.second));
        return true;
      });
    }
    forsaken.swap(forsaken_);
    work_for_keeper = state_.releasing() ||
                      state_.resident_pages > options_.index_bytes / (kPageEntries * sizeof(Entry));
  }
  uint64_t bytes = 0;
  for (size_t i = from; i < to; ++i) {
    auto& work = works[i];
    bytes += work.bytes;
    if (work.result.status != CommitStatus::durable) work.received.clear();
    if (work.result.status == CommitStatus::full) work.result.refused = std::move(work.batch);
    if (work.receiver) work.receiver(std::move(work.received));
    if (work.done) work.done(std::move(work.result));
    work.batch = Batch();  // its memory goes before what is counted makes room for more
  }
  for (auto& [lease, done] : served) answer(std::move(lease), std::move(done));
  for (auto& follower : followers) follower();
  for (auto& waiter : forsaken) waiter({});
  {
    std::lock_guard lock(pending_mutex_);
    outstanding_bytes_ -= bytes;
  }
  pending_drained_.notify_all();
  if (work_for_keeper) poke_keeper();
}

}  // namespace belfry::queue
