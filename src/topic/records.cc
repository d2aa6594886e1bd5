#include "topic/records.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "base/json.h"

namespace belfry::topic {
namespace {

constexpr int64_t kVersion = 1;

using object = simdjson::dom::object;

class Writer {
 public:
  Writer& number(std::string_view key, int64_t value) {
    name(key);
    out_ += std::to_string(value);
    return *this;
  }
  Writer& flag(std::string_view key, bool value) {
    name(key);
    out_ += value ? "true" : "false";
    return *this;
  }
  Writer& text(std::string_view key, std::string_view value) {
    name(key);
    append_json_string(out_, value);
    return *this;
  }
  Writer& json(std::string_view key, std::string_view value) {
    name(key);
    out_ += value;
    return *this;
  }
  std::string finish() { return std::move(out_ += '}'); }

 private:
  void name(std::string_view key) {
    if (out_.size() > 1) out_ += ',';
    append_json_string(out_, key);
    out_ += ':';
  }
  std::string out_ = "{";
};

std::string policy_json(const DeliveryPolicy& policy) {
  return Writer()
      .number("retries", policy.retries)
      .number("least_delay_ns", policy.least_delay.count())
      .number("most_delay_ns", policy.most_delay.count())
      .number("immediate", policy.immediate)
      .number("before", policy.before)
      .number("after", policy.after)
      .text("backoff", name_of(policy.backoff))
      .number("rate", policy.rate)
      .text("content_type", policy.content_type)
      .finish();
}

bool read(const object& from, uint32_t& out, std::string_view key) {
  uint64_t value = 0;
  if (from[key].get(value) || value > UINT32_MAX) return false;
  out = static_cast<uint32_t>(value);
  return true;
}

bool read(const object& from, std::string& out, std::string_view key) {
  std::string_view value;
  if (from[key].get(value)) return false;
  out = value;
  return true;
}

// False only if the field is there and of the wrong kind.
template <class T>
bool read_if_there(const object& from, T& out, std::string_view key) {
  simdjson::dom::element element;
  if (from[key].get(element)) return true;
  if constexpr (std::is_same_v<T, std::string>)
    return read(from, out, key);
  else
    return element.get(out) == simdjson::SUCCESS;
}

bool read_policy(const object& from, DeliveryPolicy& out) {
  int64_t least = 0, most = 0;
  std::string backoff;
  if (!read(from, out.retries, "retries") || from["least_delay_ns"].get(least) ||
      from["most_delay_ns"].get(most) || !read(from, out.immediate, "immediate") ||
      !read(from, out.before, "before") || !read(from, out.after, "after") ||
      !read(from, backoff, "backoff") || !parse(backoff, out.backoff) ||
      !read(from, out.rate, "rate") || !read(from, out.content_type, "content_type"))
    return false;
  out.least_delay = Duration(least);
  out.most_delay = Duration(most);
  return true;
}

bool read_policy_if_there(const object& from, std::optional<DeliveryPolicy>& out,
                          std::string_view key) {
  object policy;
  simdjson::dom::element element;
  if (from[key].get(element)) return true;
  return !element.get(policy) && read_policy(policy, out.emplace());
}

Result<object> open(simdjson::dom::parser& parser, std::string_view text, std::string_view what) {
  object out;
  if (const auto error = parser.parse(simdjson::padded_string(text)).get(out)) {
    return fail(
        fmt::format("the {}'s record is not JSON: {}", what, simdjson::error_message(error)));
  }
  int64_t version = 0;
  if (out["version"].get(version) || version < 1)
    return fail(fmt::format("the {}'s record has no version", what));
  if (version > kVersion) {
    return fail(fmt::format(
        "the {}'s record has version {}, this belfry knows {}: a newer belfry wrote it, run that "
        "one",
        what, version, kVersion));
  }
  return out;
}

Result<std::optional<match::Pattern>> read_filter(const object& from, FilterScope& scope) {
  std::string_view filter, scope_name;
  if (from["filter"].get(filter)) return std::optional<match::Pattern>();
  const bool of_body = !from["filter_scope"].get(scope_name) && scope_name == "body";
  scope = of_body ? FilterScope::body : FilterScope::attributes;
  auto pattern =
      match::Pattern::parse(filter, of_body ? match::Dialect::sns_body : match::Dialect::sns);
  // A filter may have been given in the wider dialect.
  if (!pattern) pattern = match::Pattern::parse(filter, match::Dialect::listener);
  if (!pattern) return fail(fmt::format("the subscription's filter: {}", pattern.error().message));
  return std::optional<match::Pattern>(*pattern);
}

}  // namespace

std::string topic_key(std::string_view name) {
  return fmt::format("{}{}", kTopicPrefix, name);
}

std::string subscription_key(const Subscription& subscription) {
  return fmt::format("{}{}/{}", kSubscriptionPrefix, subscription.topic, subscription.id);
}

std::string encode(const TopicSettings& settings) {
  Writer out;
  out.number("version", kVersion)
      .flag("content_deduplication", settings.content_deduplication)
      .flag("deduplication_by_group", settings.deduplication_by_group)
      .number("signature_version", settings.signature_version)
      .flag("http_binding", settings.http_binding);
  if (settings.http) out.json("http", policy_json(*settings.http));
  return out.finish();
}

Result<TopicSettings> decode_topic(std::string_view text) {
  simdjson::dom::parser parser;
  const auto from = open(parser, text, "topic");
  if (!from) return tl::unexpected(from.error());
  TopicSettings settings;
  int64_t signature = 1;
  if (!read_if_there(*from, settings.content_deduplication, "content_deduplication") ||
      !read_if_there(*from, settings.deduplication_by_group, "deduplication_by_group") ||
      !read_if_there(*from, signature, "signature_version") ||
      !read_if_there(*from, settings.http_binding, "http_binding") ||
      !read_policy_if_there(*from, settings.http, "http"))
    return fail("the topic's record has a field of the wrong type");
  settings.signature_version = signature == 2 ? 2 : 1;
  return settings;
}

std::string encode(const Subscription& subscription) {
  Writer out;
  out.number("version", kVersion)
      .text("id", subscription.id)
      .text("topic", subscription.topic)
      .text("protocol", subscription.protocol)
      .text("endpoint", subscription.endpoint);
  if (subscription.filter)
    out.text("filter", subscription.filter->source())
        .text("filter_scope", subscription.scope == FilterScope::body ? "body" : "attributes");
  out.flag("raw", subscription.raw);
  if (subscription.policy) out.json("policy", policy_json(*subscription.policy));
  out.text("dead_letter_queue", subscription.dead_letter_queue)
      .flag("declared", subscription.declared);
  if (subscription.pending) out.flag("pending", true);
  if (!subscription.confirmed_by_owner) out.flag("confirmed_by_owner", false);
  if (subscription.guarded_unsubscribe) out.flag("guarded_unsubscribe", true);
  const auto add = [&](std::string_view key, const std::string& text) {
    if (!text.empty()) out.text(key, text);
  };
  add("region", subscription.region);
  add("principal", subscription.principal);
  add("delivery_policy", subscription.delivery_policy);
  if (subscription.created != WallTime{})
    out.number("created_ns", subscription.created.time_since_epoch().count());
  return out.finish();
}

Result<Subscription> decode_subscription(std::string_view text) {
  simdjson::dom::parser parser;
  const auto from = open(parser, text, "subscription");
  if (!from) return tl::unexpected(from.error());
  Subscription out;
  int64_t created = 0;
  if (!read(*from, out.id, "id") || !read(*from, out.topic, "topic") ||
      !read(*from, out.protocol, "protocol") || !read(*from, out.endpoint, "endpoint") ||
      (*from)["raw"].get(out.raw) || !read(*from, out.dead_letter_queue, "dead_letter_queue") ||
      (*from)["declared"].get(out.declared) || !read_policy_if_there(*from, out.policy, "policy") ||
      !read_if_there(*from, out.pending, "pending") ||
      !read_if_there(*from, out.confirmed_by_owner, "confirmed_by_owner") ||
      !read_if_there(*from, out.guarded_unsubscribe, "guarded_unsubscribe") ||
      !read_if_there(*from, out.region, "region") ||
      !read_if_there(*from, out.principal, "principal") ||
      !read_if_there(*from, out.delivery_policy, "delivery_policy") ||
      !read_if_there(*from, created, "created_ns"))
    return fail("the subscription's record lacks a field or has one of the wrong type");
  auto filter = read_filter(*from, out.scope);
  if (!filter) return tl::unexpected(filter.error());
  out.filter = std::move(*filter);
  out.created = WallTime(Duration(created));
  return out;
}

}  // namespace belfry::topic
