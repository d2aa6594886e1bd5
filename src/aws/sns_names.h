// How clients name what SNS has: topics, subscriptions, platform applications and their endpoints,
// by ARN. Region and account of an ARN are not looked at: the topics of one store are the same for
// everybody who may see them.
#pragma once

#include <string>
#include <string_view>

#include "aws/sns_faults.h"

namespace belfry::aws::sns {

// What CreateTopic takes as a name.
Outcome<void> check_topic_name(std::string_view name, bool fifo);

std::string topic_arn(std::string_view name, const Caller& caller);
std::string subscription_arn(std::string_view topic, std::string_view id, const Caller& caller);

// `parameter` names the ARN in refusals.
Outcome<std::string> topic_in_arn(std::string_view arn, std::string_view parameter);

struct SubscriptionName {
  std::string topic, id;
};
Outcome<SubscriptionName> subscription_in_arn(std::string_view arn);

// "app/GCM/name" or "endpoint/GCM/name/id", the last part of their ARNs.
Outcome<std::string> application_in_arn(std::string_view arn);
Outcome<std::string> endpoint_in_arn(std::string_view arn, std::string_view parameter);
std::string arn_of(std::string_view last_part, const Caller& caller);

// Whether it is the ARN of something that `service` has.
bool is_arn_of(std::string_view arn, std::string_view service);

// A phone number as SMS subscriptions take it, without the dots, slashes and hyphens that people
// put between digits; none: it is no number.
std::string phone_number(std::string_view text);

}  // namespace belfry::aws::sns
