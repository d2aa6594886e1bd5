// Everything the store knows, in memory: its queues, its named records, and how much of each
// segment is still needed. The store changes it as writes become durable, recovery as it reads
// them.
//
// Not thread-safe: under the store's state lock.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "queue/queue_state.h"
#include "queue/record.h"
#include "queue/spill_file.h"

namespace belfry::queue {

class State {
 public:
  State(FileSystem& files, const std::string& folder) : spill_(files, folder + "/spill") {}

  QueueState* find(QueueId id);
  QueueState* find(std::string_view name);
  QueueState& define(QueueId id, std::string_view name, const QueueSettings& settings,
                     int64_t now);  // or changes
  void hide(QueueId id);            // its name is free again; it is being destroyed
  void destroy(QueueId id);         // its messages are let go in steps, see release_some
  std::vector<std::string> queue_names() const;
  const std::map<QueueId, std::unique_ptr<QueueState>>& queues() const { return queues_; }

  // Changes of messages, keeping account of segments.
  void add(QueueState& queue, const Entry& entry, bool promised);
  void erase(QueueState& queue, uint64_t sequence);
  void purge(QueueState& queue);  // let go in steps, see release_some
  void relocate(QueueState& queue, uint64_t sequence, const Location& to);

  // What was purged or destroyed is out of sight at once, but kept account of until it is let go
  // page by page, so that a deep queue holds nobody up. True: there is more.
  bool release_some();
  bool releasing() const { return !released_.empty(); }

  struct Live {
    uint64_t messages = 0, bytes = 0;
  };
  Live live(uint32_t generation) const;
  const std::unordered_map<uint32_t, Live>& live() const { return live_; }

  // Replays one record of the log that stands at `where`. False: it makes no sense.
  bool replay(const RecordView& record, const Location& where, int64_t now);

  std::map<std::string, std::string, std::less<>> records;
  QueueId next_queue = 1;
  uint64_t salt = 0;
  size_t resident_pages = 0;

 private:
  void hold(const Entry& entry);
  void release(const Entry& entry);

  SpillFile spill_;
  std::map<QueueId, std::unique_ptr<QueueState>> queues_;
  std::map<std::string, QueueId, std::less<>> names_;
  std::unordered_map<uint32_t, Live> live_;
  std::deque<std::unique_ptr<Pages>> released_;
};

}  // namespace belfry::queue
