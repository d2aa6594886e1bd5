// A listener's events into a real Amazon SQS queue, ten to a request.
//
// On a FIFO queue the group is the channel and the deduplication id is the event's id, so that what
// is sent again within five minutes does not arrive twice; requests go one after another.
#pragma once

#include <memory>
#include <string>

#include "cloud/caller.h"
#include "pipeline/sink.h"

namespace belfry::cloud {

// queue: a name, or a queue URL of the caller's region. The caller must outlive the sink.
std::shared_ptr<pipeline::Sink> sqs_sink(Caller& caller, std::string queue);

bool is_fifo_queue(std::string_view queue);

}  // namespace belfry::cloud
