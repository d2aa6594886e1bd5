// What can be seen of the pipeline from outside: plain values for `belfry status`, the admin API
// and metrics.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "pipeline/checkpoint.h"

namespace belfry::pipeline {

enum class LaneState {
  starting,     // its place is not yet compared with the network's
  following,    // at the tip
  catching_up,  // blocks that exist are still ahead
  waiting,      // for a peer: see the channel's last error
  stopped,      // a person must act: see code and reason
};
std::string_view name(LaneState state);  // "catching up"

// A listener's way to one destination.
struct LaneStatus {
  std::string listener, destination;
  LaneState state = LaneState::starting;
  Place place;              // the stored one: everything before it has arrived
  uint64_t lag_blocks = 0;  // from the stored place to the height
  Duration lag{
      0};  // age of the oldest block read whose successors are still ahead; zero at the tip
  uint64_t delivered = 0;  // events, since this process started
  uint64_t refused = 0;    // of them: went to the dead letters because their body could not be made
  uint64_t retries = 0;    // units offered again
  size_t pending = 0;      // events read and not yet delivered
  size_t pending_bytes = 0;
  size_t gaps = 0;             // runs of private writes whose data may still come
  uint64_t gaps_given_up = 0;  // since this process started
  bool detached = false;     // reads by a stream of its own, as it was too slow for the common one
  std::string code, reason;  // last trouble; of a stopped lane: why
};

struct ChannelStatus {
  std::string network, channel, source;
  std::string genesis;      // hex; empty until a peer was reached
  uint64_t height = 0;      // the highest seen
  uint64_t next_block = 0;  // of the common stream
  uint64_t blocks = 0, bytes = 0,
           events = 0;      // read since this process started; events that some listener wanted
  uint64_t reconnects = 0;  // streams that ended and were opened again
  size_t streams = 0;       // open or opening now
  double blocks_per_second = 0;       // while catching up
  std::optional<Duration> time_left;  // until the tip, at that rate
  bool waiting = false;               // between two attempts
  std::string code,
      reason;  // of the last end of a stream or failed attempt; empty once blocks flow again
  std::vector<LaneStatus> lanes;
};

struct WorkerStatus {
  std::string queue;
  size_t active = 0;  // messages that a handler has now
  uint64_t done = 0;  // since this process started
  uint64_t retries = 0;
  uint64_t dead_letters = 0;
  std::string last_reason;  // of the last retry or dead letter
};

}  // namespace belfry::pipeline
