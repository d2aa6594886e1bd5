#include "topic/records.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "base/json.h"

namespace belfry::topic {
namespace {

constexpr int64_t kVersion = 1;

}  // namespace

std::string topic_key(std::string_view name) {
  return fmt::format("{}{}", kTopicPrefix, name);
}

std::string subscription_key(const Subscription& subscription) {
  return fmt::format("{}{}/{}", kSubscriptionPrefix, subscription.topic, subscription.id);
}

std::string encode(const Subscription& subscription) {
  std::string out = fmt::format(R"({{"version":{})", kVersion);
  const auto text = [&](std::string_view key, std::string_view value) {
    out += fmt::format(",\"{}\":", key);
    append_json_string(out, value);
  };
  text("id", subscription.id);
  text("topic", subscription.topic);
  text("protocol", subscription.protocol);
  text("endpoint", subscription.endpoint);
  if (subscription.filter) {
    text("filter", subscription.filter->text());
    text("filter_scope", subscription.scope == FilterScope::body ? "body" : "attributes");
  }
  out +=
      fmt::format(R"(,"raw":{},"retries":{},"least_delay_ns":{},"most_delay_ns":{})",
                  subscription.raw, subscription.policy.retries,
                  subscription.policy.least_delay.count(), subscription.policy.most_delay.count());
  text("dead_letter_queue", subscription.dead_letter_queue);
  out += '}';
  return out;
}

Result<Subscription> decode_subscription(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (const auto error = parser.parse(simdjson::padded_string(text)).get(object)) {
    return fail(
        fmt::format("the subscription's record is not JSON: {}", simdjson::error_message(error)));
  }
  int64_t version = 0;
  if (object["version"].get(version) || version < 1)
    return fail("the subscription's record has no version");
  if (version > kVersion) {
    return fail(fmt::format(
        "the subscription's record has version {}, this belfry knows {}: a newer belfry wrote it, "
        "run that one",
        version, kVersion));
  }
  std::string_view id, topic, protocol, endpoint, dead;
  Subscription subscription;
  uint64_t retries = 0;
  int64_t least = 0, most = 0;
  if (object["id"].get(id) || object["topic"].get(topic) || object["protocol"].get(protocol) ||
      object["endpoint"].get(endpoint) || object["raw"].get(subscription.raw) ||
      object["retries"].get(retries) || object["least_delay_ns"].get(least) ||
      object["most_delay_ns"].get(most) || object["dead_letter_queue"].get(dead) ||
      retries > UINT32_MAX) {
    return fail("the subscription's record lacks a field or has one of the wrong type");
  }
  std::string_view filter, scope;
  if (!object["filter"].get(filter)) {
    const bool of_body = !object["filter_scope"].get(scope) && scope == "body";
    if (of_body) subscription.scope = FilterScope::body;
    const auto dialect = of_body ? match::Dialect::sns_body : match::Dialect::sns;
    auto pattern = match::Pattern::parse(filter, dialect);
    // A filter may have been given in the wider dialect.
    if (!pattern) pattern = match::Pattern::parse(filter, match::Dialect::listener);
    if (!pattern) {
      return fail(fmt::format("the subscription's filter: {}", pattern.error().message));
    }
    subscription.filter = *pattern;
  }
  subscription.id = id;
  subscription.topic = topic;
  subscription.protocol = protocol;
  subscription.endpoint = endpoint;
  subscription.policy.retries = static_cast<uint32_t>(retries);
  subscription.policy.least_delay = Duration(least);
  subscription.policy.most_delay = Duration(most);
  subscription.dead_letter_queue = dead;
  return subscription;
}

}  // namespace belfry::topic
