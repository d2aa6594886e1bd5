// The durable middle of belfry: named queues and small named records in one log, changed in batches that become
// durable together or not at all.
//
// Everything that must agree goes into one batch: a listener's messages and its place; the removal of a message and
// what its handling produced; a move to a dead-letter queue. That is why nothing is lost and nothing is doubled inside
// belfry, whenever it dies. docs/formats/queue-log.md is the format.
//
// Time and disk come from outside. Callbacks run on the store's flusher thread or on the caller's: they must be short
// and may call back into the store. All functions are thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/callback.h"
#include "base/clock.h"
#include "base/files.h"
#include "base/random.h"
#include "base/result.h"
#include "queue/message.h"

namespace belfry::queue {

using QueueId = uint32_t;

struct DeadLetter {
  std::string queue;   // name
  uint32_t after = 0;  // receives
};

struct QueueSettings {
  bool fifo = false;
  Duration visibility_timeout = std::chrono::seconds(30);
  Duration delay{0};
  Duration retention = std::chrono::hours(24 * 4);
  Duration receive_wait{0};
  uint32_t maximum_message_size = 1 << 20;
  std::optional<DeadLetter> dead_letter;
  bool content_deduplication = false;
  // Void leases of a dead process at once on the next start: right for belfry's own workers, whose leases cannot
  // outlive them; wrong for clients over the network.
  bool leases_end_with_process = false;
};

struct QueueCounts {
  uint64_t visible = 0, in_flight = 0, delayed = 0;
  WallTime oldest{};  // when the oldest message left was sent; zero when there is none
};

// Changes that become durable together. Built by one thread.
class Batch {
 public:
  void send(QueueId queue, Message message);
  void remove(QueueId queue, std::string receipt);  // of a received message; a stale receipt removes nothing on FIFO
  void change_visibility(QueueId queue, std::string receipt, Duration from_now);
  void put(std::string key, std::string value);  // a small named record
  void erase(std::string key);
  void append(Batch&& other);
  bool empty() const { return operations_.empty(); }
  size_t bytes() const { return bytes_; }  // of bodies and attributes, about

  struct Operation;
  std::vector<Operation>& operations() { return operations_; }

  Batch();
  ~Batch();
  Batch(Batch&&) noexcept;
  Batch& operator=(Batch&&) noexcept;

 private:
  std::vector<Operation> operations_;
  size_t bytes_ = 0;
};

enum class CommitStatus {
  durable,  // on the disk
  full,     // no room on the disk, or the store's size limit: nothing was changed; try again later
  failed,   // the disk failed: the store takes no further change, the process must restart
};

struct Committed {
  CommitStatus status = CommitStatus::failed;
  std::string reason;  // when not durable
  struct Sent {
    std::string id;
    uint64_t sequence;
    bool duplicate;  // FIFO: swallowed as one that was sent within five minutes; id and sequence are the original's
  };
  std::vector<Sent> sent;  // one for each send of the batch, in order
};

class Store {
 public:
  struct Options {
    uint64_t segment_bytes = 64 << 20;
    uint64_t maximum_bytes = 0;  // of all segments; 0: as much as the disk has
    uint32_t in_flight_limit = 120'000;  // per queue
  };

  // Recovers what is there. The folder must exist and be held (FolderLock).
  static Result<std::unique_ptr<Store>> open(FileSystem& files, Clock& clock, Random& random, std::string folder,
                                             Options options);
  virtual ~Store() = default;  // flushes what was accepted, then runs no further callback

  // Queues. Names are [A-Za-z0-9_.-], up to 200 characters; belfry's own begin with a dot.
  virtual Result<QueueId> open_queue(const std::string& name, const QueueSettings& settings) = 0;  // makes or updates
  virtual std::optional<QueueId> find_queue(std::string_view name) const = 0;
  virtual std::vector<std::string> queue_names() const = 0;
  virtual QueueSettings settings(QueueId queue) const = 0;
  virtual QueueCounts counts(QueueId queue) const = 0;
  virtual Result<void> delete_queue(QueueId queue) = 0;
  virtual Result<void> purge(QueueId queue) = 0;

  // Small named records.
  virtual std::optional<std::string> get(std::string_view key) const = 0;
  virtual std::vector<std::pair<std::string, std::string>> list(std::string_view prefix) const = 0;

  // Takes the batch; done is called once, when it is durable or will never be.
  virtual void commit(Batch batch, Callback<Committed> done) = 0;
  Committed commit(Batch batch);  // waits

  // Leases up to max messages for `visibility` (negative: the queue's). Answers as soon as there is one, or with none when
  // `wait` is over. A message that was received as often as the dead-letter setting allows is moved there instead.
  virtual void receive(QueueId queue, size_t max, Duration visibility, Duration wait,
                       Callback<std::vector<Received>> done) = 0;
  std::vector<Received> receive(QueueId queue, size_t max, Duration visibility = Duration(-1),
                                Duration wait = Duration(0));  // waits
  // Reads without leasing, oldest first, from the first sequence above `after`: for people who look.
  virtual std::vector<Received> peek(QueueId queue, uint64_t after, size_t max) const = 0;

  // Called once, soon after a message was sent to the queue (or now, if its sequence is above `after`): for followers of
  // a queue that nobody receives from, such as the outbox.
  virtual void when_above(QueueId queue, uint64_t after, Callback<> then) = 0;

  // Lets time-driven work happen (visibility, delay, retention) when a test moved a ManualClock.
  virtual void clock_moved() = 0;
};

}  // namespace belfry::queue
