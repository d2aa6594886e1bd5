// DeliveryPolicy, JSON within an attribute: of a topic ({"http":{"defaultHealthyRetryPolicy":…}})
// and of a subscription ({"healthyRetryPolicy":…}), between AWS's form and topic/delivery_policy.h.
#pragma once

#include <string>
#include <string_view>

#include "aws/sns_faults.h"
#include "topic/delivery_policy.h"
#include "topic/topics.h"

namespace belfry::aws::sns {

// Puts what the policy says into `settings`; empty text: nothing special any more. An error is what
// follows "Invalid parameter: " in the refusal.
tl::expected<void, std::string> read_topic_policy(std::string_view text,
                                                  topic::TopicSettings& settings);
tl::expected<topic::DeliveryPolicy, std::string> read_subscription_policy(std::string_view text);

std::string effective_topic_policy(const topic::TopicSettings& settings);
std::string effective_subscription_policy(const topic::DeliveryPolicy& policy);

}  // namespace belfry::aws::sns
