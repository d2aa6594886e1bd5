#include "pipeline/follower.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "pipeline/channel.h"
#include "pipeline/late_data.h"
#include "pipeline/read_loop.h"

namespace belfry::pipeline {
namespace {

constexpr size_t kShareBytes = 64 << 10;

LaneSettings lane_settings(const FollowerSettings& settings) {
  LaneSettings of_lane;
  of_lane.redeliver = settings.redeliver;
  of_lane.unit_events = settings.unit_events;
  of_lane.unit_bytes = settings.unit_bytes;
  of_lane.most_events = settings.lane_events;
  of_lane.most_bytes = settings.lane_bytes;
  of_lane.share_bytes = std::min(kShareBytes, settings.lane_bytes);
  of_lane.total_bytes = settings.buffer_bytes;
  of_lane.most_gaps = settings.lane_gaps;
  return of_lane;
}

class FollowerOfChannel final : public Follower {
 public:
  explicit FollowerOfChannel(std::shared_ptr<Channel> channel) : channel_(std::move(channel)) {}
  ~FollowerOfChannel() override {
    end_streams();
    close_lanes();
  }

  void start() override {
    thread_ = std::jthread(
        [channel = channel_.get()](std::stop_token stop) { channel->common->run(stop); });
    late_ = std::jthread(
        [channel = channel_.get()](std::stop_token stop) { LateData(*channel).run(stop); });
    advance_later(channel_);
  }

  bool stop(Duration deadline) override {
    end_streams();
    const auto until = std::chrono::steady_clock::now() + deadline;
    bool idle = wait_until_idle(until);
    if (idle) {
      channel_->advance_idle();
      idle = wait_until_idle(until);
    }
    close_lanes();
    return idle;
  }

  bool wait_until_finished(Duration at_most) override {
    const auto until = std::chrono::steady_clock::now() + at_most;
    std::unique_lock lock(channel_->mutex);
    const auto read = [&](size_t lane) {
      return channel_->reader[lane] == channel_->common.get() && channel_->common->finished();
    };
    const auto finished = [&] {
      for (size_t i = 0; i < channel_->lanes.size(); ++i) {
        Lane& lane = *channel_->lanes[i];
        if (!lane.stopped() && !(read(i) && lane.idle())) return false;
      }
      return true;
    };
    if (!channel_->changed.wait_until(lock, until, finished)) return false;
    lock.unlock();
    channel_->advance_idle();
    lock.lock();
    return channel_->changed.wait_until(lock, until, finished);
  }

  ChannelStatus status() const override;

 private:
  bool wait_until_idle(std::chrono::steady_clock::time_point until) {
    std::unique_lock lock(channel_->mutex);
    return channel_->changed.wait_until(lock, until, [&] {
      return std::all_of(channel_->lanes.begin(), channel_->lanes.end(),
                         [](const auto& lane) { return lane->stopped() || lane->idle(); });
    });
  }

  void close_lanes() {
    for (const auto& lane : channel_->lanes) lane->close();
  }

  void end_streams() {
    std::list<Channel::CatchUp> catch_ups;
    {
      std::lock_guard lock(channel_->mutex);
      channel_->stopping = true;
      for (auto& catch_up : channel_->catch_ups) catch_up.thread.request_stop();
      thread_.request_stop();
      late_.request_stop();
      channel_->changed.notify_all();
    }
    if (thread_.joinable()) thread_.join();
    if (late_.joinable()) late_.join();
    for (auto& catch_up : channel_->catch_ups) {
      if (catch_up.thread.joinable()) catch_up.thread.join();
    }
  }

  static void advance_later(const std::shared_ptr<Channel>& channel) {
    channel->context.executor.post_after(channel->settings.quiet_interval,
                                         [weak = std::weak_ptr(channel)] {
                                           const auto self = weak.lock();
                                           if (!self) return;
                                           {
                                             std::lock_guard lock(self->mutex);
                                             if (self->stopping) return;
                                           }
                                           self->advance_idle();
                                           self->serve_detached();
                                           advance_later(self);
                                         });
  }

  LaneStatus lane_status(size_t index) const;

  std::shared_ptr<Channel> channel_;
  std::jthread thread_, late_;
};

// Under the channel's lock.
LaneStatus FollowerOfChannel::lane_status(size_t index) const {
  const Channel& channel = *channel_;
  LaneStatus status = channel.lanes[index]->status();
  const ReadLoop* reader = channel.reader[index];
  if (status.state == LaneState::stopped) return status;
  if (!channel.lanes[index]->begun()) {
    if (channel.waiting) status.state = LaneState::waiting;
    return status;
  }
  status.detached = reader != channel.common.get();
  // An idle lane is where its reader is, though it may not have stored that yet.
  Place at = status.place;
  if (reader && status.pending == 0) at = std::max(at, reader->completed());
  status.lag_blocks = channel.height > at.block ? channel.height - at.block : 0;
  if (status.lag_blocks > 0) {
    status.state = LaneState::catching_up;
    const WallTime seen = reader ? reader->block_time() : WallTime{};
    if (seen != WallTime{}) status.lag = std::max(Duration(0), channel.context.clock.now() - seen);
  }
  if (channel.waiting && !status.detached) status.state = LaneState::waiting;
  return status;
}

ChannelStatus FollowerOfChannel::status() const {
  Channel& channel = *channel_;
  ChannelStatus status;
  status.network = channel.context.network;
  status.channel = channel.context.channel;
  status.source = channel.context.source.describe();
  std::lock_guard lock(channel.mutex);
  status.genesis = channel.genesis;
  status.height = channel.height;
  status.next_block = channel.common->completed().block;
  status.blocks = channel.blocks;
  status.bytes = channel.bytes;
  status.events = channel.events;
  status.reconnects = channel.reconnects;
  status.streams = channel.streams;
  status.waiting = channel.waiting;
  status.code = channel.code;
  status.reason = channel.reason;
  if (status.next_block < status.height) {
    status.blocks_per_second = channel.common->blocks_per_second();
    if (status.blocks_per_second > 0) {
      const double seconds =
          static_cast<double>(status.height - status.next_block) / status.blocks_per_second;
      status.time_left =
          std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
    }
  }
  for (size_t i = 0; i < channel.lanes.size(); ++i) status.lanes.push_back(lane_status(i));
  return status;
}

}  // namespace

Result<std::unique_ptr<Follower>> Follower::make(ChannelContext context,
                                                 std::vector<Listener> listeners,
                                                 FollowerSettings settings) {
  std::vector<std::optional<match::Pattern>> patterns;
  std::set<std::pair<std::string, std::string>> names;
  for (const Listener& listener : listeners) {
    if (auto wants = wanted(listener.match); !wants) {
      return fail(fmt::format("listener {}: {}", listener.name, wants.error().message));
    }
    patterns.push_back(listener.match);
    for (const Listener::To& to : listener.to) {
      if (!names.emplace(listener.name, to.name).second) {
        return fail(
            fmt::format("listener {} stands twice with destination {}: their places would be one",
                        listener.name, to.name));
      }
    }
  }
  auto selector = Selector::make(std::move(patterns));
  if (!selector) return tl::unexpected(selector.error());
  auto channel = std::make_shared<Channel>(std::move(context), settings);
  channel->selector = std::move(*selector);
  channel->listeners = std::move(listeners);
  const LaneSettings of_lane = lane_settings(settings);
  const auto buffered = std::make_shared<Buffered>(0);
  for (uint32_t i = 0; i < channel->listeners.size(); ++i) {
    const Listener& listener = channel->listeners[i];
    for (const Listener::To& to : listener.to) {
      channel->lanes.push_back(std::make_shared<Lane>(
          Lane::Context{listener.name, to.name, channel->context.channel, to.destination,
                        listener.from, of_lane, buffered, channel->context.random,
                        channel->context.executor, [weak = std::weak_ptr(channel)] {
                          if (const auto self = weak.lock()) self->lane_changed();
                        }}));
      channel->listener_of.push_back(i);
    }
  }
  channel->reader.resize(channel->lanes.size());
  channel->common = std::make_unique<ReadLoop>(*channel, true);
  {
    std::lock_guard lock(channel->mutex);
    for (uint32_t lane = 0; lane < channel->lanes.size(); ++lane) channel->common->attach(lane);
  }
  return std::make_unique<FollowerOfChannel>(std::move(channel));
}

}  // namespace belfry::pipeline
