// What an operator does to queues: bring dead letters back to where they failed.
#pragma once

#include <string>

#include "base/result.h"
#include "queue/store.h"

namespace belfry::app {

struct Redriven {
  uint64_t moved = 0;
  uint64_t left =
      0;  // messages that name no queue they came from, or were being looked at by someone else
};

// Moves every message that is visible now into the queue it failed in (pipeline/worker.h,
// kFailedQueue), or into `to` where that is named. Each move is atomic. An error: `to` does not
// exist, or the disk is full.
Result<Redriven> redrive_messages(queue::Store& store, const std::string& from,
                                  const std::string& to);

}  // namespace belfry::app
