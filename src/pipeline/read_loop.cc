#include "pipeline/read_loop.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"
#include "base/log.h"

namespace belfry::pipeline {
namespace {

constexpr uint32_t kNone = UINT32_MAX;
constexpr uint64_t kDropStoppedEvery = 64;  // blocks
constexpr Duration kRateWindow = std::chrono::seconds(5);

Place start_of(uint64_t block) {
  return {block, 0, event::Kind::block, 0};
}

}  // namespace

ReadLoop::ReadLoop(Channel& channel, bool common) : channel_(channel), common_(common) {
  by_listener_.resize(channel.listeners.size());
  touched_at_.resize(channel.lanes.size());
  too_many_gaps_.resize(channel.lanes.size());
}

void ReadLoop::attach(uint32_t lane) {
  incoming_.push_back(lane);
  channel_.reader[lane] = this;
  if (idle_) {
    next_ = channel_.lanes[lane]->place.block;
    completed_ = start_of(0);
    idle_ = false;
  }
  channel_.changed.notify_all();
}

void ReadLoop::run(std::stop_token stop) {
  while (!stop.stop_requested() && take_lanes(stop)) {
    Opened opened = open(stop);
    if (auto* end = std::get_if<StreamEnd>(&opened)) {
      after_end(*end, stop);
      continue;
    }
    if (!std::get<std::unique_ptr<BlockStream>>(opened)) continue;  // no lane is left
    {
      std::lock_guard lock(channel_.mutex);
      ++channel_.streams;
    }
    const Duration opened_at = channel_.context.clock.monotonic();
    const std::optional<StreamEnd> end =
        read(*std::get<std::unique_ptr<BlockStream>>(opened), stop);
    if (channel_.context.clock.monotonic() - opened_at > channel_.settings.reconnect.most)
      failures_ = 0;
    {
      std::lock_guard lock(channel_.mutex);
      --channel_.streams;
      settle();
    }
    if (end) after_end(*end, stop);
  }
}

// False when there is nothing to do any more.
bool ReadLoop::take_lanes(std::stop_token stop) {
  drop_stopped();
  std::unique_lock lock(channel_.mutex);
  absorb_incoming();
  while (lanes_.empty()) {
    idle_ = true;
    channel_.changed.notify_all();
    if (!common_) return false;
    channel_.changed.wait(lock, stop, [&] { return !incoming_.empty(); });
    if (stop.stop_requested()) return false;
    absorb_incoming();
  }
  finished_ = false;
  return true;
}

void ReadLoop::absorb_incoming() {
  if (incoming_.empty()) return;
  for (const uint32_t lane : incoming_) {
    lanes_.push_back(lane);
    unchecked_.push_back(lane);
  }
  incoming_.clear();
  index_lanes();
}

void ReadLoop::drop_stopped() {
  const auto stopped = [&](uint32_t lane) { return channel_.lanes[lane]->stopped(); };
  if (std::none_of(lanes_.begin(), lanes_.end(), stopped)) return;
  std::lock_guard lock(channel_.mutex);
  for (const uint32_t lane : lanes_) {
    if (stopped(lane)) channel_.reader[lane] = nullptr;
  }
  std::erase_if(lanes_, stopped);
  std::erase_if(unchecked_, stopped);
  index_lanes();
}

void ReadLoop::index_lanes() {
  for (auto& lanes : by_listener_) lanes.clear();
  least_ = start_of(UINT64_MAX);
  for (const uint32_t lane : lanes_) {
    by_listener_[channel_.listener_of[lane]].push_back(lane);
    least_ = std::min(least_, channel_.lanes[lane]->place);
  }
}

ReadLoop::Opened ReadLoop::open(std::stop_token stop) {
  BlockSource& source = channel_.context.source;
  auto info = source.info(stop);
  if (auto* end = std::get_if<StreamEnd>(&info)) return *end;
  const ChannelInfo& found = std::get<ChannelInfo>(info);
  if (!begin_lanes(found)) return std::unique_ptr<BlockStream>();
  uint64_t start = 0;
  {
    std::lock_guard lock(channel_.mutex);
    absorb_incoming();
    index_lanes();
    start = next_ = least_.block;
    channel_.height = std::max(channel_.height, found.height);
    if (start > found.height) {
      channel_.code = "lagging-peer";
      channel_.reason = fmt::format(
          "{} has {} blocks, the listeners' place is block {}: waiting for it to catch up",
          source.describe(), found.height, start);
    }
  }
  unchecked_ = lanes_;
  expected_ = std::min(start, found.height);
  if (auto end = prepare_verifier(found.genesis_hash, stop)) return std::move(*end);
  return source.open(expected_, stop);
}

std::optional<StreamEnd> ReadLoop::prepare_verifier(const std::string& genesis_hash,
                                                    std::stop_token stop) {
  if (!channel_.context.verifier || (verified_from_ && *verified_from_ <= expected_)) return {};
  auto made = channel_.context.verifier(expected_, genesis_hash, stop);
  if (auto* end = std::get_if<StreamEnd>(&made)) return std::move(*end);
  check_.use(std::move(std::get<std::unique_ptr<BlockVerifier>>(made)));
  verified_from_ = expected_;
  return {};
}

// Compares each lane's place with the network. False if no lane is left.
bool ReadLoop::begin_lanes(const ChannelInfo& info) {
  const std::string genesis = hex(info.genesis_hash);
  bool same = true;
  {
    std::lock_guard lock(channel_.mutex);
    if (channel_.genesis.empty()) channel_.genesis = genesis;
    same = channel_.genesis == genesis;
  }
  for (const uint32_t lane : lanes_) {
    if (!same) {
      channel_.lanes[lane]->stop(
          "rebuilt-network",
          fmt::format("the network was rebuilt while belfry followed it: channel {} now begins "
                      "with block {}; nothing "
                      "of it was sent. To follow the new one, run again with --accept-new-network",
                      channel_.context.channel, genesis.substr(0, 16)));
    } else if (!channel_.lanes[lane]->begun()) {
      (void)channel_.lanes[lane]->begin(genesis, info.height, channel_.settings.accept_new_network);
    }
  }
  {
    std::lock_guard lock(channel_.mutex);
    channel_.gaps_noted = true;  // by an earlier run, perhaps
    channel_.late_wanted.notify_all();
  }
  drop_stopped();
  return !lanes_.empty();
}

// Why the stream ended; none if the loop itself wants no more of it.
std::optional<StreamEnd> ReadLoop::read(BlockStream& stream, std::stop_token stop) {
  for (;;) {
    Next next = stream.next(stop);
    if (auto* end = std::get_if<StreamEnd>(&next)) return std::move(*end);
    const decode::Block& block = std::get<decode::Block>(next);
    if (block.number != expected_) {
      return StreamEnd{StreamEnd::Next::reconnect, "unexpected-block",
                       fmt::format("{} sent block {} where block {} was due",
                                   channel_.context.source.describe(), block.number, expected_)};
    }
    ++expected_;
    claim(block);
    if (auto mistrust = check_.check(block)) {
      {
        std::lock_guard lock(channel_.mutex);
        channel_.code = mistrust->code;
        channel_.reason = mistrust->reason;
      }
      for (const uint32_t lane : lanes_)
        channel_.lanes[lane]->stop(mistrust->code, mistrust->reason);
      return StreamEnd{StreamEnd::Next::stop, mistrust->code, mistrust->reason};
    }
    process(block, stop);
    if (broken_off_) return {};
    complete(block);
    if (block.number % kDropStoppedEvery == 0) drop_stopped();
    if (merge() || lanes_.empty()) return {};
  }
}

void ReadLoop::claim(const decode::Block& block) {
  std::lock_guard lock(channel_.mutex);
  absorb_incoming();
  next_ = std::max(next_, block.number + 1);
}

void ReadLoop::process(const decode::Block& block, std::stop_token stop) {
  std::erase_if(unchecked_, [&](uint32_t lane) {
    Lane& checked = *channel_.lanes[lane];
    if (checked.place.block > block.number) return false;
    // A lane whose block has passed would have lost it.
    BELFRY_CHECK(checked.place.block == block.number);
    (void)checked.check_fork(std::string(block.previous_hash),
                             channel_.settings.accept_new_network);
    return true;
  });
  std::string genesis;
  const decode::WalkOptions options = channel_.walk_options(genesis);
  const uint32_t from = least_.block == block.number ? least_.transaction : 0;
  touched_.clear();
  channel_.selector->select(
      block, options, from, scratch_,
      [&](const event::Event& event, std::span<const Selector::Listener> listeners) {
        ++wanted_events_;
        contents_.clear();
        for (const Selector::Listener listener : listeners) {
          if (!broken_off_ && !by_listener_[listener].empty()) offer(listener, event, block, stop);
        }
      },
      {.block = [&](const event::Event& event) { time_of_block_ = event.time; },
       .withheld =
           [&](const event::Event& event, std::span<const Selector::Listener> listeners) {
             note_gap(event, listeners);
           }});
  for (const uint32_t lane : touched_) channel_.lanes[lane]->flush();
}

void ReadLoop::offer(uint32_t listener, const event::Event& event, const decode::Block& block,
                     std::stop_token stop) {
  const Place place = place_of(event.position);
  std::shared_ptr<const Content> content;
  for (size_t i = 0; i < by_listener_[listener].size(); ++i) {
    const uint32_t index = by_listener_[listener][i];
    if (index == kNone || place < channel_.lanes[index]->place) continue;
    if (!content) content = content_for(listener, event);
    Lane& lane = *channel_.lanes[index];
    const Mark mark{event.transaction_id, block.previous_hash};
    while (!lane.offer(place, content, mark)) {
      if (!make_room(index, place, block, stop)) break;
    }
    if (broken_off_) return;
    if (by_listener_[listener][i] != kNone && touched_at_[index] != block.number + 1) {
      touched_at_[index] = block.number + 1;
      touched_.push_back(index);
    }
  }
}

// The private data of this write may come later, to a lane that has not asked for it before.
void ReadLoop::note_gap(const event::Event& event, std::span<const Selector::Listener> listeners) {
  const Duration late = channel_.settings.late_private_data;
  const WallTime now = channel_.context.clock.now();
  if (late == Duration(0) || event.time <= now - late) return;
  const Place place = place_of(event.position);
  const Checkpoint::Gap gap{place.block,
                            place.transaction,
                            place.index,
                            1,
                            Checkpoint::Gap::seconds(std::min(event.time, now)),
                            std::string(check_.last_hash())};
  for (const Selector::Listener listener : listeners) {
    for (const uint32_t index : by_listener_[listener]) {
      if (index == kNone || place < channel_.lanes[index]->place) continue;
      gaps_noted_ = true;
      const bool taken = channel_.lanes[index]->note_gap(gap);
      if (!taken && !too_many_gaps_[index])
        log::warn(
            "too much private data is missing at once: no more of it is waited for; if the "
            "peer is no member of the collection, leave that out of the listener's match",
            {{"listener", channel_.listeners[listener].name},
             {"collection", event.collection},
             {"block", place.block}});
      too_many_gaps_[index] = !taken;
    }
  }
}

// The same form is made once for all who want it.
std::shared_ptr<const Content> ReadLoop::content_for(uint32_t listener, const event::Event& event) {
  const Body& body = channel_.listeners[listener].body;
  if (body) return content_of(event, body);
  if (contents_.empty()) contents_.push_back(content_of(event, body));
  return contents_.front();
}

// The lane is full. True: it has room now. False: it reads by a stream of its own from here on, or
// all ends.
bool ReadLoop::make_room(uint32_t index, const Place& place, const decode::Block& block,
                         std::stop_token stop) {
  Lane& lane = *channel_.lanes[index];
  lane.flush();
  const auto others_go_on = [&] {
    return std::any_of(lanes_.begin(), lanes_.end(), [&](uint32_t other) {
      return other != index && !channel_.lanes[other]->stopped() && !channel_.lanes[other]->full();
    });
  };
  // Others get what they were given so far: they may be waited for below.
  for (const uint32_t other : touched_) channel_.lanes[other]->flush();
  std::unique_lock lock(channel_.mutex);
  channel_.changed.wait(lock, stop, [&] { return !lane.full() || others_go_on(); });
  if (lane.full() && !stop.stop_requested() && !lane.detached_once &&
      channel_.settings.patience > Duration(0)) {
    channel_.pause(lock, stop, channel_.settings.patience, [&] { return !lane.full(); });
  }
  if (!lane.full()) return true;
  if (stop.stop_requested()) {
    broken_off_ = true;
    return false;
  }
  if (!others_go_on()) return true;  // look again
  detach(index, place, block);
  return false;
}

void ReadLoop::detach(uint32_t index, const Place& place, const decode::Block& block) {
  Lane& lane = *channel_.lanes[index];
  lane.place = place;
  lane.previous_block_hash = block.previous_hash;
  lane.detached_once = true;
  std::erase(lanes_, index);
  std::erase(unchecked_, index);
  auto& siblings = by_listener_[channel_.listener_of[index]];
  std::replace(siblings.begin(), siblings.end(), index, kNone);  // others are being walked over
  channel_.reader[index] = nullptr;
  ++channel_.detached;
  log::info(
      "a destination is slow: its listener reads by a stream of its own",
      {{"listener", channel_.listeners[channel_.listener_of[index]].name}, {"block", place.block}});
}

void ReadLoop::complete(const decode::Block& block) {
  failures_ = 0;
  const Duration now = channel_.context.clock.monotonic();
  std::lock_guard lock(channel_.mutex);
  completed_ = start_of(block.number + 1);
  completed_hash_ = check_.last_hash();
  block_time_ = time_of_block_;
  channel_.height = std::max(channel_.height, block.number + 1);
  ++channel_.blocks;
  channel_.bytes += block.buffer->size();
  channel_.events += std::exchange(wanted_events_, 0);
  if (std::exchange(gaps_noted_, false)) {
    channel_.gaps_noted = true;
    channel_.late_wanted.notify_all();
  }
  if (common_ && next_ == block.number + 1) {
    channel_.code.clear();
    channel_.reason.clear();
  }
  if (rate_next_.at == Duration{}) {
    rate_from_ = rate_next_ = {now, block.number + 1};
  } else if (now - rate_next_.at >= kRateWindow) {
    rate_from_ = std::exchange(rate_next_, {now, block.number + 1});
  }
}

double ReadLoop::blocks_per_second() const {
  const double seconds =
      std::chrono::duration<double>(channel_.context.clock.monotonic() - rate_from_.at).count();
  if (rate_from_.at == Duration{} || seconds <= 0 || completed_.block < rate_from_.block) return 0;
  return static_cast<double>(completed_.block - rate_from_.block) / seconds;
}

// What the lanes have been offered by now is their place. Under the channel's lock.
void ReadLoop::settle() {
  for (const uint32_t index : lanes_) {
    Lane& lane = *channel_.lanes[index];
    if (lane.place >= completed_) continue;
    lane.place = completed_;
    lane.previous_block_hash = completed_hash_;
  }
}

// Gives the lanes to the common stream if that has not passed them. True if it did.
bool ReadLoop::merge() {
  if (common_) return false;
  std::lock_guard lock(channel_.mutex);
  absorb_incoming();
  settle();
  if (!channel_.common->idle() && channel_.common->next_block() > next_) return false;
  for (const uint32_t lane : lanes_) channel_.common->attach(lane);
  lanes_.clear();
  unchecked_.clear();
  index_lanes();
  return true;
}

void ReadLoop::after_end(const StreamEnd& end, std::stop_token stop) {
  if (stop.stop_requested()) return;
  drop_stopped();
  std::unique_lock lock(channel_.mutex);
  if (end.next == StreamEnd::Next::finished && common_) {
    finished_ = true;
    channel_.changed.notify_all();
    channel_.changed.wait(lock, stop, [&] { return !incoming_.empty(); });
    return;
  }
  if (channel_.code != end.code) {
    log::warn("the stream of blocks ended",
              {{"channel", channel_.context.channel}, {"code", end.code}, {"reason", end.reason}});
  }
  channel_.code = end.code;
  channel_.reason = end.reason;
  if (lanes_.empty()) return;
  Duration pause = backoff(channel_.settings.reconnect, ++failures_, channel_.context.random);
  if (end.next == StreamEnd::Next::stop) {
    const uint64_t slow = static_cast<uint64_t>(channel_.settings.slow_retry.count());
    pause = Duration(static_cast<int64_t>(slow / 2 + channel_.context.random.below(slow / 2 + 1)));
  }
  ++channel_.reconnects;
  channel_.waiting = common_;
  channel_.changed.notify_all();
  channel_.pause(lock, stop, pause, {});
  if (common_) channel_.waiting = false;
}

}  // namespace belfry::pipeline
