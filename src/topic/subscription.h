// Who gets copies of what is published to a topic, and how they are delivered.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "match/pattern.h"
#include "topic/delivery_policy.h"

namespace belfry::topic {

enum class FilterScope { attributes, body };

struct Subscription {
  std::string id;  // stable name within the topic; also names its queue: ".sub.TOPIC.ID"
  std::string topic;
  std::string protocol;  // sms, email, email-json, http, https, sqs, lambda, application, outbox
  std::string endpoint;
  std::optional<match::Pattern> filter;
  FilterScope scope = FilterScope::attributes;
  bool raw = false;
  std::optional<DeliveryPolicy> policy;  // none: the topic's or its protocol's
  std::string dead_letter_queue;         // name; empty: none

  bool declared = false;             // by belfry.yaml, which alone may change it
  bool pending = false;              // gets nothing until its endpoint confirms it
  bool confirmed_by_owner = true;    // ConfirmationWasAuthenticated
  bool guarded_unsubscribe = false;  // AuthenticateOnUnsubscribe
  std::string region;                // of its ARN; empty: belfry's own
  std::string principal;             // who made it
  std::string delivery_policy;       // DeliveryPolicy as it was given; empty: none
  WallTime created{};
};

// Whether its copies go straight into a queue of the same store, in the publication's own batch.
bool is_direct(const Subscription& subscription);

// The queue that an endpoint names: an ARN's or URL's last part, or the name itself.
std::string_view queue_of_endpoint(std::string_view endpoint);

// The queue of a subscription's copies: ".sub.TOPIC.ID", or a digest of both where they are too
// long for a queue's name.
std::string subscription_queue(std::string_view topic, std::string_view id);

}  // namespace belfry::topic
