// Private data that had not reached the peer when it sent the block. A peer commits a block without
// the private data that it could not get in time, fetches it from other peers later, and sends
// nothing about it: whoever only reads the stream never sees it. So the writes that may be wanted
// and are missing are noted in the checkpoint as gaps, their blocks are asked for again, from one
// peer after another, and what has come is delivered, late but once. (Inside of
// pipeline/follower.h.)
//
// A peer does not say whether private data will come, or is of a collection it is no member of: a
// gap is given up when FollowerSettings::late_private_data has passed since its transaction.
#pragma once

#include <map>
#include <optional>
#include <stop_token>

#include "pipeline/channel.h"

namespace belfry::pipeline {

class LateData {
 public:
  explicit LateData(Channel& channel) : channel_(channel) {}
  // Until stopped. Sleeps as long as there are no gaps.
  void run(std::stop_token stop);

 private:
  struct Attempt {
    Duration at{};
    uint32_t failures = 0;
  };

  void give_up();
  // The block to ask for next, and when.
  std::optional<std::pair<uint64_t, Duration>> next();
  void ask(uint64_t block, std::stop_token stop);
  void fill(const decode::Block& block);

  Channel& channel_;
  std::map<uint64_t, Attempt> attempts_;  // by block
  Selector::Scratch scratch_;
};

}  // namespace belfry::pipeline
