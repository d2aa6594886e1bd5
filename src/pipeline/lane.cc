#include "pipeline/lane.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/log.h"

namespace belfry::pipeline {
namespace {

constexpr size_t kItemOverhead = 512;  // attributes, id and pointers, about

uint64_t first_block(const Start& from, uint64_t height) {
  switch (from.at) {
    case Start::At::oldest:
      return 0;
    case Start::At::newest:
      return height > 0 ? height - 1 : 0;
    case Start::At::next:
      return height;
    case Start::At::block:
      return from.block;
  }
  return 0;
}

}  // namespace

std::string_view name(LaneState state) {
  static constexpr std::string_view kNames[] = {"starting", "following", "catching up",
                                                "waiting for a peer", "stopped"};
  return kNames[static_cast<int>(state)];
}

Lane::Lane(Context context) : context_(std::move(context)) {
  status_.listener = context_.listener;
  status_.destination = context_.name;
}

bool Lane::begun() const {
  Lock lock(mutex_);
  return begun_;
}

bool Lane::begin(const std::string& genesis, uint64_t height, bool accept_new_network) {
  auto loaded = context_.destination->load();
  if (!loaded) {
    stop("place-unreadable", fmt::format("the stored place of listener {} to {} cannot be read: {}",
                                         context_.listener, context_.name, loaded.error().message));
    return false;
  }
  std::optional<Checkpoint> stored = std::move(*loaded);
  if (stored && stored->genesis != genesis) {
    if (!accept_new_network) {
      stop("rebuilt-network",
           fmt::format("the network was rebuilt: channel {} now begins with block {}, listener {} "
                       "followed {} up to "
                       "block {}; nothing was sent. To follow the new one from its start, run with "
                       "--accept-new-network; to send parts of it again later, use belfry replay",
                       context_.channel, genesis.substr(0, 16), context_.listener,
                       stored->genesis.substr(0, 16), stored->next.block));
      return false;
    }
    log::warn("the network was rebuilt and accepted: the listener begins anew",
              {{"listener", context_.listener},
               {"destination", context_.name},
               {"was_at_block", stored->next.block}});
    base_.epoch = stored->epoch;
    stored.reset();
  }
  Lock lock(mutex_);
  begun_ = true;
  base_.channel = context_.channel;
  base_.genesis = genesis;
  if (stored) {
    base_.epoch = stored->epoch + 1;
    base_.gaps = stored->gaps;
    // What lies ahead is read again, and noted again if it still is one.
    std::erase_if(base_.gaps, [&](const Checkpoint::Gap& gap) {
      return Place{gap.block, gap.transaction, event::Kind::write, gap.index} >= stored->next;
    });
    base_.last_transaction_id = stored->last_transaction_id;
    acknowledged_ = stored->acknowledged;
    place = handed_ = status_.place = stored->next;
    previous_block_hash = handed_hash_ = stored->previous_block_hash;
    status_.state = LaneState::following;
    return true;
  }
  // The height at which it subscribed is kept from now on, whether or not an event ever comes.
  ++base_.epoch;
  place = {first_block(context_.from, height), 0, event::Kind::block, 0};
  handed_ = place;
  previous_block_hash.clear();
  status_.state = LaneState::following;
  auto unit = std::make_shared<Unit>();
  unit->after = checkpoint(place, {});
  ready_.push_back(std::move(unit));
  pump(lock);
  return true;
}

bool Lane::check_fork(const std::string& previous_hash, bool accept) {
  if (previous_block_hash.empty() || previous_hash.empty() || previous_block_hash == previous_hash)
    return true;
  if (accept) {
    log::warn(
        "the ledger took another branch and it was accepted",
        {{"listener", context_.listener}, {"destination", context_.name}, {"block", place.block}});
    return true;
  }
  stop(
      "fork",
      fmt::format(
          "the ledger is not the one that listener {} followed: block {} follows a block with hash "
          "{}, the listener's last one had {}; nothing was sent. To go on with this ledger, run "
          "with "
          "--accept-new-network; to send a range of it again, use belfry replay",
          context_.listener, place.block, hex(previous_hash), hex(previous_block_hash)));
  return false;
}

Checkpoint Lane::checkpoint(const Place& next, const Mark& mark) const {
  Checkpoint checkpoint = base_;
  checkpoint.next = next;
  checkpoint.previous_block_hash = mark.previous_block_hash;
  return checkpoint;
}

bool Lane::full(const Lock&) const {
  const LaneSettings& most = context_.settings;
  if (pending_events_ == 0) return false;
  return pending_events_ >= most.most_events || pending_bytes_ >= most.most_bytes ||
         (pending_bytes_ >= most.share_bytes && *context_.buffered >= most.total_bytes);
}

void Lane::add_pending(size_t events, size_t bytes) {
  pending_events_ += events;
  pending_bytes_ += bytes;
  *context_.buffered += bytes;
}

void Lane::take_pending(size_t events, size_t bytes) {
  pending_events_ -= events;
  pending_bytes_ -= bytes;
  *context_.buffered -= bytes;
}

bool Lane::full() const {
  Lock lock(mutex_);
  return full(lock);
}

bool Lane::roomy() const {
  Lock lock(mutex_);
  return pending_events_ * 2 <= context_.settings.most_events &&
         pending_bytes_ * 2 <= context_.settings.most_bytes;
}

bool Lane::idle() const {
  Lock lock(mutex_);
  return pending_events_ == 0 && in_flight_ == 0 && ready_.empty() && !pausing_;
}

bool Lane::stopped() const {
  Lock lock(mutex_);
  return status_.state == LaneState::stopped;
}

Place Lane::committed() const {
  Lock lock(mutex_);
  return status_.place;
}

LaneStatus Lane::status() const {
  Lock lock(mutex_);
  LaneStatus status = status_;
  status.pending = pending_events_;
  status.pending_bytes = pending_bytes_;
  status.gaps = base_.gaps.size();
  if (status.reason.empty()) {
    status.reason = context_.destination->trouble();
    if (!status.reason.empty()) status.code = "refused";
  }
  return status;
}

void Lane::stop(std::string code, std::string reason) {
  {
    Lock lock(mutex_);
    if (status_.state == LaneState::stopped) return;
    log::error("listener stopped", {{"listener", context_.listener},
                                    {"destination", context_.name},
                                    {"code", code},
                                    {"reason", reason}});
    status_.state = LaneState::stopped;
    status_.code = std::move(code);
    status_.reason = std::move(reason);
    // What was read and not handed over is read again when a person has acted: the stored place
    // stands before it.
    open_.reset();
    ready_.clear();
    take_pending(pending_events_, pending_bytes_);
  }
  context_.changed();
}

void Lane::close() {
  Lock lock(mutex_);
  closed_ = true;
}

bool Lane::offer(const Place& at, const std::shared_ptr<const Content>& content, const Mark& mark) {
  Lock lock(mutex_);
  if (status_.state == LaneState::stopped) return true;
  if (!acknowledged_.empty() && std::binary_search(acknowledged_.begin(), acknowledged_.end(), at))
    return true;
  if (full(lock)) return false;
  const size_t bytes = content->body.size() + kItemOverhead;
  if (open_ && open_->bytes + bytes > context_.settings.unit_bytes) close_open(lock);
  if (!open_) open_ = std::make_unique<Unit>();
  open_->items.push_back({at, content});
  open_->bytes += bytes;
  if (!mark.transaction_id.empty()) base_.last_transaction_id = mark.transaction_id;
  open_->after = checkpoint(just_after(at), mark);
  add_pending(1, bytes);
  if (open_->items.size() >= context_.settings.unit_events ||
      open_->bytes >= context_.settings.unit_bytes) {
    close_open(lock);
    pump(lock);
  }
  return true;
}

void Lane::close_open(Lock&) {
  handed_ = open_->after.next;
  handed_hash_ = open_->after.previous_block_hash;
  ready_.push_back(std::move(open_));
}

void Lane::flush() {
  Lock lock(mutex_);
  pump(lock);
}

void Lane::advance(const Place& next, const Mark& mark) {
  Lock lock(mutex_);
  const bool busy = pending_events_ > 0 || in_flight_ > 0 || !ready_.empty() || pausing_;
  if (!begun_ || busy || status_.state == LaneState::stopped || next <= handed_) return;
  auto unit = std::make_shared<Unit>();
  unit->after = checkpoint(next, mark);
  handed_ = next;
  handed_hash_ = mark.previous_block_hash;
  ready_.push_back(std::move(unit));
  pump(lock);
}

bool Lane::note_gap(Checkpoint::Gap gap) {
  Lock lock(mutex_);
  if (status_.state == LaneState::stopped) return true;
  const bool good = add_gap(base_.gaps, std::move(gap), context_.settings.most_gaps);
  if (!good) ++status_.gaps_given_up;
  return good;
}

std::vector<Checkpoint::Gap> Lane::gaps() const {
  Lock lock(mutex_);
  return status_.state == LaneState::stopped ? std::vector<Checkpoint::Gap>() : base_.gaps;
}

bool Lane::fill(uint64_t block, std::vector<Item> items, std::vector<Checkpoint::Gap> left) {
  Lock lock(mutex_);
  if (status_.state == LaneState::stopped) return true;
  if (open_) close_open(lock);
  if (handed_.block <= block || full(lock)) return false;
  std::erase_if(items, [&](const Item& item) {
    return std::binary_search(acknowledged_.begin(), acknowledged_.end(), item.place);
  });
  auto at = std::lower_bound(base_.gaps.begin(), base_.gaps.end(), block,
                             [](const auto& gap, uint64_t number) { return gap.block < number; });
  while (at != base_.gaps.end() && at->block == block) at = base_.gaps.erase(at);
  base_.gaps.insert(at, std::make_move_iterator(left.begin()), std::make_move_iterator(left.end()));
  auto unit = std::make_shared<Unit>();
  for (const Item& item : items) unit->bytes += item.content->body.size() + kItemOverhead;
  unit->items = std::move(items);
  unit->after = checkpoint(handed_, {{}, handed_hash_});
  add_pending(unit->items.size(), unit->bytes);
  ready_.push_back(std::move(unit));
  pump(lock);
  return true;
}

std::vector<Checkpoint::Gap> Lane::give_up(int64_t before) {
  Lock lock(mutex_);
  std::vector<Checkpoint::Gap> given_up;
  std::erase_if(base_.gaps, [&](const Checkpoint::Gap& gap) {
    if (gap.time >= before) return false;
    given_up.push_back(gap);
    return true;
  });
  status_.gaps_given_up += given_up.size();
  return given_up;
}

// Hands over what is ready while the destination takes more. One thread at a time runs it, so units
// leave in order; the destination may answer from within deliver().
void Lane::pump(Lock& lock) {
  if (pumping_) return;
  pumping_ = true;
  while (!pausing_ && !closed_ && in_flight_ < context_.destination->units_in_flight()) {
    if (ready_.empty() && open_) close_open(lock);
    if (ready_.empty()) break;
    std::shared_ptr<const Unit> unit = std::move(ready_.front());
    ready_.pop_front();
    ++in_flight_;
    lock.unlock();
    context_.destination->deliver(unit, [self = shared_from_this(), unit](Outcome outcome) mutable {
      self->completed(std::move(unit), std::move(outcome));
    });
    lock.lock();
  }
  pumping_ = false;
}

void Lane::completed(std::shared_ptr<const Unit> unit, Outcome outcome) {
  if (outcome.next == Outcome::Next::permanent) {
    {
      Lock lock(mutex_);
      --in_flight_;
    }
    stop("destination-refuses", fmt::format("{} refuses: {}", context_.name, outcome.reason));
    return;
  }
  {
    Lock lock(mutex_);
    --in_flight_;
    const bool stopped = status_.state == LaneState::stopped;
    if (outcome.next == Outcome::Next::done) {
      failures_ = 0;
      if (!stopped) {
        take_pending(unit->items.size(), unit->bytes);
        status_.code.clear();
        status_.reason.clear();
      }
      status_.place = std::max(status_.place, unit->after.next);
      status_.delivered += unit->items.size();
      for (const Item& item : unit->items) status_.refused += !item.content->refused.empty();
    } else if (!stopped) {
      const Duration pause = outcome.retry_after.value_or(
          backoff(context_.settings.redeliver, ++failures_, context_.random));
      ++status_.retries;
      status_.code = "destination-retry";
      status_.reason = outcome.reason;
      ready_.push_front(std::move(unit));
      pausing_ = true;
      context_.executor.post_after(pause, [self = shared_from_this()] {
        Lock lock(self->mutex_);
        self->pausing_ = false;
        self->pump(lock);
      });
    }
    pump(lock);
  }
  context_.changed();
}

}  // namespace belfry::pipeline
