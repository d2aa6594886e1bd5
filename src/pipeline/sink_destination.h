// An at-least-once destination over a sink that cannot keep a place: sends are bounded in flight,
// may complete out of order, are retried with backoff, and the place follows the
// acknowledgements in order. Where the place is kept is the keeper's matter (place_keeper.h).
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "pipeline/backoff.h"
#include "pipeline/place_keeper.h"
#include "pipeline/sink.h"
#include "queue/store.h"

namespace belfry::pipeline {

struct SinkSettings {
  size_t sends_in_flight = 8;
  size_t units_in_flight = 4;
  BackoffSettings retry{std::chrono::milliseconds(200), std::chrono::minutes(5)};
  uint32_t attempts = 0;  // per event; 0: until it is done or permanently refused
  Duration commit_interval =
      std::chrono::milliseconds(100);  // the stored place is at most so much older than the truth
  std::string dead_letter_queue;       // empty: kDeadQueue
};

// What is permanently refused, or spent its attempts, goes to the dead letters with the reason
// (`belfry.reason`) and counts as acknowledged once it is durable there. An event that fails twice
// begins a trouble, which is logged once and lasts until an event arrives. Without a keeper the
// place is the store's record under the key. Once another owner has taken the place over, nothing
// more is sent and every unit ends as permanent.
Result<std::shared_ptr<Destination>> sink_destination(std::shared_ptr<Sink> sink,
                                                      queue::Store& store, std::string key,
                                                      Random& random, Executor& executor,
                                                      SinkSettings settings,
                                                      std::shared_ptr<PlaceKeeper> places = {});

}  // namespace belfry::pipeline
