// Finding the queue that an action is about.
#pragma once

#include <string>

#include "aws/sqs_faults.h"
#include "queue/store.h"

namespace belfry::aws::sqs {

struct FoundQueue {
  std::string name;
  queue::QueueId id;
  queue::QueueSettings settings;
};

// By the input's QueueUrl, or else by the request's path.
Outcome<FoundQueue> find_queue(const queue::Store& store, const boost::json::object& input,
                               const Caller& caller);
// By an ARN in that parameter.
Outcome<FoundQueue> find_by_arn(const queue::Store& store, const boost::json::object& input,
                                std::string_view parameter);

}  // namespace belfry::aws::sqs
