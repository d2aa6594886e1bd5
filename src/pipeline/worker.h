// Works a queue off: leases messages, hands them to a handler with bounded concurrency, and makes
// removal and effects durable in one batch. Nothing is silently dropped: what will never do goes to
// the dead letters with the reason, atomically.
//
// No thread of its own: it moves when the store has a message, the handler an answer, or a timer
// ends. Handlers are called on the executor.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "pipeline/backoff.h"
#include "pipeline/handler.h"
#include "pipeline/status.h"
#include "queue/store.h"

namespace belfry::pipeline {

struct WorkerSettings {
  size_t concurrency = 16;  // messages with the handler at once
  size_t batch = 10;        // leased by one receive, at most
  Duration visibility =
      std::chrono::seconds(30);  // of a lease; extended while the handler is at work
  Duration receive_wait = std::chrono::seconds(20);  // a receive's patience
  BackoffSettings retry{std::chrono::seconds(1), std::chrono::minutes(5)};
  std::function<Duration(uint32_t failures)> delay;  // of the next attempt, in retry's stead
  uint32_t attempts = 0;  // 0: as the queue's dead-letter setting says; without one, retries go on
  std::string dead_letter_queue;  // empty: the queue's own setting; without one, kDeadQueue
                                  // (store_destination.h)
};

// System attributes that a dead letter gets beside those it has (queue::Batch::move sets them too).
inline constexpr std::string_view kReason = "belfry.reason";  // why, for people
inline constexpr std::string_view kDeadLetterSource =
    "belfry.dead-letter-source";  // the queue or place it comes from

class Worker {
 public:
  // The queues must exist. Store, handler, random and executor must outlive the worker and what it
  // has under way.
  static Result<std::unique_ptr<Worker>> make(queue::Store& store, std::string_view queue,
                                              Handler& handler, Random& random, Executor& executor,
                                              WorkerSettings settings);
  // The same with a handler that lives as long as the worker or anything under way needs it: for
  // workers that come and go.
  static Result<std::unique_ptr<Worker>> make(queue::Store& store, std::string_view queue,
                                              std::shared_ptr<Handler> handler, Random& random,
                                              Executor& executor, WorkerSettings settings);
  virtual ~Worker() = default;  // as stop() with no time

  virtual void start() = 0;
  // Takes no more messages; then is called once: when the handler has answered for all it has, or
  // at the deadline, when the rest was given back (visible at once). Its late answers are still
  // committed.
  virtual void stop(Duration deadline, Callback<> then) = 0;
  void stop(Duration deadline);  // waits; not on an executor's thread
  virtual WorkerStatus status() const = 0;
};

}  // namespace belfry::pipeline
