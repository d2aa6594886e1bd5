// Topics and subscriptions as records of the store, JSON each: "topic/NAME" and
// "subscription/TOPIC/ID". docs/formats/topics.md is the format.
#pragma once

#include <string>
#include <string_view>

#include "topic/topics.h"

namespace belfry::topic {

inline constexpr std::string_view kTopicPrefix = "topic/";
inline constexpr std::string_view kSubscriptionPrefix = "subscription/";

std::string topic_key(std::string_view name);
std::string subscription_key(const Subscription& subscription);

// An error names what is wrong; a newer version is refused.
std::string encode(const TopicSettings& settings);
Result<TopicSettings> decode_topic(std::string_view text);
std::string encode(const Subscription& subscription);
Result<Subscription> decode_subscription(std::string_view text);

}  // namespace belfry::topic
