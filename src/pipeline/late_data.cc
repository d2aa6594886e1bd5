#include "pipeline/late_data.h"

#include <algorithm>

#include "base/log.h"
#include "pipeline/block_check.h"
#include "pipeline/read_loop.h"

namespace belfry::pipeline {
namespace {

using Gaps = std::vector<Checkpoint::Gap>;

const Checkpoint::Gap* find(const Gaps& gaps, const Place& write) {
  for (const Checkpoint::Gap& gap : gaps)
    if (holds(gap, write)) return &gap;
  return nullptr;
}

}  // namespace

void LateData::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    give_up();
    const auto due = next();
    {
      std::unique_lock lock(channel_.mutex);
      const auto noted = [&] { return channel_.gaps_noted; };
      if (!due) {
        channel_.late_wanted.wait(lock, stop, noted);
      } else if (const Duration now = channel_.context.clock.monotonic(); due->second > now) {
        channel_.pause(lock, stop, due->second - now, noted);
      }
      if (std::exchange(channel_.gaps_noted, false) || !due) continue;
    }
    if (due->second <= channel_.context.clock.monotonic()) ask(due->first, stop);
  }
}

void LateData::give_up() {
  const WallTime now = channel_.context.clock.now();
  for (const auto& lane : channel_.lanes) {
    const Gaps given_up =
        lane->give_up(Checkpoint::Gap::seconds(now - channel_.settings.late_private_data));
    if (given_up.empty()) continue;
    const LaneStatus status = lane->status();
    log::warn("private data did not reach the peer in time; its writes are not delivered",
              {{"listener", status.listener},
               {"destination", status.destination},
               {"gaps", given_up.size()},
               {"first_block", given_up.front().block},
               {"last_block", given_up.back().block}});
  }
}

std::optional<std::pair<uint64_t, Duration>> LateData::next() {
  std::map<uint64_t, Attempt> attempts;
  for (const auto& lane : channel_.lanes) {
    for (const Checkpoint::Gap& gap : lane->gaps()) {
      if (attempts.count(gap.block)) continue;
      const auto known = attempts_.find(gap.block);
      attempts[gap.block] =
          known != attempts_.end()
              ? known->second
              : Attempt{channel_.context.clock.monotonic() +
                            backoff(channel_.settings.late_retry, 1, channel_.context.random),
                        0};
    }
  }
  attempts_ = std::move(attempts);
  const auto soonest =
      std::min_element(attempts_.begin(), attempts_.end(),
                       [](const auto& a, const auto& b) { return a.second.at < b.second.at; });
  if (soonest == attempts_.end()) return {};
  return std::pair(soonest->first, soonest->second.at);
}

void LateData::ask(uint64_t block, std::stop_token stop) {
  Attempt& attempt = attempts_[block];
  Next answer = channel_.context.source.again(block, attempt.failures, stop);
  if (auto* read = std::get_if<decode::Block>(&answer); read && read->number == block) fill(*read);
  // If all has come there will be no further attempt.
  attempt.at = channel_.context.clock.monotonic() +
               backoff(channel_.settings.late_retry, ++attempt.failures, channel_.context.random);
}

void LateData::fill(const decode::Block& block) {
  BlockCheck check;
  if (check.check(block)) return;
  std::vector<Gaps> gaps;  // by lane
  uint32_t first = UINT32_MAX;
  for (const auto& lane : channel_.lanes) {
    Gaps& own = gaps.emplace_back(lane->gaps());
    std::erase_if(own, [&](const Checkpoint::Gap& gap) {
      return gap.block != block.number || gap.block_hash != check.last_hash();
    });
    for (const Checkpoint::Gap& gap : own) first = std::min(first, gap.transaction);
  }
  if (first == UINT32_MAX) return;

  std::string genesis;
  const decode::WalkOptions options = channel_.walk_options(genesis);
  std::map<uint32_t, std::vector<Item>> found;  // by lane
  std::map<uint32_t, Gaps> missing;
  const auto each_lane = [&](const event::Event& event,
                             std::span<const Selector::Listener> listeners, const auto& with) {
    const Place place = place_of(event.position);
    for (uint32_t lane = 0; lane < gaps.size(); ++lane) {
      const auto* gap = find(gaps[lane], place);
      if (gap && std::binary_search(listeners.begin(), listeners.end(), channel_.listener_of[lane]))
        with(lane, place, *gap);
    }
  };
  channel_.selector->select(
      block, options, first, scratch_,
      [&](const event::Event& event, std::span<const Selector::Listener> listeners) {
        each_lane(event, listeners, [&](uint32_t lane, const Place& place, const auto&) {
          const Listener& listener = channel_.listeners[channel_.listener_of[lane]];
          found[lane].push_back({place, content_of(event, listener.body)});
        });
      },
      {.block = {},
       .withheld = [&](const event::Event& event, std::span<const Selector::Listener> listeners) {
         each_lane(event, listeners, [&](uint32_t lane, const Place& place, Checkpoint::Gap gap) {
           gap.index = place.index;
           gap.count = 1;
           (void)add_gap(missing[lane], std::move(gap), SIZE_MAX);
         });
       }});
  for (uint32_t lane = 0; lane < gaps.size(); ++lane) {
    if (gaps[lane].empty() || gaps[lane] == missing[lane]) continue;
    const size_t items = found[lane].size();
    if (!channel_.lanes[lane]->fill(block.number, std::move(found[lane]), std::move(missing[lane])))
      continue;
    log::info("private data came late",
              {{"listener", channel_.listeners[channel_.listener_of[lane]].name},
               {"block", block.number},
               {"events", items}});
  }
}

}  // namespace belfry::pipeline
