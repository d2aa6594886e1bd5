// A listener's events into a real Amazon SNS topic, ten to a request. On a FIFO topic group and
// deduplication id are as in sqs_sink.h.
#pragma once

#include <memory>
#include <string>

#include "cloud/caller.h"
#include "pipeline/sink.h"

namespace belfry::cloud {

// topic: its ARN. The caller must outlive the sink.
std::shared_ptr<pipeline::Sink> sns_sink(Caller& caller, std::string topic);

}  // namespace belfry::cloud
