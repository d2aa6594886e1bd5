// The store's working parts put together: callers on any thread, one flusher, one keeper.
//
//   commit() ─▶ pending ─▶ flusher, or who ends a turn: write down a group, sync, let it take
//   effect, call back
//   receive() ─▶ takes leases at once, under the state lock; their record joins the next group, the
//   answer comes after it keeper: prepares segments, writes checkpoints, empties old segments, puts
//   cold index pages aside
//
// Three locks, never held together in another order: writer_mutex_ (who writes), state_mutex_ (the
// index), pending_mutex_ (what waits to be written). No callback runs under the latter two.
#pragma once

#include <atomic>
#include <condition_variable>
#include <future>
#include <set>
#include <thread>
#include <tuple>

#include "queue/checkpoint.h"
#include "queue/message_id.h"
#include "queue/operation.h"
#include "queue/receipt.h"
#include "queue/recent_groups.h"
#include "queue/recovery.h"
#include "queue/segment_set.h"
#include "queue/state.h"
#include "queue/store.h"

namespace belfry::queue {

class StoreImpl final : public Store {
 public:
  StoreImpl(FileSystem& files, Clock& clock, Random& random, std::string folder, Options options);
  ~StoreImpl() override;
  Result<void> start();  // recovers, then runs

  Result<QueueId> open_queue(const std::string& name, const QueueSettings& settings) override;
  std::optional<QueueId> find_queue(std::string_view name) const override;
  std::vector<std::string> queue_names() const override;
  QueueSettings settings(QueueId queue) const override;
  QueueCounts counts(QueueId queue) const override;
  Result<void> delete_queue(QueueId queue) override;
  Result<void> purge(QueueId queue) override;
  bool full() const override { return full_; }
  std::optional<std::string> get(std::string_view key) const override;
  std::vector<std::pair<std::string, std::string>> list(std::string_view prefix) const override;
  using Store::commit;
  void commit(Batch batch, Callback<Committed> done) override;
  using Store::receive;
  void receive(QueueId queue, size_t max, Duration visibility, Duration wait,
               Callback<std::vector<Received>> done,
               std::shared_ptr<const std::atomic<bool>> gone) override;
  ReceiptStatus check(QueueId queue, std::string_view receipt) const override;
  std::vector<Received> peek(QueueId queue, uint64_t after, size_t max) const override;
  void when_above(QueueId queue, uint64_t after, Callback<> then) override;
  void clock_moved() override;
  bool in_callback() const override { return calling_back_ == this; }
  void begin_turn() override;
  void end_turn() override;
  void hurry() override;

 private:
  struct Work {
    Batch batch;
    Callback<Committed> done;  // may be null
    // A receive's answer, called instead of done.
    std::vector<Received> received;
    Callback<std::vector<Received>> receiver;
    Committed result;
    uint64_t bytes = 0;  // as counted in outstanding_bytes_
  };
  using Works = std::vector<Work>;

  int64_t now() const { return clock_.now().time_since_epoch().count(); }
  Result<void> wait_for(std::future<Committed> done);  // at once in a callback
  std::future<Committed> submit_locked(Batch::Operation operation);

  // message_reading.cc. A source is taken under the lock that its entry was looked up under: from
  // then on the segment is not used anew, whatever becomes of the entry.
  struct Source {
    Location where;
    SegmentPtr segment;
    RecentGroups::Found recent;
  };
  Source source_locked(const Location& where) const;
  std::vector<Source> sources_locked(const std::vector<Entry>& entries) const;
  static std::vector<Result<StoredMessage>> read_all(const std::vector<Source>& sources);

  // store_receive.cc. Those that say `locked` want the state lock held.
  struct Lease {
    std::vector<Entry> entries;
    std::vector<Source> sources;  // of the entries
    size_t max = 0;
    Duration visibility{};
    bool ends_with_process = false;
    LeaseOperation operation;
    Works others;  // moves and removals that the receive brought about
  };
  Lease take_locked(QueueState& queue, size_t max, Duration visibility);
  void answer(Lease lease, Callback<std::vector<Received>> done);  // without the lock
  static std::vector<Received> read_received(const std::vector<Entry>& entries,
                                             const std::vector<Source>& sources,
                                             std::vector<uint64_t>& unreadable);
  bool set_aside_locked(Lease& lease, const std::vector<uint64_t>& unreadable);
  using Served = std::vector<std::pair<Lease, Callback<std::vector<Received>>>>;
  void serve_waiters_locked(QueueState& queue, Served& served);
  void list_due_locked(QueueState& queue);
  void run_due();  // delays, leases, retention and waits that are over
  void expire_locked(QueueState& queue, int64_t now, Works& works);

  // flusher.cc
  bool submit(Work work, bool urgent = true);
  void submit_all(Works works);
  void flusher();
  bool take_pending(bool all);
  bool is_flusher() const { return calling_back_ == this && turn_.store != this; }
  void process(Works& works);
  bool rotate(bool growing, uint64_t size);
  bool write_group(std::string buffer);
  void fail_store(std::string reason);
  void finish(Works& works, size_t from, size_t to);
  uint64_t bound_locked(Work& work);  // bytes that its records take at most
  uint64_t bound_of_move_locked(const MoveOperation& move);
  bool replaces_locked(Batch& batch);  // it brings no more than it removes
  void note_no_room(uint64_t bytes);
  void note_room(uint64_t bytes);
  std::string no_room_reason() const;

  // store_writing.cc: an operation into the group, and what it does once durable
  void write_down_locked(Work& work, std::string& group);
  void take_effect_locked(Work& work, std::vector<QueueId>& touched);
  void take_back_locked(Work& work);
  void write_send(SendOperation& send, Committed& result, std::string& group);
  void write_remove(RemoveOperation& remove, Committed& result, std::string& group);
  void write_visibility(VisibilityOperation& change, Committed& result, std::string& group);
  void write_move(MoveOperation& move, Committed& result, std::string& group);
  std::optional<Receipt> receipt_of(QueueId queue, std::string_view text) const;
  ReceiptStatus check_locked(QueueState& queue, const Receipt& receipt) const;

  // keeper.cc
  void keeper();
  void poke_keeper();
  void keep_house();
  void prepare_segments();
  bool commit_and_prepare(Batch batch);
  size_t dead_segments() const;
  Result<void> checkpoint();
  void free_segments();
  void release_purged();
  SegmentPtr segment_to_empty() const;
  bool empty_a_segment();
  void put_pages_aside();

  FileSystem& files_;
  Clock& clock_;
  Random& random_;
  const std::string folder_;
  const Options options_;

  mutable std::mutex state_mutex_;
  mutable State state_;  // looking a message up may bring its page back, and a lease may be found
                         // to have ended
  RecentGroups recent_;
  std::set<std::pair<int64_t, QueueId>> due_;               // wall time
  std::set<std::tuple<int64_t, QueueId, uint64_t>> waits_;  // monotonic; queue, waiter
  uint64_t next_waiter_ = 1;
  std::vector<Callback<std::vector<Received>>> forsaken_;  // who waited at a queue that was deleted
  LogPosition end_;           // of the durable log, all of it in effect
  LogPosition checkpointed_;  // where the newest checkpoint was taken

  SegmentSet segments_;
  std::mutex writer_mutex_;
  // Of who is writing, under writer_mutex_.
  Works taken_;  // what is being written; its room is used again
  MessageIds ids_;
  SegmentPtr active_;
  uint64_t offset_ = 0;
  uint64_t group_size_guess_ = 4096;
  uint64_t no_room_for_ = 0;  // while full: the least that was refused, bytes

  mutable std::mutex pending_mutex_;
  std::condition_variable pending_changed_, pending_drained_;
  Works pending_;
  uint64_t outstanding_bytes_ = 0;  // of what is pending or being written
  bool urgent_ = false;             // something pending is
  bool flush_due_ = false;          // the flusher is to write what is pending
  bool poked_ = false, stopping_ = false, closed_ = false;
  std::string failed_;  // why the store takes nothing more
  std::atomic<bool> full_ = false;

  std::mutex keeper_mutex_;
  std::condition_variable keeper_changed_;
  bool keeper_poked_ = false, keeper_stopping_ = false;
  uint64_t checkpoint_size_ = 0;
  std::set<uint32_t> unreadable_;  // segments that cannot be emptied; the keeper's own
  std::atomic<uint64_t> logged_since_checkpoint_ = 0;

  std::thread flusher_, keeper_;
  static thread_local const StoreImpl* calling_back_;  // whose callbacks this thread runs
  struct Turn {
    const StoreImpl* store = nullptr;  // whose turn it is on this thread
    size_t works = 0;                  // gathered in it
  };
  static thread_local Turn turn_;
};

}  // namespace belfry::queue
