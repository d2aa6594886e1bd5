#include "queue/queue_state.h"

#include <algorithm>

#include "base/check.h"

namespace belfry::queue {

QueueState::QueueState(QueueId id, std::string name, QueueSettings settings, SpillFile& spill,
                       size_t& resident)
    : id(id),
      name(std::move(name)),
      settings_(std::move(settings)),
      pages_(spill, resident),
      groups_(pages_) {}

void QueueState::change_settings(const QueueSettings& settings, int64_t now) {
  const bool delay_changed = settings.delay != settings_.delay;
  const QueueSettings before = settings_;
  settings_ = settings;
  settings_.fifo = before.fifo;
  settings_.deduplication_by_group = before.deduplication_by_group;
  if (!settings_.fifo || !delay_changed) return;
  // A FIFO queue's delay holds for what is in it, too.
  std::vector<uint64_t> waiting;
  pages_.for_each([&](Entry& entry) {
    if (entry.state == EntryState::delayed ||
        (entry.state == EntryState::ready && entry.receives == 0))
      waiting.push_back(entry.sequence);
  });
  for (const uint64_t sequence : waiting) {
    Entry& entry = *pages_.find(sequence);
    if (entry.state == EntryState::delayed) --delayed_;
    entry.due = std::min(entry.sent + settings_.delay.count(), kLatestTime);
    const bool delayed = entry.due > now;
    const uint32_t group = entry.group;
    if (delayed) {
      ++delayed_;
      due_.add({entry.due, sequence});
    }
    pages_.set_state(entry, delayed ? EntryState::delayed : EntryState::ready);
    groups_.changed(group);
  }
}

uint32_t QueueState::group_number(std::string_view name) {
  const uint32_t group = recovered_group(name);
  if (settings_.fifo)
    groups_.promise(group);
  else if (group != 0)
    fair_->promise(group);
  return group;
}

uint32_t QueueState::recovered_group(std::string_view name) {
  if (settings_.fifo) return groups_.number(name);
  return name.empty() ? 0 : fair().number(name);
}

// What is there already has no group.
FairGroups& QueueState::fair() {
  if (fair_) return *fair_;
  fair_ = std::make_unique<FairGroups>(pages_);
  uint64_t after = 0;
  for (auto some = pages_.copy_after(after, kPageEntries); !some.empty();
       some = pages_.copy_after(after, kPageEntries)) {
    for (const auto& entry : some) fair_->add(entry, false);
    after = some.back().sequence;
  }
  return *fair_;
}

void QueueState::set_state(Entry& entry, EntryState state) {
  const EntryState before = entry.state;
  pages_.set_state(entry, state);
  if (fair_ && before != state) fair_->changed(entry, before, state);
}

bool QueueState::add(const Entry& entry, bool promised) {
  next_sequence = std::max(next_sequence, entry.sequence + 1);
  last_sequence_ = std::max(last_sequence_, entry.sequence);
  if (pages_.find(entry.sequence) != nullptr)
    return false;  // replayed over a checkpoint that has it
  if (entry.state == EntryState::delayed) {
    ++delayed_;
    due_.add({entry.due, entry.sequence});
  } else if (entry.state == EntryState::leased) {
    ++leased_;
    due_.add({entry.due, entry.sequence});
  }
  pages_.add(entry);
  if (settings_.fifo)
    groups_.add(entry, promised);
  else if (fair_)
    fair_->add(entry, promised && entry.group != 0);
  return true;
}

std::optional<Entry> QueueState::erase(uint64_t sequence) {
  const Entry* entry = pages_.find(sequence);
  if (entry == nullptr) return std::nullopt;
  uncount(entry->state);
  auto out = pages_.erase(sequence);
  if (fair_) {
    fair_->changed(*out, out->state, EntryState::gone);
    if (fair_->empty()) fair_.reset();
  }
  if (settings_.fifo) groups_.changed(out->group);
  return out;
}

bool QueueState::leave(uint64_t sequence) {
  Entry* entry = pages_.find(sequence);
  if (entry == nullptr || entry->state == EntryState::leaving) return false;
  uncount(entry->state);
  const uint32_t group = entry->group;
  set_state(*entry, EntryState::leaving);
  if (settings_.fifo) groups_.changed(group);
  return true;
}

void QueueState::stay(uint64_t sequence) {
  Entry* entry = pages_.find(sequence);
  if (entry == nullptr || entry->state != EntryState::leaving) return;
  const uint32_t group = entry->group;
  set_state(*entry, EntryState::ready);
  if (settings_.fifo) groups_.changed(group);
}

void QueueState::set_aside(uint64_t sequence) {
  Entry* entry = pages_.find(sequence);
  if (entry == nullptr || entry->state == EntryState::aside) return;
  uncount(entry->state);
  ++aside_;
  const uint32_t group = entry->group;
  set_state(*entry, EntryState::aside);
  if (settings_.fifo) groups_.changed(group);
}

void QueueState::uncount(EntryState state) {
  if (state == EntryState::leased) --leased_;
  if (state == EntryState::delayed) --delayed_;
  if (state == EntryState::aside) --aside_;
}

void QueueState::start_lease(Entry& entry, const LeaseItem& item, int64_t from, int64_t until) {
  const bool held = entry.state == EntryState::leased;
  if (entry.state == EntryState::delayed) --delayed_;
  entry.receives = item.receives;
  entry.first_received = item.first_received;
  entry.leased = from;
  entry.due = until;
  const uint32_t group = entry.group;
  if (!held) ++leased_;
  set_state(entry, EntryState::leased);
  due_.add({until, item.sequence});
  if (settings_.fifo && !held) groups_.changed(group);
}

void QueueState::lease(const LeaseItem& item, int64_t from, int64_t until) {
  Entry* entry = pages_.find(item.sequence);
  if (entry != nullptr && entry->state != EntryState::leaving)
    start_lease(*entry, item, from, until);
}

void QueueState::to_ready(Entry& entry) {
  if (entry.state == EntryState::leased) --leased_;
  if (entry.state == EntryState::delayed) --delayed_;
  entry.due = 0;
  const uint32_t group = entry.group;
  set_state(entry, EntryState::ready);
  if (settings_.fifo) groups_.changed(group);
}

void QueueState::set_visibility(uint64_t sequence, int64_t until, int64_t now) {
  Entry* entry = pages_.find(sequence);
  if (entry == nullptr || entry->state != EntryState::leased) return;
  if (until <= now) {
    to_ready(*entry);
  } else {
    entry->due = until;
    due_.add({until, sequence});
  }
}

void QueueState::relocate(uint64_t sequence, const Location& to) {
  Entry* entry = pages_.find(sequence);
  if (entry == nullptr) return;
  entry->generation = to.generation;
  entry->offset = to.offset;
  entry->length = to.length;
}

std::vector<Entry> QueueState::purge(uint64_t through) {
  deduplication.clear();
  std::vector<Entry> gone;
  pages_.for_each([&](Entry& entry) {
    if (entry.sequence <= through) gone.push_back(entry);
  });
  for (const auto& entry : gone) erase(entry.sequence);
  return gone;
}

std::unique_ptr<Pages> QueueState::purge_all() {
  deduplication.clear();
  due_.clear();
  groups_.clear();
  if (fair_) fair_->clear();
  leased_ = delayed_ = aside_ = 0;
  return pages_.take_all();
}

void QueueState::void_leases() {
  std::vector<uint64_t> held;
  pages_.for_each_in_memory([&](Entry& entry) {
    if (entry.state == EntryState::leased) held.push_back(entry.sequence);
  });
  for (const uint64_t sequence : held) to_ready(*pages_.find(sequence));
}

QueueState::Taken QueueState::take(size_t max, int64_t now, int64_t until, uint32_t in_flight_limit,
                                   uint32_t dead_after) {
  Taken out;
  const int64_t expired = now - settings_.retention.count();
  const auto one = [&](Entry& entry) {
    const uint64_t sequence = entry.sequence;
    if (entry.sent <= expired) {
      leave(sequence);
      out.expired.push_back(sequence);
    } else if (dead_after > 0 && entry.receives >= dead_after) {
      leave(sequence);
      out.dead.push_back(sequence);
    } else {
      start_lease(entry,
                  {sequence, entry.receives + 1, entry.first_received ? entry.first_received : now},
                  now, until);
      out.leased.push_back(entry);
    }
  };
  while (out.leased.size() < max && leased_ < in_flight_limit) {
    if (!settings_.fifo) {
      Entry* entry = fair_ ? fair_->next() : pages_.first_ready();
      if (entry == nullptr) break;
      one(*entry);
      continue;
    }
    const auto group = groups_.first_ready();
    if (!group) break;
    const size_t room = std::min<size_t>(max - out.leased.size(), in_flight_limit - leased_);
    for (const uint64_t sequence : groups_.ready_messages(*group, room))
      one(*pages_.find(sequence));
  }
  due_.trim(leased_ + delayed_, [&](const DueTimes::Item& item) {
    const Entry* entry = pages_.find(item.sequence);
    return entry != nullptr && entry->due == item.time;
  });
  return out;
}

bool QueueState::expire_due(int64_t now) {
  bool any = false;
  while (const auto item = due_.take_until(now)) {
    Entry* entry = pages_.find(item->sequence);
    if (entry == nullptr || entry->due != item->time) continue;
    if (entry->state != EntryState::leased && entry->state != EntryState::delayed) continue;
    to_ready(*entry);
    any = true;
  }
  return any;
}

std::vector<uint64_t> QueueState::leave_expired(int64_t now, size_t max) {
  auto out = pages_.sent_until(now - settings_.retention.count(), max);
  for (const uint64_t sequence : out) leave(sequence);
  return out;
}

std::optional<int64_t> QueueState::next_due() const {
  auto next = due_.first();
  if (pages_.size() > 0) {
    const int64_t oldest = pages_.first_oldest();
    if (oldest < INT64_MAX - settings_.retention.count()) {
      const int64_t expires = oldest + settings_.retention.count();
      if (!next || expires < *next) next = expires;
    }
  }
  return next;
}

bool QueueState::receivable() const {
  return settings_.fifo ? groups_.first_ready().has_value() : pages_.ready() > 0;
}

QueueCounts QueueState::counts() const {
  QueueCounts out;
  out.visible = pages_.ready();
  out.in_flight = leased_;
  out.delayed = delayed_;
  out.unreadable = aside_;
  const int64_t oldest = pages_.oldest_sent();
  if (oldest != INT64_MAX) out.oldest = WallTime(Duration(oldest));
  return out;
}

}  // namespace belfry::queue
