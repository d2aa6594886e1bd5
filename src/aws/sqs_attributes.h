// The attributes of a queue as CreateQueue, SetQueueAttributes and GetQueueAttributes have them:
// names and texts on one side, the store's settings and the front's record on the other.
//
// Bounds, defaults and refusals are those of the API reference.
#pragma once

#include <string>
#include <string_view>

#include "aws/sqs_faults.h"
#include "aws/sqs_queue_record.h"
#include "queue/store.h"

namespace belfry::aws::sqs {

struct QueueState {
  std::string name;
  queue::QueueSettings settings;
  QueueRecord record;
};

// Applies the attributes that were given; nothing is changed when any is refused. `making`: the
// queue is being made, so FifoQueue and DeduplicationScope are settled.
Outcome<void> set_attributes(QueueState& queue, const boost::json::object& given, bool making,
                             const queue::Store& store);

// All that belong to the queue, as texts; those that are not set are left out.
boost::json::object all_attributes(const QueueState& queue, const queue::QueueCounts& counts,
                                   const Caller& caller);

// Whether the API knows an attribute of that name, for queues of any kind.
bool is_attribute(std::string_view name);

}  // namespace belfry::aws::sqs
