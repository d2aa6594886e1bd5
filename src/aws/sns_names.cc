#include "aws/sns_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace belfry::aws::sns {
namespace {

constexpr size_t kLongestTopicName = 256;
constexpr size_t kMostDigits = 15, kFewestDigits = 5;  // E.164, and what AWS still takes

bool is_name_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '_';
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (size_t end; (end = text.find(at)) != std::string_view::npos; text.remove_prefix(end + 1))
    parts.push_back(text.substr(0, end));
  parts.push_back(text);
  return parts;
}

Outcome<std::vector<std::string_view>> elements(std::string_view arn, std::string_view parameter) {
  auto parts = split(arn, ':');
  if (parts.size() < 6)
    return refuse(invalid(fmt::format("{} Reason: An ARN must have at least 6 elements, not {}",
                                      parameter, parts.size())));
  if (parts[0] != "arn" || parts[2] != "sns") return refuse(invalid(parameter));
  return parts;
}

Outcome<std::string> relative(std::string_view arn, std::string_view parameter,
                              std::string_view kind, size_t parts_wanted) {
  const auto parts = elements(arn, parameter);
  if (!parts) return refuse(parts.error());
  const std::string_view last = parts->back();
  const auto inner = split(last, '/');
  if (parts->size() != 6 || inner.size() != parts_wanted || inner[0] != kind)
    return refuse(invalid(fmt::format(
        "{} Reason: Wrong number of slashes in relative portion of the ARN.", parameter)));
  return std::string(last);
}

}  // namespace

Outcome<void> check_topic_name(std::string_view name, bool fifo) {
  std::string_view stem = name;
  const bool suffixed = stem.ends_with(".fifo");
  if (suffixed && fifo) stem.remove_suffix(5);
  if (stem.empty() || name.size() > kLongestTopicName || suffixed != fifo ||
      !std::all_of(stem.begin(), stem.end(), is_name_character))
    return refuse(invalid("Topic Name"));
  return {};
}

std::string topic_arn(std::string_view name, const Caller& caller) {
  return fmt::format("arn:aws:sns:{}:{}:{}", caller.region, caller.account, name);
}

std::string subscription_arn(std::string_view topic, std::string_view id, const Caller& caller) {
  return fmt::format("{}:{}", topic_arn(topic, caller), id);
}

Outcome<std::string> topic_in_arn(std::string_view arn, std::string_view parameter) {
  const auto parts = elements(arn, parameter);
  if (!parts) return refuse(parts.error());
  if (parts->size() != 6 || parts->back().empty()) return refuse(invalid(parameter));
  return std::string(parts->back());
}

Outcome<SubscriptionName> subscription_in_arn(std::string_view arn) {
  const auto parts = elements(arn, "SubscriptionArn");
  if (!parts) return refuse(parts.error());
  if (parts->size() != 7)
    return refuse(invalid(fmt::format(
        "SubscriptionArn Reason: An ARN must have at least 7 elements, not {}", parts->size())));
  return SubscriptionName{std::string((*parts)[5]), std::string((*parts)[6])};
}

Outcome<std::string> application_in_arn(std::string_view arn) {
  return relative(arn, "PlatformApplicationArn", "app", 3);
}

Outcome<std::string> endpoint_in_arn(std::string_view arn, std::string_view parameter) {
  return relative(arn, parameter, "endpoint", 4);
}

std::string arn_of(std::string_view last_part, const Caller& caller) {
  return topic_arn(last_part, caller);
}

bool is_arn_of(std::string_view arn, std::string_view service) {
  const auto parts = split(arn, ':');
  return parts.size() >= 6 && parts[0] == "arn" && parts[2] == service && !parts.back().empty();
}

std::string phone_number(std::string_view text) {
  const auto between = [](char c) { return c == '.' || c == '-' || c == '/'; };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') {
      out += c;
    } else if (c == '+' && i == 0) {
      out += c;
    } else if (!between(c) || i == 0 || i + 1 == text.size() || between(text[i + 1])) {
      return {};
    }
  }
  const size_t digits = out.size() - (out.starts_with('+') ? 1 : 0);
  if (digits < kFewestDigits || digits > kMostDigits || out[out.size() - digits] == '0') return {};
  return out.starts_with('+') ? out : "+" + out;
}

}  // namespace belfry::aws::sns
