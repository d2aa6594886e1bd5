#include "sinks/push_message.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>
#include <optional>

namespace belfry::sinks {
namespace {

namespace json = boost::json;

std::optional<json::object> parse_object(std::string_view text) {
  boost::system::error_code error;
  auto parsed = json::parse({text.data(), text.size()}, error);
  if (error || !parsed.is_object()) return std::nullopt;
  return std::move(parsed.get_object());
}

std::string reserved(const queue::Attributes& attributes, std::string_view name) {
  const auto found = attributes.find(fmt::format("AWS.SNS.MOBILE.{}", name));
  return found == attributes.end() ? std::string() : found->second.value;
}

std::optional<uint32_t> seconds(const queue::Attributes& attributes, std::string_view platform) {
  const std::string text = reserved(attributes, fmt::format("{}.TTL", platform));
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

// Nothing to be seen or heard: the application is only woken.
bool is_background(std::string_view body) {
  const auto given = parse_object(body);
  const auto* aps = given ? given->if_contains("aps") : nullptr;
  if (!aps || !aps->is_object() || !aps->get_object().contains("content-available")) return false;
  for (const char* shown : {"alert", "badge", "sound"})
    if (aps->get_object().contains(shown)) return false;
  return true;
}

}  // namespace

std::string fcm_body(std::string_view body, std::string_view token,
                     const queue::Attributes& attributes) {
  json::object message;
  if (const auto given = parse_object(body)) {
    // FCM's own form, SNS's wrapping of it, or what its older interface took.
    if (const auto* wrapped = given->if_contains("fcmV1Message"); wrapped && wrapped->is_object()) {
      if (const auto* inner = wrapped->get_object().if_contains("message");
          inner && inner->is_object())
        message = inner->get_object();
    } else if (const auto* inner = given->if_contains("message"); inner && inner->is_object()) {
      message = inner->get_object();
    } else {
      for (const char* part : {"notification", "data", "android", "apns", "webpush"})
        if (const auto* value = given->if_contains(part)) message[part] = *value;
    }
  }
  if (message.empty()) message["notification"] = {{"body", body}};
  message["token"] = token;
  if (const auto ttl = seconds(attributes, "GCM")) {
    auto& android = message["android"];
    if (!android.is_object()) android = json::object();
    android.get_object().emplace("ttl", fmt::format("{}s", *ttl));  // unless it has one
  }
  return json::serialize(json::object{{"message", std::move(message)}});
}

std::string apns_body(std::string_view body) {
  const auto given = parse_object(body);
  if (given && given->contains("aps")) return std::string(body);
  return json::serialize(json::object{{"aps", {{"alert", body}}}});
}

// "Sending notification requests to APNs", Apple.
http::Headers apns_headers(const queue::Attributes& attributes, std::string_view platform,
                           const std::string& bundle, std::string_view body, WallTime sent) {
  std::string type = reserved(attributes, "APNS.PUSH_TYPE"),
              topic = reserved(attributes, "APNS.TOPIC"),
              priority = reserved(attributes, "APNS.PRIORITY");
  if (type.empty())
    type = platform.starts_with("APNS_VOIP") ? "voip"
           : is_background(body)             ? "background"
                                             : "alert";
  if (topic.empty()) topic = type == "voip" ? bundle + ".voip" : bundle;
  if (priority.empty() && type == "background") priority = "5";  // Apple takes no other there
  http::Headers headers = {
      {"apns-topic", topic}, {"apns-push-type", type}, {"content-type", "application/json"}};
  if (!priority.empty()) headers.emplace_back("apns-priority", priority);
  if (auto id = reserved(attributes, "APNS.COLLAPSE_ID"); !id.empty())
    headers.emplace_back("apns-collapse-id", std::move(id));
  if (const auto ttl = seconds(attributes, platform)) {
    const auto ends = sent + std::chrono::seconds(*ttl);
    headers.emplace_back(
        "apns-expiration",
        std::to_string(
            *ttl == 0 ? 0  // now or never
                      : std::chrono::duration_cast<std::chrono::seconds>(ends.time_since_epoch())
                            .count()));
  }
  return headers;
}

}  // namespace belfry::sinks
