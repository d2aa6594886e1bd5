#include "aws/sns_delivery_policy.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <optional>

namespace belfry::aws::sns {
namespace {

using boost::json::object;
using topic::DeliveryPolicy;

constexpr char kContentType[] = "text/plain; charset=UTF-8";
constexpr int64_t kLongestDelay = 3'600;  // seconds, also of all waits together
constexpr int64_t kMostRetries = 100;
constexpr int64_t kFastest = 1'000'000;  // deliveries a second

using Problem = std::optional<std::string>;  // none: it is good

std::optional<object> parse_object(std::string_view text) {
  boost::system::error_code error;
  auto parsed = boost::json::parse({text.data(), text.size()}, error);
  if (error || !parsed.is_object()) return std::nullopt;
  return std::move(parsed.get_object());
}

const object* object_at(const object& from, std::string_view name) {
  const auto* value = from.if_contains(name);
  return value && value->is_object() ? &value->get_object() : nullptr;
}

Problem read_number(const object& from, std::string_view name, int64_t least, int64_t most,
                    int64_t& out) {
  const auto* value = from.if_contains(name);
  if (!value || value->is_null()) return {};
  if (!value->is_int64() || value->get_int64() < least || value->get_int64() > most)
    return fmt::format("DeliveryPolicy: {} must be a whole number from {} to {}", name, least,
                       most);
  out = value->get_int64();
  return {};
}

Problem read_retries(const object& from, DeliveryPolicy& out) {
  int64_t retries = 3, immediate = 0, before = 0, after = 0, least = 20, most = 20;
  for (const auto& [name, value] : from)
    if (name != "numRetries" && name != "numNoDelayRetries" && name != "numMinDelayRetries" &&
        name != "numMaxDelayRetries" && name != "minDelayTarget" && name != "maxDelayTarget" &&
        name != "backoffFunction")
      return fmt::format("DeliveryPolicy: unexpected JSON member: {}",
                         std::string_view(name.data(), name.size()));
  struct Field {
    const char* name;
    int64_t least, most;
    int64_t* to;
  };
  for (const Field& field : {Field{"numRetries", 0, kMostRetries, &retries},
                             Field{"numNoDelayRetries", 0, kMostRetries, &immediate},
                             Field{"numMinDelayRetries", 0, kMostRetries, &before},
                             Field{"numMaxDelayRetries", 0, kMostRetries, &after},
                             Field{"minDelayTarget", 1, kLongestDelay, &least},
                             Field{"maxDelayTarget", 1, kLongestDelay, &most}})
    if (auto problem = read_number(from, field.name, field.least, field.most, *field.to))
      return problem;
  if (!from.contains("maxDelayTarget")) most = std::max(least, most);
  if (least > most) return "DeliveryPolicy: maxDelayTarget must be at least minDelayTarget";
  if (immediate + before + after > retries)
    return "DeliveryPolicy: numRetries must be at least the sum of numNoDelayRetries, "
           "numMinDelayRetries and numMaxDelayRetries";
  out.backoff = topic::Backoff::linear;
  if (const auto* name = from.if_contains("backoffFunction"); name && !name->is_null()) {
    if (!name->is_string() || !topic::parse(std::string_view(name->get_string()), out.backoff))
      return "DeliveryPolicy: backoffFunction must be linear, arithmetic, geometric or exponential";
  }
  out.retries = static_cast<uint32_t>(retries);
  out.immediate = static_cast<uint32_t>(immediate);
  out.before = static_cast<uint32_t>(before);
  out.after = static_cast<uint32_t>(after);
  out.least_delay = std::chrono::seconds(least);
  out.most_delay = std::chrono::seconds(most);
  Duration total{0};
  for (uint32_t failures = 1; failures <= out.retries; ++failures)
    total += topic::delay(out, failures);
  if (total > std::chrono::seconds(kLongestDelay))
    return fmt::format("DeliveryPolicy: the retries take longer than {} seconds in total",
                       kLongestDelay);
  return {};
}

Problem read_parts(const object* retries, const object* throttle, const object* request,
                   DeliveryPolicy& out) {
  if (retries)
    if (auto problem = read_retries(*retries, out)) return problem;
  if (throttle) {
    int64_t rate = 0;
    if (auto problem = read_number(*throttle, "maxReceivesPerSecond", 1, kFastest, rate))
      return problem;
    out.rate = static_cast<uint32_t>(rate);
  }
  if (request) {
    if (const auto* type = request->if_contains("headerContentType"); type && type->is_string())
      out.content_type = type->get_string();
    if (out.content_type.find_first_of("\r\n") != std::string::npos)
      return "DeliveryPolicy: headerContentType must be one line";
  }
  return {};
}

object retries_json(const DeliveryPolicy& policy) {
  const auto seconds = [](Duration delay) {
    return std::chrono::duration_cast<std::chrono::seconds>(delay).count();
  };
  return {{"minDelayTarget", seconds(policy.least_delay)},
          {"maxDelayTarget", seconds(policy.most_delay)},
          {"numRetries", policy.retries},
          {"numMaxDelayRetries", policy.after},
          {"numNoDelayRetries", policy.immediate},
          {"numMinDelayRetries", policy.before},
          {"backoffFunction", topic::name_of(policy.backoff)}};
}

object request_json(const DeliveryPolicy& policy) {
  return {{"headerContentType", policy.content_type.empty() ? kContentType : policy.content_type}};
}

}  // namespace

tl::expected<void, std::string> read_topic_policy(std::string_view text,
                                                  topic::TopicSettings& settings) {
  settings.http.reset();
  settings.http_binding = false;
  if (text.empty()) return {};
  const auto policy = parse_object(text);
  if (!policy) return tl::unexpected<std::string>("DeliveryPolicy: failed to parse JSON.");
  for (const auto& [name, value] : *policy)
    if (name != "http")
      return tl::unexpected(fmt::format("DeliveryPolicy: unexpected JSON member: {}",
                                        std::string_view(name.data(), name.size())));
  const object* http = object_at(*policy, "http");
  if (!http) return {};
  DeliveryPolicy out = topic::standard_policy("http");
  if (auto problem = read_parts(object_at(*http, "defaultHealthyRetryPolicy"),
                                object_at(*http, "defaultThrottlePolicy"),
                                object_at(*http, "defaultRequestPolicy"), out))
    return tl::unexpected(std::move(*problem));
  const auto* binding = http->if_contains("disableSubscriptionOverrides");
  settings.http_binding = binding && binding->is_bool() && binding->get_bool();
  settings.http = std::move(out);
  return {};
}

tl::expected<DeliveryPolicy, std::string> read_subscription_policy(std::string_view text) {
  const auto policy = parse_object(text);
  if (!policy) return tl::unexpected<std::string>("DeliveryPolicy: failed to parse JSON.");
  for (const auto& [name, value] : *policy)
    if (name != "healthyRetryPolicy" && name != "sicklyRetryPolicy" && name != "throttlePolicy" &&
        name != "requestPolicy" && name != "guaranteed")
      return tl::unexpected(fmt::format("DeliveryPolicy: unexpected JSON member: {}",
                                        std::string_view(name.data(), name.size())));
  DeliveryPolicy out = topic::standard_policy("http");
  if (auto problem =
          read_parts(object_at(*policy, "healthyRetryPolicy"), object_at(*policy, "throttlePolicy"),
                     object_at(*policy, "requestPolicy"), out))
    return tl::unexpected(std::move(*problem));
  return out;
}

std::string effective_topic_policy(const topic::TopicSettings& settings) {
  const DeliveryPolicy policy = settings.http.value_or(topic::standard_policy("http"));
  object http{{"defaultHealthyRetryPolicy", retries_json(policy)},
              {"disableSubscriptionOverrides", settings.http_binding}};
  if (policy.rate > 0) http["defaultThrottlePolicy"] = {{"maxReceivesPerSecond", policy.rate}};
  http["defaultRequestPolicy"] = request_json(policy);
  return boost::json::serialize(object{{"http", std::move(http)}});
}

std::string effective_subscription_policy(const DeliveryPolicy& policy) {
  object out{{"healthyRetryPolicy", retries_json(policy)},
             {"sicklyRetryPolicy", nullptr},
             {"throttlePolicy", nullptr},
             {"requestPolicy", request_json(policy)},
             {"guaranteed", false}};
  if (policy.rate > 0) out["throttlePolicy"] = {{"maxReceivesPerSecond", policy.rate}};
  return boost::json::serialize(out);
}

}  // namespace belfry::aws::sns
