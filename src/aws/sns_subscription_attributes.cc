#include "aws/sns_subscription_attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "aws/sns_delivery_policy.h"
#include "aws/sns_names.h"

namespace belfry::aws::sns {
namespace {

constexpr std::array<std::string_view, 8> kProtocols = {
    "sms", "email", "email-json", "http", "https", "sqs", "lambda", "application"};

bool is_http(std::string_view protocol) {
  return protocol == "http" || protocol == "https";
}

bool takes_raw(std::string_view protocol) {
  return is_http(protocol) || protocol == "sqs";
}

bool is_address(std::string_view text) {
  const size_t at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
         text.find('@', at + 1) == std::string_view::npos &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
}

// belfry's own queues, whose names begin with a dot, are nobody's business.
bool is_queue(std::string_view arn) {
  return is_arn_of(arn, "sqs") && !topic::queue_of_endpoint(arn).starts_with('.');
}

// What is wrong with the policy; the queue's name where nothing is.
tl::expected<std::string, std::string> read_redrive(std::string_view text) {
  if (text.empty()) return std::string();
  boost::system::error_code error;
  const auto parsed = boost::json::parse({text.data(), text.size()}, error);
  // Patterns are refused with what SNS's reader of JSON says.
  if (const auto read = match::Pattern::parse(text, match::Dialect::sns_body);
      error && !read && read.error().message.starts_with("failed to parse JSON."))
    return tl::unexpected("RedrivePolicy: " + read.error().message);
  if (error || !parsed.is_object())
    return tl::unexpected<std::string>("RedrivePolicy: failed to parse JSON.");
  const std::string_view arn = text_of(parsed.get_object(), "deadLetterTargetArn");
  if (!is_queue(arn))
    return tl::unexpected<std::string>("RedrivePolicy: deadLetterTargetArn is an invalid arn");
  return std::string(topic::queue_of_endpoint(arn));
}

tl::expected<std::optional<match::Pattern>, std::string> read_filter(std::string_view text,
                                                                     topic::FilterScope scope) {
  if (text.empty() || text == "{}") return std::nullopt;
  auto pattern = match::Pattern::parse(
      text, scope == topic::FilterScope::body ? match::Dialect::sns_body : match::Dialect::sns);
  if (!pattern)
    return tl::unexpected(pattern.error().names_scope
                              ? pattern.error().message
                              : fmt::format("FilterPolicy: {}", pattern.error().message));
  return std::move(*pattern);
}

}  // namespace

bool needs_confirmation(std::string_view protocol) {
  return is_http(protocol) || protocol == "email" || protocol == "email-json";
}

Outcome<void> check_endpoint(const queue::Store& store, std::string_view topic,
                             std::string_view protocol, std::string_view endpoint) {
  if (std::find(kProtocols.begin(), kProtocols.end(), protocol) == kProtocols.end())
    return refuse(
        invalid(fmt::format("Amazon SNS does not support this protocol string: {}", protocol)));
  if (topic::is_fifo(topic) && protocol != "sqs")
    return refuse(invalid("Invalid parameter: Endpoint Reason: Please use FIFO SQS queue"));
  if (is_http(protocol)) {
    if (!endpoint.starts_with(fmt::format("{}://", protocol)) ||
        endpoint.find_first_of(" \t\r\n") != std::string_view::npos)
      return refuse(invalid("Endpoint must match the specified protocol"));
  } else if (protocol == "sms") {
    if (phone_number(endpoint).empty())
      return refuse(invalid_plain(fmt::format("Invalid SMS endpoint: {}", endpoint)));
  } else if (protocol == "sqs") {
    if (!is_queue(endpoint)) return refuse(invalid("SQS endpoint ARN"));
    const auto queue = store.find_queue(topic::queue_of_endpoint(endpoint));
    const bool fifo = queue ? store.settings(*queue).fifo : endpoint.ends_with(".fifo");
    if (fifo && !topic::is_fifo(topic))
      return refuse(
          invalid("Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to "
                  "standard SNS topics"));
  } else if (protocol == "lambda") {
    if (!is_arn_of(endpoint, "lambda")) return refuse(invalid("Lambda endpoint ARN"));
  } else if (protocol == "application") {
    if (const auto good = endpoint_in_arn(endpoint, "Endpoint"); !good) return refuse(good.error());
  } else if (!is_address(endpoint)) {
    return refuse(invalid("Email address"));
  }
  return {};
}

Outcome<void> set_subscription_attribute(std::string_view name, std::string_view value,
                                         std::string_view prefix,
                                         topic::Subscription& subscription) {
  const auto wrong = [&](std::string_view reason) {
    return refuse(invalid(fmt::format("{}{}", prefix, reason)));
  };
  const auto set_filter = [&](std::string_view text, topic::FilterScope scope) -> Outcome<void> {
    auto filter = read_filter(text, scope);
    if (!filter) return wrong(filter.error());
    subscription.filter = std::move(*filter);
    subscription.scope = scope;
    return {};
  };
  if (name == "RawMessageDelivery") {
    std::string small(value);
    std::transform(small.begin(), small.end(), small.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (small != "true" && small != "false")
      return wrong(
          fmt::format("RawMessageDelivery: Invalid value [{}]. Must be true or false.", value));
    if (small == "true" && !takes_raw(subscription.protocol))
      return wrong(fmt::format("Delivery protocol [{}] does not support raw message delivery.",
                               subscription.protocol));
    subscription.raw = small == "true";
  } else if (name == "FilterPolicy") {
    return set_filter(value, subscription.scope);
  } else if (name == "FilterPolicyScope") {
    if (value != "MessageAttributes" && value != "MessageBody")
      return wrong(
          fmt::format("FilterPolicyScope: Invalid value [{}]. Please use either MessageBody or "
                      "MessageAttributes",
                      value));
    const auto scope =
        value == "MessageBody" ? topic::FilterScope::body : topic::FilterScope::attributes;
    return set_filter(subscription.filter ? subscription.filter->source() : "", scope);
  } else if (name == "DeliveryPolicy") {
    if (value.empty() || value == "{}") {
      subscription.policy.reset();
      subscription.delivery_policy.clear();
      return {};
    }
    auto policy = read_subscription_policy(value);
    if (!policy) return wrong(policy.error());
    subscription.policy = std::move(*policy);
    subscription.delivery_policy = value;
  } else if (name == "RedrivePolicy") {
    auto queue = read_redrive(value);
    if (!queue) return wrong(queue.error());
    if (!queue->empty() && topic::is_fifo(subscription.topic) &&
        subscription.endpoint.ends_with(".fifo") && !queue->ends_with(".fifo"))
      return wrong(
          "RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.");
    subscription.dead_letter_queue = std::move(*queue);
  } else if (name == "SubscriptionRoleArn" || name == "ReplayPolicy") {
    return refuse(unsupported(
        fmt::format("belfry has neither Firehose nor an archive of topics: {} is refused", name)));
  } else {
    return wrong("AttributeName");
  }
  return {};
}

Input subscription_attributes_json(const topic::Subscription& subscription,
                                   const topic::TopicSettings& settings, const Caller& caller) {
  const auto flag = [](bool value) { return value ? "true" : "false"; };
  Input out{
      {"SubscriptionArn", subscription_arn(subscription.topic, subscription.id, caller)},
      {"TopicArn", topic_arn(subscription.topic, caller)},
      {"Owner", caller.account},
      {"Protocol", subscription.protocol},
      {"Endpoint", subscription.endpoint},
      {"PendingConfirmation", flag(subscription.pending)},
      {"ConfirmationWasAuthenticated",
       flag(subscription.confirmed_by_owner && !subscription.pending)},
      {"RawMessageDelivery", flag(subscription.raw)},
      {"SubscriptionPrincipal", subscription.principal.empty()
                                    ? fmt::format("arn:aws:iam::{}:user/belfry", caller.account)
                                    : subscription.principal}};
  if (subscription.filter) out["FilterPolicy"] = subscription.filter->source();
  if (subscription.filter)
    out["FilterPolicyScope"] =
        subscription.scope == topic::FilterScope::body ? "MessageBody" : "MessageAttributes";
  if (!subscription.delivery_policy.empty()) out["DeliveryPolicy"] = subscription.delivery_policy;
  if (is_http(subscription.protocol))
    out["EffectiveDeliveryPolicy"] =
        effective_subscription_policy(topic::effective_policy(subscription, settings));
  if (!subscription.dead_letter_queue.empty())
    out["RedrivePolicy"] = boost::json::serialize(Input{
        {"deadLetterTargetArn", fmt::format("arn:aws:sqs:{}:{}:{}", caller.region, caller.account,
                                            subscription.dead_letter_queue)}});
  return out;
}

}  // namespace belfry::aws::sns
