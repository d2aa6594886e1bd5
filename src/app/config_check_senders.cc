#include <fmt/format.h>

#include <set>

#include "app/config_check.h"
#include "sinks/sms_message.h"

namespace belfry::app {

std::string subscription_id(const SubscriptionConfig& subscription) {
  if (!subscription.id.empty()) return subscription.id.value;
  std::string id = subscription.protocol == SubscriptionConfig::Protocol::sms ? "sms-" : "outbox-";
  for (const char c : subscription.endpoint.value) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_';
    if (plain) id += c;
  }
  return id;
}

void check_subscriptions(const Config& config, std::vector<Problem>& problems) {
  for (const auto& topic : config.topics) {
    std::set<std::string> ids;
    for (const SubscriptionConfig& it : topic.value.subscriptions) {
      if (it.endpoint.empty()) continue;
      if (it.protocol == SubscriptionConfig::Protocol::sms)
        if (const auto bad = sinks::phone_number_problem(it.endpoint.value))
          problems.push_back({it.endpoint.at, *bad});
      if (!ids.insert(subscription_id(it)).second)
        problems.push_back(
            {it.at,
             fmt::format(
                 "topic '{}' has two subscriptions with the id '{}': give one of them an `id`",
                 topic.name, subscription_id(it))});
    }
  }
}

void check_sms(const Config& config, std::vector<Problem>& problems) {
  const SmsConfig& sms = config.sms;
  if (sms.smpp && sms.gateway)
    problems.push_back({sms.smpp->address.at, "sms has both smpp and gateway: keep one"});
  if (sms.smpp) {
    if (!sms.smpp->address.empty())
      if (const auto bad = bad_address(sms.smpp->address.value, 1))
        problems.push_back({sms.smpp->address.at, *bad});
    constexpr size_t kMostPassword = 8;  // SMPP 3.4, 4.1.1: a C-octet string of nine octets
    if (!sms.smpp->password.secret && sms.smpp->password.value.size() > kMostPassword)
      problems.push_back({sms.smpp->password.at, "an SMPP password has at most 8 characters"});
  }
}

void check_cloud(const Config& config, std::vector<Problem>& problems) {
  const CloudConfig& cloud = config.cloud;
  if (cloud.access_key.empty() != cloud.secret_key.empty())
    problems.push_back({(cloud.access_key.empty() ? cloud.secret_key : cloud.access_key).at,
                        "cloud needs access_key and secret_key together"});
}

}  // namespace belfry::app
