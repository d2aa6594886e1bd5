// What handlers of a subscription's copies share: the copy as SNS's documents show it, in
// deliveries and in dead letters.
#pragma once

#include <memory>

#include "pipeline/handler.h"
#include "topic/notification.h"
#include "topic/subscription.h"

namespace belfry::sinks {

struct Subscriber {
  topic::Notices& notices;  // must outlive whoever holds this
  topic::Subscription subscription;
  int signature_version = 1;  // the topic's

  topic::Notice notice(const queue::Received& copy) const;
};

// The handler, but what goes to the dead letters looks as a queue subscribed to the topic would
// have got it.
std::shared_ptr<pipeline::Handler> with_letters(std::shared_ptr<pipeline::Handler> handler,
                                                Subscriber subscriber);

}  // namespace belfry::sinks
