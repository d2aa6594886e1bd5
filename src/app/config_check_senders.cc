#include <fmt/format.h>

#include <set>

#include "app/config_check.h"
#include "app/mail_settings.h"
#include "base/nearest.h"
#include "sinks/mail.h"
#include "sinks/sms_message.h"

namespace belfry::app {

std::string protocol_name(SubscriptionConfig::Protocol protocol) {
  using Protocol = SubscriptionConfig::Protocol;
  switch (protocol) {
    case Protocol::sms:
      return "sms";
    case Protocol::email:
      return "email";
    case Protocol::email_json:
      return "email-json";
    case Protocol::http:
      return "http";
    case Protocol::https:
      return "https";
    case Protocol::sqs:
      return "sqs";
    case Protocol::outbox:
      break;
  }
  return "outbox";
}

Text queue_endpoint(const SubscriptionConfig& subscription) {
  Text queue = subscription.endpoint;
  if (queue.value.starts_with("queue:")) queue.value.erase(0, 6);
  return queue;
}

std::string subscription_id(const SubscriptionConfig& subscription) {
  if (!subscription.id.empty()) return subscription.id.value;
  std::string id = protocol_name(subscription.protocol) + "-";
  for (const char c : subscription.endpoint.value) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_';
    if (plain) id += c;
  }
  return id;
}

namespace {

std::optional<std::string> bad_endpoint(const Config& config, const SubscriptionConfig& it) {
  using Protocol = SubscriptionConfig::Protocol;
  const std::string& endpoint = it.endpoint.value;
  switch (it.protocol) {
    case Protocol::sms:
      return sinks::phone_number_problem(endpoint);
    case Protocol::email:
    case Protocol::email_json:
      return sinks::mail_address_problem(endpoint);
    case Protocol::http:
    case Protocol::https: {
      const std::string scheme = protocol_name(it.protocol) + "://";
      if (endpoint.starts_with(scheme) && endpoint.size() > scheme.size()) return {};
      return fmt::format("expected a URL that begins with {}, not '{}'", scheme, endpoint);
    }
    case Protocol::sqs: {
      const std::string queue = queue_endpoint(it).value;
      if (config.queues.find(queue)) return {};
      return fmt::format("there is no queue '{}'{}", queue,
                         suggestion(queue, config.queues.names()));
    }
    case Protocol::outbox:
      break;
  }
  return {};
}

}  // namespace

void check_smtp(const Config& config, std::vector<Problem>& problems) {
  if (!config.smtp) return;
  if (!config.smtp->address.empty())
    if (const auto bad = bad_address(config.smtp->address.value, 1))
      problems.push_back({config.smtp->address.at, *bad});
  const std::string from = sinks::bare_address(config.smtp->from.value);
  if (from.empty()) return;
  if (const auto bad = sinks::mail_address_problem(from))
    problems.push_back({config.smtp->from.at, *bad});
  const auto& dkim = config.smtp->dkim;
  if (!dkim || dkim->selector.empty() || dkim->key.secret) return;  // not all is known yet
  if (const auto settings = mail_settings(*config.smtp); !settings)
    problems.push_back({dkim->selector.at, settings.error().message});
}

void check_subscriptions(const Config& config, std::vector<Problem>& problems) {
  for (const auto& topic : config.topics) {
    std::set<std::string> ids;
    for (const SubscriptionConfig& it : topic.value.subscriptions) {
      if (it.endpoint.empty()) continue;
      if (const auto bad = bad_endpoint(config, it)) problems.push_back({it.endpoint.at, *bad});
      if (it.raw && it.protocol != SubscriptionConfig::Protocol::http &&
          it.protocol != SubscriptionConfig::Protocol::https &&
          it.protocol != SubscriptionConfig::Protocol::sqs)
        problems.push_back({it.at, "only http, https and sqs subscriptions can be raw"});
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
