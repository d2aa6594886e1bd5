// A subscription with protocol lambda: each copy calls a function of this belfry with the event
// that Amazon SNS makes of it. A function that fails is called again by the delivery policy.
#pragma once

#include <memory>

#include "pipeline/handler.h"
#include "sinks/subscriber.h"

namespace belfry::functions {
class LambdaHost;
}

namespace belfry::app {

// The host must outlive it and what it has under way; null: functions are not run here.
std::shared_ptr<pipeline::Handler> lambda_subscription(functions::LambdaHost* host,
                                                       sinks::Subscriber subscriber);

}  // namespace belfry::app
