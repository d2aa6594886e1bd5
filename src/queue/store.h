// The durable middle of belfry: named queues and small named records in one log, changed in batches
// that become durable together or not at all.
//
// Everything that must agree goes into one batch: a listener's messages and its place; the removal
// of a message and what its handling produced; a move to a dead-letter queue. That is why nothing
// is lost and nothing is doubled inside belfry, whenever it dies. docs/formats/queue-log.md is the
// format.
//
// Time and disk come from outside. Callbacks run on the store's flusher thread, on the caller's, or
// on that of a turn: they must be short and may call back into the store. All functions are
// thread-safe.
#pragma once

#include <atomic>
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
  bool operator==(const DeadLetter&) const = default;
};

struct QueueSettings {
  bool operator==(const QueueSettings&) const = default;

  bool fifo = false;
  Duration visibility_timeout = std::chrono::seconds(30);
  Duration delay{0};
  Duration retention = std::chrono::hours(24 * 4);
  Duration receive_wait{0};
  uint32_t maximum_message_size = 1 << 20;
  std::optional<DeadLetter> dead_letter;
  bool content_deduplication = false;
  bool deduplication_by_group =
      false;  // the scope of deduplication is the message group, not the queue; fixed at creation
  // Void leases of a dead process at once on the next start: right for belfry's own workers, whose
  // leases cannot outlive them; wrong for clients over the network. Such a receive is answered
  // before its record is durable, and a crash forgets its count.
  bool leases_end_with_process = false;
};

struct QueueCounts {
  uint64_t visible = 0, in_flight = 0, delayed = 0;
  uint64_t unreadable = 0;  // damaged on the disk: set aside until the next start, when they are
                            // tried again, or the end of their retention; the log names each
  WallTime oldest{};        // when the oldest message left was sent; zero when there is none
};

// Changes that become durable together. Built by one thread.
class Batch {
 public:
  void send(QueueId queue, Message message);
  void remove(
      QueueId queue,
      std::string receipt);  // of a received message; a stale receipt removes nothing on FIFO
  void change_visibility(QueueId queue, std::string receipt, Duration from_now);
  // Moves a received message to another queue as the dead-letter move does: id, attributes, time
  // sent and receive count stay; the system attributes belfry.dead-letter-source (the queue's name)
  // and, if given, belfry.reason are set.
  void move(QueueId from, std::string receipt, QueueId to, std::string reason = {});
  // Moves a message that nobody holds to another queue as one sent just now: id and attributes
  // stay, the receive count begins anew, the two attributes of move() go. This is what move tasks
  // are made of.
  void redrive(QueueId from, uint64_t sequence, QueueId to);
  void put(std::string key, std::string value);  // a small named record
  void erase(std::string key);
  void append(Batch&& other);
  bool empty() const;
  size_t bytes() const { return bytes_; }  // of bodies and attributes, about

  struct Operation;  // queue/operation.h
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
  full,     // no room on the disk, or the store's size limit: nothing was changed; try again later.
            // A batch that brings no more bytes than it removes is still taken
  too_large,  // above kLargestBatch: nothing was changed, and will never be
  failed,     // the disk failed: the store takes no further change, the process must restart
};

// What became of an operation that names a message by receipt or sequence.
enum class ReceiptStatus {
  done,          // or there was nothing left to do: removing twice is no error on a standard queue
  expired,       // FIFO: the lease is over, so the handle no longer speaks for the message
  malformed,     // no handle of this queue
  not_held,      // change_visibility: the message is not in flight (standard); redrive: it is gone
                 // or in flight
  gone,          // change_visibility: the message was removed (standard)
  beyond_limit,  // change_visibility: a lease may last twelve hours in total
};

struct Committed {
  CommitStatus status = CommitStatus::failed;
  std::string reason;  // when not durable
  Batch refused;       // when full: the batch, to be tried again
  struct Sent {
    std::string id;
    uint64_t sequence;
    bool duplicate;  // FIFO: swallowed as one that was sent within five minutes; id and sequence
                     // are the original's
    bool no_queue = false;  // the queue was deleted meanwhile: nothing was sent
  };
  std::vector<Sent> sent;  // one for each send of the batch, in order
  std::vector<ReceiptStatus>
      receipts;  // one for each remove, change_visibility, move and redrive of the batch, in order
};

class Store {
 public:
  struct Options {
    uint64_t segment_bytes = 64 << 20;
    uint64_t maximum_bytes = 0;          // of all segments; 0: as much as the disk has
    uint32_t in_flight_limit = 120'000;  // per queue
    uint64_t group_bytes =
        4 << 20;  // what one write and fdatasync takes at most, unless one batch alone is larger
    uint64_t outstanding_bytes =
        64 << 20;  // waiting for the disk; beyond it commit() waits (never in a callback)
    uint64_t cache_bytes =
        16 << 20;  // bodies lately written, kept so that receiving them reads no disk
    uint64_t index_bytes =
        64 << 20;  // of the index held in memory before a deep queue's middle is put aside on disk
  };

  // Recovers what is there. The folder must exist and be held (FolderLock).
  static Result<std::unique_ptr<Store>> open(FileSystem& files, Clock& clock, Random& random,
                                             std::string folder, Options options);
  virtual ~Store() = default;  // flushes what was accepted, then runs no further callback

  // What a batch takes at most. A larger one is refused.
  static constexpr uint64_t kLargestBatch = uint64_t{512} << 20;
  // How long a lease may last, extensions included.
  static constexpr Duration kLongestLease = std::chrono::hours(12);
  // How long a FIFO queue remembers deduplication ids.
  static constexpr Duration kDeduplication = std::chrono::minutes(5);

  // Queues. open_queue, delete_queue and purge wait for the disk, except in a callback, where they
  // are durable with the next commit. A queue's fifo and deduplication_by_group are fixed when it
  // is made. Names are [A-Za-z0-9_.-], up to 200 characters; belfry's own begin with a dot. Opening
  // a queue as it is already writes nothing.
  virtual Result<QueueId> open_queue(const std::string& name,
                                     const QueueSettings& settings) = 0;  // makes or updates
  virtual std::optional<QueueId> find_queue(std::string_view name) const = 0;
  virtual std::vector<std::string> queue_names() const = 0;
  virtual QueueSettings settings(QueueId queue) const = 0;
  virtual QueueCounts counts(QueueId queue) const = 0;
  virtual Result<void> delete_queue(QueueId queue) = 0;
  virtual Result<void> purge(QueueId queue) = 0;

  // The last batch that wanted room was refused for want of it.
  virtual bool full() const = 0;

  // Small named records.
  virtual std::optional<std::string> get(std::string_view key) const = 0;
  virtual std::vector<std::pair<std::string, std::string>> list(std::string_view prefix) const = 0;

  // Takes the batch; done is called once, when it is durable or will never be.
  virtual void commit(Batch batch, Callback<Committed> done) = 0;
  Committed commit(Batch batch);  // waits; not in a callback
  virtual bool in_callback()
      const = 0;  // whether this is the thread that calls back: it must not wait

  // A thread that handles many requests in a row brackets each round of them with these. What it
  // commits and receives in a round is gathered; at the end the thread itself writes and syncs it
  // as one group and calls back, or leaves it to the flusher if somebody else is just writing. So
  // nothing is handed from thread to thread and back while there is little to do. Several threads
  // may have turns at once: one may write what another gathered, and call back for it. Turns do not
  // nest, and one is short.
  virtual void begin_turn() = 0;
  virtual void end_turn() = 0;

  // Leases up to max messages for `visibility` (negative: the queue's). Answers as soon as there is
  // one, or with none when `wait` is over. A message that was received as often as the dead-letter
  // setting allows is moved there instead. Whoever waits and is `gone` by then gets nothing.
  virtual void receive(QueueId queue, size_t max, Duration visibility, Duration wait,
                       Callback<std::vector<Received>> done,
                       std::shared_ptr<const std::atomic<bool>> gone = nullptr) = 0;
  std::vector<Received> receive(QueueId queue, size_t max, Duration visibility = Duration(-1),
                                Duration wait = Duration(0));  // waits
  // What a remove with this receipt would answer now.
  virtual ReceiptStatus check(QueueId queue, std::string_view receipt) const = 0;
  // Reads without leasing, oldest first, from the first sequence above `after`: for people who
  // look.
  virtual std::vector<Received> peek(QueueId queue, uint64_t after, size_t max) const = 0;

  // Called once, soon after a message was sent to the queue (or now, if its sequence is above
  // `after`): for followers of a queue that nobody receives from, such as the outbox.
  virtual void when_above(QueueId queue, uint64_t after, Callback<> then) = 0;

  // Lets time-driven work happen (visibility, delay, retention) when a test moved a ManualClock.
  virtual void clock_moved() = 0;

 protected:
  virtual void hurry() = 0;  // this thread is going to wait for what it committed in a turn
};

}  // namespace belfry::queue
