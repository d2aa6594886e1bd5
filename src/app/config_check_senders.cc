#include <fmt/format.h>

#include <set>

#include "app/config_check.h"

namespace belfry::app {

namespace {

// ITU-T E.164: a plus, a country code, at most fifteen digits.
bool is_e164(std::string_view number) {
  return number.size() >= 8 && number.size() <= 16 && number[0] == '+' && number[1] >= '1' &&
         number[1] <= '9' && number.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

}  // namespace

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
      if (it.protocol == SubscriptionConfig::Protocol::sms && !is_e164(it.endpoint.value))
        problems.push_back(
            {it.endpoint.at, fmt::format("'{}' is no phone number: a plus, the country code and "
                                         "the number, as in +15555550100",
                                         it.endpoint.value)});
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
    if (sms.smpp->password.value.size() > kMostPassword)
      problems.push_back({sms.smpp->password.at, "an SMPP password has at most 8 characters"});
  }
}

}  // namespace belfry::app
