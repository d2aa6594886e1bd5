#include "pipeline/replay.h"

#include <fmt/format.h>

#include <algorithm>

namespace belfry::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kProgressEvery = milliseconds(200);
constexpr Duration kStopWithin = seconds(5);

class RangeStream final : public BlockStream {
 public:
  RangeStream(std::unique_ptr<BlockStream> inner, uint64_t next, uint64_t last)
      : inner_(std::move(inner)), next_(next), last_(last) {}

  Next next(std::stop_token stop) override {
    if (next_ > last_)
      return StreamEnd{StreamEnd::Next::finished, "range-end", "the range was read"};
    Next next = inner_->next(stop);
    if (const auto* block = std::get_if<decode::Block>(&next)) next_ = block->number + 1;
    return next;
  }

 private:
  std::unique_ptr<BlockStream> inner_;  // none: begins after the range
  uint64_t next_;
  const uint64_t last_;
};

// A source that ends with the range.
class RangeSource final : public BlockSource {
 public:
  RangeSource(BlockSource& inner, uint64_t last) : inner_(inner), last_(last) {}

  std::variant<ChannelInfo, StreamEnd> info(std::stop_token stop) override {
    auto info = inner_.info(stop);
    if (auto* found = std::get_if<ChannelInfo>(&info))
      found->height = std::min(found->height, last_ + 1);
    return info;
  }

  std::variant<std::unique_ptr<BlockStream>, StreamEnd> open(uint64_t block,
                                                             std::stop_token stop) override {
    if (block > last_) return std::make_unique<RangeStream>(nullptr, block, last_);
    auto opened = inner_.open(block, stop);
    if (auto* end = std::get_if<StreamEnd>(&opened)) return std::move(*end);
    return std::make_unique<RangeStream>(std::move(std::get<std::unique_ptr<BlockStream>>(opened)),
                                         block, last_);
  }

  std::string describe() const override { return inner_.describe(); }

 private:
  BlockSource& inner_;
  const uint64_t last_;
};

Result<void> check_range(BlockSource& source, Range range, std::stop_token stop) {
  if (range.first > range.last) {
    return fail(
        fmt::format("the range begins at block {} and ends at {}", range.first, range.last));
  }
  const auto info = source.info(stop);
  if (const auto* end = std::get_if<StreamEnd>(&info)) return fail(end->reason);
  const uint64_t height = std::get<ChannelInfo>(info).height;
  if (range.last >= height) {
    return fail(fmt::format("block {} does not exist yet: {} has {} blocks", range.last,
                            source.describe(), height));
  }
  return {};
}

ReplayProgress progress_of(const ChannelStatus& status, Range range) {
  const LaneStatus& lane = status.lanes.front();
  return {lane.place.block, range.last, lane.delivered, status.blocks_per_second,
          lane.reason.empty() ? status.reason : lane.reason};
}

}  // namespace

Result<ReplayProgress> replay(const ChannelContext& context, const Listener& listener,
                              Listener::To to, Range range, const FollowerSettings& settings,
                              const std::function<void(const ReplayProgress&)>& progress,
                              std::stop_token stop) {
  if (auto possible = check_range(context.source, range, stop); !possible)
    return tl::unexpected(possible.error());
  RangeSource source(context.source, range.last);
  ChannelContext within{context.network,      context.channel, source,         context.verifier,
                        context.creator_name, context.clock,   context.random, context.executor};
  Listener once = listener;
  once.from = {Start::At::block, range.first};
  once.to = {std::move(to)};
  FollowerSettings at_once = settings;
  at_once.late_private_data = Duration(0);  // what the peer holds now
  auto follower = Follower::make(std::move(within), {std::move(once)}, at_once);
  if (!follower) return tl::unexpected(follower.error());
  (*follower)->start();
  while (!(*follower)->wait_until_finished(kProgressEvery)) {
    const ReplayProgress now = progress_of((*follower)->status(), range);
    if (progress) progress(now);
    if (!stop.stop_requested()) continue;
    (void)(*follower)->stop(kStopWithin);
    return fail(fmt::format(
        "stopped; everything before block {} was delivered: the same command goes on from there",
        (*follower)->status().lanes.front().place.block));
  }
  const ChannelStatus status = (*follower)->status();
  if (status.lanes.front().state == LaneState::stopped) return fail(status.lanes.front().reason);
  ReplayProgress last = progress_of(status, range);
  if (progress) progress(last);
  return last;
}

}  // namespace belfry::pipeline
