// Mobile push: messages to the endpoints of platform applications (topic/platform.h), by Firebase
// Cloud Messaging's HTTP v1 interface and Apple's APNs, which the client speaks HTTP/2 with.
//
// A device that is gone is disabled, as Amazon SNS does. What the service refuses for good goes to
// the dead letters with its words; 429, 5xx and no answer are tried again.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "http/client.h"
#include "pipeline/handler.h"
#include "queue/store.h"

namespace belfry::sinks {

struct PushSettings {
  std::string fcm = "https://fcm.googleapis.com";
  std::string apns;  // empty: Apple's, production or sandbox as the platform says
};

// What all push handlers share: credentials turned into tokens, which last about an hour.
class PushService {
 public:
  virtual ~PushService() = default;
  // Sends the message to the endpoint "endpoint/GCM/APP/ID". `message` stays valid until done was
  // called. Thread-safe.
  virtual void send(const std::string& endpoint, const queue::Received& message,
                    Callback<pipeline::Outcome> done) = 0;
};

// All must outlive it and what it has under way.
std::unique_ptr<PushService> push_service(PushSettings settings, http::Client& client,
                                          queue::Store& store, Clock& clock);

// Of a subscription (its endpoint's ARN or name), or of messages that name their endpoint
// themselves (empty).
std::shared_ptr<pipeline::Handler> push_handler(PushService& service, std::string endpoint);

}  // namespace belfry::sinks
