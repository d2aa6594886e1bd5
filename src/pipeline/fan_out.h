// Takes what was published to a FIFO topic from the topic's queue, in order, and gives each of its
// subscriptions its copy (topic/topics.h), in one batch with the removal: nothing is lost, doubled
// or overtaken, whenever belfry dies.
//
// No thread of its own: it moves when the store has a message or a commit is durable.
#pragma once

#include <memory>
#include <string>

#include "base/callback.h"
#include "base/executor.h"
#include "queue/store.h"
#include "topic/topics.h"

namespace belfry::pipeline {

class FanOut {
 public:
  // The topic must be there. Store, topics and executor must outlive it and what it has under way.
  static Result<std::unique_ptr<FanOut>> make(queue::Store& store, topic::Topics& topics,
                                              Executor& executor, const std::string& topic);
  virtual ~FanOut() = default;  // takes no more
  virtual void start() = 0;
  virtual void stop(Callback<> then) = 0;  // then: nothing is under way any more
  virtual queue::QueueId queue() const = 0;
};

}  // namespace belfry::pipeline
