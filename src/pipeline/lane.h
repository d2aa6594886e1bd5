// A listener's way to one destination: a bounded buffer of units between a stream and the
// destination, and the listener's place there. Streams put events in, completions take units out;
// between them it never blocks.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/executor.h"
#include "pipeline/backoff.h"
#include "pipeline/destination.h"
#include "pipeline/source.h"
#include "pipeline/status.h"

namespace belfry::pipeline {

struct LaneSettings {
  BackoffSettings redeliver;
  size_t unit_events = 0, unit_bytes = 0;
  size_t most_events = 0, most_bytes = 0;  // buffered by one lane
  size_t share_bytes = 0;  // what each may buffer even when all together hold too much
  size_t total_bytes = 0;  // buffered by all lanes together
  size_t most_gaps = 0;    // of private data that may still come
};

// What all lanes of a channel hold, in bytes.
using Buffered = std::atomic<size_t>;

// What a checkpoint says beside the place itself.
struct Mark {
  std::string_view transaction_id;
  std::string_view previous_block_hash;  // of the block before the place's
};

class Lane : public std::enable_shared_from_this<Lane> {
 public:
  struct Context {
    std::string listener, name;  // name: of the destination
    std::string channel;
    std::shared_ptr<Destination> destination;
    Start from;
    LaneSettings settings;
    std::shared_ptr<Buffered> buffered;
    Random& random;
    Executor& executor;
    std::function<void()>
        changed;  // room was made, or the lane stopped; called without its lock, from any thread
  };
  explicit Lane(Context context);

  // Before the first offer: reads the stored place and compares it with the network's. False: the
  // lane is stopped, status() says why.
  bool begin(const std::string& genesis, uint64_t height, bool accept_new_network);
  bool begun() const;

  // By the thread that owns the lane now (a stream's, or the follower's under its lock):
  Place place;                      // events before it are not wanted
  std::string previous_block_hash;  // of block place.block − 1, to be compared with what the source
                                    // says; empty: unknown
  bool detached_once = false;

  // The block at `place` follows another than the lane saw: stops it, or lets it go on with this
  // one. An empty hash says nothing: filtered blocks have none.
  bool check_fork(const std::string& previous_hash, bool accept);

  // Takes the event, or is full (false). An event at all is taken by an empty lane.
  bool offer(const Place& place, const std::shared_ptr<const Content>& content, const Mark& mark);
  void flush();  // what was offered so far may go: at the end of each block
  // Everything before `next` was read and nothing of it is pending: stores that, if it is news and
  // the lane is idle.
  void advance(const Place& next, const Mark& mark);

  // Private data that may still come (pipeline/late_data.h). Noted by the reader, in order with
  // what it offers; false if there are too many already.
  bool note_gap(Checkpoint::Gap gap);
  std::vector<Checkpoint::Gap> gaps() const;
  // Some of the gaps of a block were filled: takes `items`, in order, in their place, and keeps
  // `left` of these gaps. False if that cannot be now: the lane is full, or has not come past the
  // block.
  bool fill(uint64_t block, std::vector<Item> items, std::vector<Checkpoint::Gap> left);
  // The gaps of transactions before then are waited for no more; returns them.
  std::vector<Checkpoint::Gap> give_up(int64_t before);

  bool full() const;
  bool roomy() const;  // at most half full
  bool idle() const;   // nothing pending, nothing in flight
  bool stopped() const;
  void stop(std::string code, std::string reason);
  void close();  // nothing is handed over any more; answers to what was are still taken
  LaneStatus status()
      const;  // state: starting, following or stopped; lags are the follower's to fill in
  // The place up to which everything was handed to the destination and confirmed.
  Place committed() const;

 private:
  using Lock = std::unique_lock<std::mutex>;
  void close_open(Lock&);
  void pump(Lock& lock);
  void completed(std::shared_ptr<const Unit> unit, Outcome outcome);
  bool full(const Lock&) const;
  void add_pending(size_t events, size_t bytes);
  void take_pending(size_t events, size_t bytes);
  Checkpoint checkpoint(const Place& next, const Mark& mark) const;

  const Context context_;
  mutable std::mutex mutex_;
  bool begun_ = false;
  Checkpoint base_;  // what all checkpoints of this run share
  std::unique_ptr<Unit> open_;
  std::deque<std::shared_ptr<const Unit>> ready_;
  size_t in_flight_ = 0;
  bool pumping_ = false;
  uint32_t failures_ = 0;  // of the destination, in a row
  bool pausing_ = false, closed_ = false;
  size_t pending_events_ = 0, pending_bytes_ = 0;
  std::vector<Place> acknowledged_;  // above the stored place, by an earlier run; ascending
  Place handed_;                     // place after the last unit made
  std::string handed_hash_;          // header hash of the block before handed_'s
  LaneStatus status_;
};

}  // namespace belfry::pipeline
