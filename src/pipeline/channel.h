// What the parts of a follower share: the listeners and their lanes, who reads for which lane, and
// what status shows. (Inside of pipeline/follower.h.)
#pragma once

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/follower.h"
#include "pipeline/lane.h"

namespace belfry::pipeline {

class ReadLoop;

struct Channel : std::enable_shared_from_this<Channel> {
  Channel(ChannelContext context, FollowerSettings settings)
      : context(std::move(context)), settings(settings) {}

  // Fixed before the first thread starts.
  const ChannelContext context;
  const FollowerSettings settings;
  std::vector<Listener> listeners;
  std::unique_ptr<Selector> selector;
  std::vector<std::shared_ptr<Lane>> lanes;
  std::vector<uint32_t> listener_of;  // by lane

  // A lane's own lock may be taken under this one, never the other way round; nothing that hands
  // over to a destination is called under it (a destination may answer at once, and then comes back
  // here).
  std::mutex mutex;
  std::condition_variable_any changed;

  // Guarded by mutex.
  std::vector<ReadLoop*> reader;  // by lane; none: detached, or stopped
  std::unique_ptr<ReadLoop> common;
  struct CatchUp {
    std::unique_ptr<ReadLoop> loop;
    std::jthread thread;
    bool ended = false;
  };
  std::list<CatchUp> catch_ups;
  size_t detached = 0;  // lanes that wait for a reader
  bool stopping = false;
  std::string genesis;  // hex
  uint64_t height = 0;
  uint64_t blocks = 0, bytes = 0, events = 0, reconnects = 0;
  size_t streams = 0;
  bool waiting = false;
  std::string code, reason;
  bool gaps_noted = false;  // there is more private data to ask for again
  std::condition_variable_any late_wanted;

  // Gives detached lanes that have room again a reader. Joins what ended. Takes the lock.
  void serve_detached();
  bool give_reader(uint32_t lane);
  // Lets idle lanes store how far their reader is.
  void advance_idle();
  // For lanes: something changed there.
  void lane_changed();

  // For a walk over a block of this channel; looks into `genesis`, which it fills. Takes the lock.
  decode::WalkOptions walk_options(std::string& genesis);

  // Waits, under the lock, for a time, or until stop is requested or `early` holds.
  void pause(std::unique_lock<std::mutex>& lock, std::stop_token stop, Duration time,
             const std::function<bool()>& early);
};

}  // namespace belfry::pipeline
