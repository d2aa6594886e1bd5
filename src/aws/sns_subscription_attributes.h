// The attributes of a subscription, and its endpoint: what they may be and what they mean.
#pragma once

#include <string_view>

#include "aws/sns_context.h"

namespace belfry::aws::sns {

// Whether SNS would take the endpoint for a subscription of this protocol to this topic.
Outcome<void> check_endpoint(const queue::Store& store, std::string_view topic,
                             std::string_view protocol, std::string_view endpoint);

// Whether the endpoint must confirm before it gets anything.
bool needs_confirmation(std::string_view protocol);

// `prefix` begins the refusals' reasons: "Attributes Reason: " for Subscribe, nothing for
// SetSubscriptionAttributes.
Outcome<void> set_subscription_attribute(std::string_view name, std::string_view value,
                                         std::string_view prefix,
                                         topic::Subscription& subscription);

Input subscription_attributes_json(const topic::Subscription& subscription,
                                   const topic::TopicSettings& settings, const Caller& caller);

}  // namespace belfry::aws::sns
