// Receiving: leases are taken at once, answered when their record is durable; those that end with
// the process are answered at once, too, and written down with whatever comes next. Whoever finds
// nothing waits for the event that brings something: a send, the end of a delay or lease, a lease
// given back.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "queue/store_impl.h"

namespace belfry::queue {
namespace {

constexpr size_t kLargestReceive = 10'000;
constexpr size_t kExpiredAtOnce = 1'000;  // in one record
constexpr int kExpirySteps = 10;

}  // namespace

StoreImpl::Lease StoreImpl::take_locked(QueueState& queue, size_t max, Duration visibility) {
  const int64_t at = now();
  const Duration length = std::min(
      visibility < Duration(0) ? queue.settings().visibility_timeout : visibility, kLongestLease);
  const int64_t until = at + length.count();
  const auto& dead_letter = queue.settings().dead_letter;
  const QueueState* target =
      dead_letter && dead_letter->after > 0 ? state_.find(dead_letter->queue) : nullptr;
  auto taken = queue.take(std::min(max, kLargestReceive), at, until, options_.in_flight_limit,
                          target != nullptr ? dead_letter->after : 0);
  Lease lease;
  lease.operation = {queue.id, at, until, {}};
  lease.entries = std::move(taken.leased);
  lease.sources = sources_locked(lease.entries);
  lease.max = max;
  lease.visibility = visibility;
  lease.ends_with_process = queue.settings().leases_end_with_process;
  for (const auto& entry : lease.entries)
    lease.operation.items.push_back({entry.sequence, entry.receives, entry.first_received});
  for (const uint64_t sequence : taken.dead) {
    Work move;
    move.batch.operations().push_back({MoveOperation{
        MoveOperation::Why::received_too_often, queue.id, target->id, {}, sequence, {}}});
    lease.others.push_back(std::move(move));
  }
  if (!taken.expired.empty()) {
    Work expire;
    expire.batch.operations().push_back({ExpireOperation{queue.id, std::move(taken.expired)}});
    lease.others.push_back(std::move(expire));
  }
  list_due_locked(queue);
  return lease;
}

std::vector<Received> StoreImpl::read_received(const std::vector<Entry>& entries,
                                               const std::vector<Source>& sources,
                                               std::vector<uint64_t>& unreadable) {
  auto stored = read_all(sources);
  std::vector<Received> out;
  out.reserve(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto& entry = entries[i];
    if (!stored[i]) {
      unreadable.push_back(entry.sequence);
      log::error("cannot read a message",
                 {{"sequence", entry.sequence}, {"reason", stored[i].error().message}});
      continue;
    }
    auto& received = out.emplace_back();
    received.message = std::move(stored[i]->message);
    received.sequence = entry.sequence;
    received.receives = entry.receives;
    received.sent = WallTime(Duration(entry.sent));
    received.first_received = WallTime(Duration(entry.first_received));
    received.message.delay = Duration(-1);
  }
  return out;
}

// What cannot be read is not leased but set aside. True: the lease was taken anew, for nothing of
// it was left.
bool StoreImpl::set_aside_locked(Lease& lease, const std::vector<uint64_t>& unreadable) {
  auto* queue = state_.find(lease.operation.queue);
  const auto is_unreadable = [&](const LeaseItem& item) {
    return std::find(unreadable.begin(), unreadable.end(), item.sequence) != unreadable.end();
  };
  std::erase_if(lease.operation.items, is_unreadable);
  if (queue == nullptr) return false;
  for (const uint64_t sequence : unreadable) {
    queue->set_aside(sequence);
    log::error("a message is set aside until the next start or the end of its retention",
               {{"queue", queue->name}, {"sequence", sequence}});
  }
  if (!lease.operation.items.empty()) return false;
  lease = take_locked(*queue, lease.max, lease.visibility);
  return true;
}

void StoreImpl::answer(Lease lease, Callback<std::vector<Received>> done) {
  Work work;
  for (bool again = true; again;) {
    submit_all(std::exchange(lease.others, {}));
    std::vector<uint64_t> unreadable;
    work.received = read_received(lease.entries, lease.sources, unreadable);
    if (unreadable.empty()) break;
    std::lock_guard lock(state_mutex_);
    again = set_aside_locked(lease, unreadable);
  }
  if (work.received.empty()) return done({});
  for (auto& received : work.received)
    received.receipt =
        to_text({lease.operation.queue, received.sequence, received.receives}, state_.salt);
  work.batch.operations().push_back({std::move(lease.operation)});
  if (!lease.ends_with_process) {
    work.receiver = std::move(done);
    submit(std::move(work));
    return;
  }
  auto received = std::move(work.received);
  if (!submit(std::move(work), false)) received.clear();
  done(std::move(received));
}

void StoreImpl::receive(QueueId id, size_t max, Duration visibility, Duration wait,
                        Callback<std::vector<Received>> done,
                        std::shared_ptr<const std::atomic<bool>> gone) {
  Lease lease;
  {
    std::unique_lock lock(state_mutex_);
    auto* queue = state_.find(id);
    if (queue != nullptr && max > 0) {
      queue->expire_due(now());
      // Who waits already comes first; if anyone does, there is nothing to have.
      lease = take_locked(*queue, max, visibility);
      if (lease.entries.empty() && wait > Duration(0)) {
        const int64_t deadline = (clock_.monotonic() + wait).count();
        const uint64_t waiter = next_waiter_++;
        queue->waiters.push_back(
            {waiter, max, visibility, deadline, std::move(done), std::move(gone)});
        const bool earliest = waits_.empty() || deadline < std::get<0>(*waits_.begin());
        waits_.emplace(deadline, id, waiter);
        lock.unlock();
        submit_all(std::move(lease.others));
        if (earliest) {
          std::lock_guard pending(pending_mutex_);
          poked_ = true;
          pending_changed_.notify_one();
        }
        return;
      }
    }
  }
  answer(std::move(lease), std::move(done));
}

void StoreImpl::serve_waiters_locked(QueueState& queue, Served& served) {
  while (!queue.waiters.empty() && queue.receivable()) {
    auto& waiter = queue.waiters.front();
    if (waiter.gone && *waiter.gone) {
      waits_.erase({waiter.deadline, queue.id, waiter.id});
      served.emplace_back(Lease{}, std::move(waiter.done));
      queue.waiters.pop_front();
      continue;
    }
    auto lease = take_locked(queue, waiter.max, waiter.visibility);
    if (lease.entries.empty()) {
      if (!lease.others.empty()) {
        served.emplace_back(std::move(lease), [](std::vector<Received>) {});
        continue;
      }
      break;  // the in-flight limit
    }
    waits_.erase({waiter.deadline, queue.id, waiter.id});
    served.emplace_back(std::move(lease), std::move(waiter.done));
    queue.waiters.pop_front();
  }
}

void StoreImpl::list_due_locked(QueueState& queue) {
  const auto next = queue.next_due();
  if (!next || *next >= queue.listed_due) return;
  if (queue.listed_due != INT64_MAX) due_.erase({queue.listed_due, queue.id});
  const bool earliest = due_.empty() || *next < due_.begin()->first;
  queue.listed_due = *next;
  due_.emplace(*next, queue.id);
  if (earliest && !is_flusher()) {
    std::lock_guard pending(pending_mutex_);
    poked_ = true;
    pending_changed_.notify_one();
  }
}

// In bounded steps: when these are gone, the queue is due again.
void StoreImpl::expire_locked(QueueState& queue, int64_t at, Works& works) {
  for (int step = 0; step < kExpirySteps; ++step) {
    auto sequences = queue.leave_expired(at, kExpiredAtOnce);
    if (sequences.empty()) return;
    Work work;
    work.batch.operations().push_back({ExpireOperation{queue.id, std::move(sequences)}});
    works.push_back(std::move(work));
  }
}

void StoreImpl::run_due() {
  Served served;
  Works expired;
  std::vector<Callback<std::vector<Received>>> in_vain;
  {
    std::lock_guard lock(state_mutex_);
    const int64_t at = now();
    std::vector<QueueId> queues;
    while (!due_.empty() && due_.begin()->first <= at) {
      queues.push_back(due_.begin()->second);
      if (auto* queue = state_.find(due_.begin()->second)) queue->listed_due = INT64_MAX;
      due_.erase(due_.begin());
    }
    for (const QueueId id : queues) {
      auto* queue = state_.find(id);
      if (queue == nullptr) continue;
      queue->expire_due(at);
      expire_locked(*queue, at, expired);
      serve_waiters_locked(*queue, served);
      list_due_locked(*queue);
    }
    const int64_t moment = clock_.monotonic().count();
    while (!waits_.empty() && std::get<0>(*waits_.begin()) <= moment) {
      const QueueId id = std::get<1>(*waits_.begin());
      const uint64_t waiter = std::get<2>(*waits_.begin());
      waits_.erase(waits_.begin());
      auto* queue = state_.find(id);
      if (queue == nullptr) continue;
      const auto at = std::find_if(queue->waiters.begin(), queue->waiters.end(),
                                   [waiter = waiter](const auto& one) { return one.id == waiter; });
      if (at == queue->waiters.end()) continue;
      in_vain.push_back(std::move(at->done));
      queue->waiters.erase(at);
    }
  }
  submit_all(std::move(expired));
  for (auto& [lease, done] : served) answer(std::move(lease), std::move(done));
  for (auto& done : in_vain) done({});
}

void StoreImpl::clock_moved() {
  run_due();
  std::lock_guard pending(pending_mutex_);
  poked_ = true;
  pending_changed_.notify_one();
}

}  // namespace belfry::queue
