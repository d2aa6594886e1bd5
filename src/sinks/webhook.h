// HTTP and HTTPS subscriptions: each copy is posted to the endpoint as Amazon SNS posts it, a
// signed document or the raw body, with the same headers.
//
// An answer of 2xx is a delivery; 429, 5xx and no answer are tried again by the delivery policy;
// any other answer will not change by asking again, so the copy goes to the dead letters with the
// reason. Redirects are followed three times. The client refuses private networks (http/client.h)
// also there.
#pragma once

#include <memory>

#include "base/executor.h"
#include "http/client.h"
#include "pipeline/handler.h"
#include "sinks/subscriber.h"
#include "topic/delivery_policy.h"

namespace belfry::sinks {

// Client, clock and executor must outlive it and what it has under way.
std::shared_ptr<pipeline::Handler> webhook_handler(http::Client& client, Clock& clock,
                                                   Executor& executor, Subscriber subscriber,
                                                   const topic::DeliveryPolicy& policy);

// A document of SNS's on its way to an endpoint; `arn` is the subscription's, empty before it is
// confirmed.
http::Request webhook_request(const topic::Notices& notices, const topic::Notice& notice,
                              const topic::Subscription& subscription, std::string body);
// What an answer means for the delivery.
pipeline::Outcome webhook_outcome(const http::Response& response, WallTime now);

}  // namespace belfry::sinks
