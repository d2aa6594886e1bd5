#include "pipeline/channel.h"

#include "base/log.h"
#include "pipeline/read_loop.h"

namespace belfry::pipeline {

void Channel::pause(std::unique_lock<std::mutex>& lock, std::stop_token stop, Duration time,
                    const std::function<bool()>& early) {
  auto over = std::make_shared<bool>(false);  // guarded by mutex
  context.executor.post_after(time, [weak = weak_from_this(), over] {
    const auto self = weak.lock();
    if (!self) return;
    std::lock_guard lock(self->mutex);
    *over = true;
    self->changed.notify_all();
  });
  changed.wait(lock, stop, [&] { return *over || (early && early()); });
}

decode::WalkOptions Channel::walk_options(std::string& genesis_hash) {
  {
    std::lock_guard lock(mutex);
    genesis_hash = genesis;
  }
  decode::WalkOptions options;
  options.genesis = genesis_hash;
  options.network = context.network;
  options.channel = context.channel;
  options.creator_name = context.creator_name;
  return options;
}

void Channel::lane_changed() {
  {
    std::lock_guard lock(mutex);
    changed.notify_all();
    if (detached == 0 || stopping) return;
  }
  context.executor.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->serve_detached();
  });
}

void Channel::serve_detached() {
  std::list<CatchUp> ended;  // joined without the lock
  std::lock_guard lock(mutex);
  for (auto it = catch_ups.begin(); it != catch_ups.end();) {
    auto here = it++;
    if (here->ended) ended.splice(ended.end(), catch_ups, here);
  }
  if (stopping) return;
  detached = 0;
  for (uint32_t lane = 0; lane < lanes.size(); ++lane) {
    if (reader[lane] || lanes[lane]->stopped()) continue;
    if (!lanes[lane]->roomy() || !give_reader(lane)) ++detached;
  }
}

// Under the lock. False if there is no stream to be had.
bool Channel::give_reader(uint32_t lane) {
  const uint64_t block = lanes[lane]->place.block;
  if (common->idle() || common->next_block() <= block) {
    common->attach(lane);
    return true;
  }
  for (CatchUp& catch_up : catch_ups) {
    if (catch_up.loop->idle() || catch_up.loop->next_block() > block) continue;
    catch_up.loop->attach(lane);
    return true;
  }
  if (catch_ups.size() >= settings.catch_up_streams) return false;
  CatchUp& made = catch_ups.emplace_back();
  made.loop = std::make_unique<ReadLoop>(*this, false);
  made.loop->attach(lane);
  made.thread = std::jthread([this, &made](std::stop_token stop) {
    made.loop->run(stop);
    {
      std::lock_guard lock(mutex);
      made.ended = true;
    }
    lane_changed();  // another may wait for a stream
  });
  return true;
}

void Channel::advance_idle() {
  struct Step {
    Lane* lane;
    Place next;
    std::string hash;
  };
  std::vector<Step> steps;
  {
    std::lock_guard lock(mutex);
    for (size_t i = 0; i < lanes.size(); ++i) {
      if (reader[i] && lanes[i]->idle()) {
        steps.push_back({lanes[i].get(), reader[i]->completed(), reader[i]->completed_hash()});
      }
    }
  }
  for (const Step& step : steps) step.lane->advance(step.next, {{}, step.hash});
}

}  // namespace belfry::pipeline
