// A listener's events to a real AWS Lambda function, one invocation each. Invocations are
// asynchronous ("Event"): Lambda has the event once it answers 202, retries the function itself,
// and keeps to the function's own failure destination.
#pragma once

#include <memory>
#include <string>

#include "cloud/caller.h"
#include "pipeline/sink.h"

namespace belfry::cloud {

// function: a name, NAME:ALIAS or an ARN. The caller must outlive the sink.
std::shared_ptr<pipeline::Sink> lambda_sink(Caller& caller, std::string function);

}  // namespace belfry::cloud
