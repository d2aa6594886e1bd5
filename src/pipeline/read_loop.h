// One stream over the channel and the lanes it feeds: opens it, checks each block, selects events,
// puts them into lanes; opens it again when it ends. The common one serves all lanes that keep up;
// others serve lanes that fell behind, until these have caught up with the common one. (Inside of
// pipeline/follower.h.)
#pragma once

#include <stop_token>
#include <vector>

#include "pipeline/block_check.h"
#include "pipeline/channel.h"

namespace belfry::pipeline {

class ReadLoop {
 public:
  ReadLoop(Channel& channel, bool common);

  // Under the channel's lock: the lane, at a place this loop has not claimed yet, is fed from the
  // next block on.
  void attach(uint32_t lane);
  void run(std::stop_token stop);  // until stopped, or, unless common, without lanes

  // Guarded by the channel's lock.
  uint64_t next_block() const { return next_; }  // blocks before it are read or being read
  const Place& completed() const {
    return completed_;
  }  // everything before it was offered to the lanes
  const std::string& completed_hash() const { return completed_hash_; }
  WallTime block_time() const { return block_time_; }
  bool idle() const { return idle_; }          // has no lanes, may be given any
  bool finished() const { return finished_; }  // the source ended
  double blocks_per_second() const;

 private:
  using Opened = std::variant<std::unique_ptr<BlockStream>, StreamEnd>;
  bool take_lanes(std::stop_token stop);
  Opened open(std::stop_token stop);
  std::optional<StreamEnd> prepare_verifier(const std::string& genesis_hash, std::stop_token stop);
  bool begin_lanes(const ChannelInfo& info);
  void absorb_incoming();  // under the channel's lock
  void drop_stopped();
  std::optional<StreamEnd> read(BlockStream& stream, std::stop_token stop);
  void settle();
  void after_end(const StreamEnd& end, std::stop_token stop);

  void claim(const decode::Block& block);
  void process(const decode::Block& block, std::stop_token stop);
  void offer(uint32_t listener, const event::Event& event, const decode::Block& block,
             std::stop_token stop);
  void note_gap(const event::Event& event, std::span<const Selector::Listener> listeners);
  std::shared_ptr<const Content> content_for(uint32_t listener, const event::Event& event);
  bool make_room(uint32_t lane, const Place& place, const decode::Block& block,
                 std::stop_token stop);
  void detach(uint32_t lane, const Place& place, const decode::Block& block);
  void complete(const decode::Block& block);
  bool merge();
  void index_lanes();

  Channel& channel_;
  const bool common_;

  // By the loop's thread alone.
  std::vector<uint32_t> lanes_;
  std::vector<std::vector<uint32_t>> by_listener_;  // lanes
  std::vector<uint32_t> unchecked_;                 // lanes whose first block has not come yet
  Place least_;                                     // least place of all lanes
  std::vector<uint64_t> touched_at_;  // by lane: the last block that gave it something, + 1
  std::vector<uint32_t> touched_;
  bool gaps_noted_ = false;
  std::vector<bool> too_many_gaps_;  // by lane: and it was said
  BlockCheck check_;
  std::optional<uint64_t> verified_from_;  // check_'s verifier is ready for blocks from here on
  Selector::Scratch scratch_;
  uint64_t expected_ = 0;    // next block of the open stream
  bool broken_off_ = false;  // a stop came while lanes were full: the block is not completed
  uint32_t failures_ = 0;
  std::vector<std::shared_ptr<const Content>> contents_;  // the event's JSON form, once made
  uint64_t wanted_events_ = 0;
  WallTime time_of_block_{};

  // Guarded by the channel's lock.
  std::vector<uint32_t> incoming_;
  uint64_t next_ = 0;
  Place completed_;
  std::string completed_hash_;
  WallTime block_time_{};
  bool idle_ = true, finished_ = false;
  struct RatePoint {
    Duration at{};
    uint64_t block = 0;
  } rate_from_, rate_next_;
};

}  // namespace belfry::pipeline
