// The way from a queue to a Lambda function: receives messages in batches, calls the function with
// them as Lambda does, and removes what it handled.
//
// It is a pipeline::Worker like the one for template functions, but hands over many messages at
// once. A batch that fails, or the messages of it that the function names in batchItemFailures,
// come back when the queue's visibility timeout has passed since they were received; who has been
// received as often as the queue's dead-letter setting allows goes there, with the reason. It
// receives only while the function may be called, so a slow function keeps its messages in the
// queue.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "functions/lambda_host.h"
#include "match/pattern.h"
#include "pipeline/worker.h"
#include "queue/store.h"

namespace belfry::aws::lambda {

struct EventSourceSettings {
  std::string queue;
  std::string function;
  std::string region = "us-east-1", account = "000000000000";
  size_t batch = 10;             // messages per call, up to kLargestBatch
  Duration window{0};            // how long to wait for a batch to fill
  size_t concurrency = 10;       // calls at once
  bool report_failures = false;  // ReportBatchItemFailures
  std::vector<match::Pattern> filters;
  Duration function_timeout = std::chrono::seconds(3);
  // Where the queue has no dead-letter setting of its own: after so many receives (0: never) a
  // message goes to that queue (empty: pipeline::kDeadQueue).
  uint32_t attempts = 0;
  std::string dead_letter_queue;
  // What to store beside the removal of messages that were handled: the result sent on. An error
  // fails the batch. Called on the executor.
  std::function<Result<queue::Batch>(const std::string& result,
                                     const std::vector<queue::Received>& messages)>
      effects;
};

inline constexpr size_t kLargestBatch = 10'000;
inline constexpr Duration kLongestWindow = std::chrono::seconds(300);

// store, host, executor and clock must outlive it and what it has under way. The queue and the
// function need not be there yet: it waits for them.
std::unique_ptr<pipeline::Worker> event_source(queue::Store& store, functions::LambdaHost& host,
                                               Executor& executor, Clock& clock,
                                               EventSourceSettings settings);

// Which of the batch failed, by the function's answer to ReportBatchItemFailures. Everything, when
// the answer is not understood, as Lambda has it.
std::vector<bool> failures_in(const std::string& result,
                              const std::vector<queue::Received>& messages);

}  // namespace belfry::aws::lambda
