// Delivers a range of blocks again, through a listener's pattern and body, into a destination that
// the operator names, and leaves the listener's own place as it is. For repair after an error
// downstream, and to fill a new destination.
//
// A replay is a follower whose source ends with the range: it reconnects, checks blocks and keeps
// its place as every other. The destination carries a key of its own (checkpoint_key("replay-…",
// …)), so an interrupted replay goes on where it was when it is started again with the same key.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "pipeline/follower.h"

namespace belfry::pipeline {

struct Range {
  uint64_t first = 0, last = 0;  // blocks, both included
};

struct ReplayProgress {
  uint64_t next_block = 0;  // up to which everything was delivered
  uint64_t last_block = 0;
  uint64_t events = 0;  // delivered by this call
  double blocks_per_second = 0;
  std::string trouble;  // why it does not get on at the moment; empty: it does
};

// `listener` gives name, pattern and body; its own destinations and start are not used. A range
// that begins after its end or reaches beyond the channel's height is an error; so is a destination
// that refuses, a fork, or a stop (it says how far it came). Blocks the caller; calls progress now
// and then on its thread.
Result<ReplayProgress> replay(const ChannelContext& context, const Listener& listener,
                              Listener::To to, Range range, const FollowerSettings& settings,
                              const std::function<void(const ReplayProgress&)>& progress,
                              std::stop_token stop);

}  // namespace belfry::pipeline
