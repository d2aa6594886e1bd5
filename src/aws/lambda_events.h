// Calls of functions for later ("Event"): kept in a queue of the function's own until they were
// handled, tried again after one and two minutes as Lambda does, and then given up: to the queue of
// the function's DeadLetterConfig, or to pipeline::kDeadQueue with the reason.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/executor.h"
#include "base/random.h"
#include "functions/lambda_host.h"
#include "pipeline/worker.h"
#include "queue/store.h"

namespace belfry::aws::lambda {

struct EventPolicy {
  uint32_t attempts = 3;
  std::string dead_letter_queue;  // name; empty: none
};

class Events {
 public:
  // policy: of a function, as it is now. All must outlive it.
  Events(queue::Store& store, functions::LambdaHost& host, Random& random, Executor& executor,
         std::function<EventPolicy(const std::string& function)> policy);
  ~Events();

  void start();  // works off what waits, and what comes
  void stop(Duration deadline, Callback<> then);
  size_t active() const;

  // then: it is stored, or why it is not.
  void add(const std::string& function, std::string event, std::string request_id,
           Callback<Result<void>> then);

 private:
  class Handler;
  struct Line;
  Result<queue::QueueId> open(const std::string& function);

  queue::Store& store_;
  functions::LambdaHost& host_;
  Random& random_;
  Executor& executor_;
  const std::function<EventPolicy(const std::string&)> policy_;
  mutable std::mutex mutex_;
  bool started_ = false, stopping_ = false;
  std::map<std::string, std::unique_ptr<Line>> lines_;  // by function
};

}  // namespace belfry::aws::lambda
