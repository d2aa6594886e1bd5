// One queue in memory: which messages may be received, which are delayed, leased or leaving, and
// until when. It knows no log and no clock: the store writes down what happens and says what time
// it is, and recovery replays it here.
//
// Not thread-safe: under the store's state lock.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "queue/deduplication.h"
#include "queue/due_times.h"
#include "queue/fair_groups.h"
#include "queue/fifo_groups.h"
#include "queue/pages.h"
#include "queue/record.h"
#include "queue/store.h"

namespace belfry::queue {

class QueueState {
 public:
  QueueState(QueueId id, std::string name, QueueSettings settings, SpillFile& spill,
             size_t& resident);

  const QueueId id;
  const std::string name;
  const QueueSettings& settings() const { return settings_; }
  void change_settings(const QueueSettings& settings, int64_t now);  // fifo stays what it is

  bool stored = true;          // the log has these settings
  uint64_t next_sequence = 1;  // of the next send
  Deduplication deduplication;

  // A message arrives; false, and nothing happens, if it is there. promised: group_number() was
  // called for it.
  bool add(const Entry& entry, bool promised);
  uint32_t group_number(std::string_view name);     // and promises an add, where there is a group
  uint32_t recovered_group(std::string_view name);  // without a promise
  bool has_groups() const { return settings_.fifo || fair_; }
  const std::string& group_name(uint32_t group) const {
    return settings_.fifo ? groups_.name(group) : fair_->name(group);
  }

  const Entry* find(uint64_t sequence) { return pages_.find(sequence); }
  std::optional<Entry> erase(uint64_t sequence);
  bool leave(uint64_t sequence);  // its removal is being written; false: gone or leaving already
  void stay(uint64_t sequence);   // it was not removed after all
  void set_aside(uint64_t sequence);  // it cannot be read: neither received nor in anyone's way
  void recovered() { last_sequence_ = next_sequence - 1; }
  uint64_t last_sequence() const { return last_sequence_; }  // of the messages that arrived
  void lease(const LeaseItem& item, int64_t from, int64_t until);
  void set_visibility(uint64_t sequence, int64_t until, int64_t now);
  void relocate(uint64_t sequence, const Location& to);
  std::vector<Entry> purge(uint64_t through);  // what went; for recovery
  std::unique_ptr<Pages> purge_all();          // what went
  void void_leases();

  struct Taken {
    std::vector<Entry> leased;
    std::vector<uint64_t> dead;     // received too often: to be moved; now leaving
    std::vector<uint64_t> expired;  // retention: to be removed; now leaving
  };
  // Leases up to max messages until then. dead_after: 0 for no dead-letter move.
  Taken take(size_t max, int64_t now, int64_t until, uint32_t in_flight_limit, uint32_t dead_after);

  bool expire_due(int64_t now);  // ends delays and leases; whether any message became ready
  std::vector<uint64_t> leave_expired(int64_t now, size_t max);  // retention; they are leaving then
  std::optional<int64_t> next_due() const;
  bool receivable() const;

  QueueCounts counts() const;
  Pages& pages() { return pages_; }
  const Pages& pages() const { return pages_; }

  // The store's: who waits for this queue, and the moment it is listed under (INT64_MAX: none).
  struct Waiter {
    uint64_t id;
    size_t max;
    Duration visibility;
    int64_t deadline;  // monotonic
    Callback<std::vector<Received>> done;
    std::shared_ptr<const std::atomic<bool>> gone;  // null: stays until the deadline
  };
  std::deque<Waiter> waiters;
  std::vector<std::pair<uint64_t, Callback<>>> followers;  // when_above
  int64_t listed_due = INT64_MAX;

 private:
  void set_state(Entry& entry, EntryState state);
  FairGroups& fair();  // made now if it is not there
  void to_ready(Entry& entry);
  void uncount(EntryState state);  // an entry is no longer in that state
  void start_lease(Entry& entry, const LeaseItem& item, int64_t from, int64_t until);

  QueueSettings settings_;
  Pages pages_;
  FifoGroups groups_;
  std::unique_ptr<FairGroups> fair_;  // of a standard queue, once a message with a group came
  DueTimes due_;
  size_t leased_ = 0, delayed_ = 0, aside_ = 0;
  uint64_t last_sequence_ = 0;
};

}  // namespace belfry::queue
