#include "topic/notification.h"

#include <fmt/format.h>

#include <vector>

#include "base/bytes.h"
#include "base/json.h"

namespace belfry::topic {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

// {"City":{"Type":"String","Value":"Any City"}}; what stands between the parts is given.
std::string attributes_json(const queue::Attributes& attributes, std::string_view before,
                            std::string_view after) {
  std::string out = "{";
  for (const auto& [name, attribute] : attributes) {
    if (out.size() > 1) out += ',';
    out += before;
    append_json_string(out, name);
    out += before.empty() ? ":{\"Type\":" : " : {\"Type\":";
    append_json_string(out, attribute.type);
    out += ",\"Value\":";
    append_json_string(
        out, attribute.type.starts_with("Binary") ? base64(attribute.value) : attribute.value);
    out += '}';
  }
  return (out += after) += '}';
}

}  // namespace

std::string_view name_of(Notice::Type type) {
  switch (type) {
    case Notice::Type::subscription_confirmation:
      return "SubscriptionConfirmation";
    case Notice::Type::unsubscribe_confirmation:
      return "UnsubscribeConfirmation";
    case Notice::Type::notification:
      break;
  }
  return "Notification";
}

std::string timestamp(WallTime time) {
  std::string text = to_rfc3339(time);
  text.resize(text.size() - 7);  // nine digits become three
  return text += 'Z';
}

Notices::Notices(queue::Store& store, Clock& clock, Options options)
    : options_(std::move(options)), notary_(store, clock) {}

void Notices::set_endpoint(std::string endpoint) {
  std::lock_guard lock(mutex_);
  options_.endpoint = std::move(endpoint);
}

void Notices::configure(Options options) {
  std::lock_guard lock(mutex_);
  options_ = std::move(options);
}

Notices::Options Notices::options() const {
  std::lock_guard lock(mutex_);
  return options_;
}

std::string Notices::account() const {
  std::lock_guard lock(mutex_);
  return options_.account;
}

std::string Notices::topic_arn(std::string_view topic, std::string_view region) const {
  std::lock_guard lock(mutex_);
  return fmt::format("arn:aws:sns:{}:{}:{}", region.empty() ? options_.region : region,
                     options_.account, topic);
}

std::string Notices::arn(const Subscription& subscription) const {
  return fmt::format("{}:{}", topic_arn(subscription.topic, subscription.region), subscription.id);
}

std::string Notices::certificate_url() {
  return fmt::format("{}/{}", options().endpoint, notary_.file_name());
}

std::string Notices::unsubscribe_url(const Subscription& subscription) const {
  return fmt::format("{}/?Action=Unsubscribe&SubscriptionArn={}", options().endpoint,
                     arn(subscription));
}

std::string Notices::subscribe_url(std::string_view topic_arn, std::string_view token) const {
  return fmt::format("{}/?Action=ConfirmSubscription&TopicArn={}&Token={}", options().endpoint,
                     topic_arn, token);
}

// "Verifying the signatures of Amazon SNS messages", SNS Developer Guide: names and values of these
// fields, in the order of the bytes of their names, a line each.
const std::string& Notice::signature(const std::string& topic_arn) {
  const auto [at, fresh] = signatures_.try_emplace(topic_arn);
  if (!fresh) return at->second;
  std::string text;
  const auto line = [&](std::string_view name, std::string_view value) {
    ((text.append(name) += '\n').append(value)) += '\n';
  };
  line("Message", content_.message);
  line("MessageId", content_.id);
  if (content_.type == Type::notification) {
    if (!content_.subject.empty()) line("Subject", content_.subject);
  } else {
    line("SubscribeURL", notices_.subscribe_url(topic_arn, content_.token));
  }
  line("Timestamp", timestamp(content_.time));
  if (content_.type != Type::notification) line("Token", content_.token);
  line("TopicArn", topic_arn);
  line("Type", name_of(content_.type));
  return at->second = notices_.notary().sign(text, content_.signature_version);
}

std::string Notice::document(const Subscription& subscription) {
  const std::string topic_arn = notices_.topic_arn(subscription.topic, subscription.region);
  std::string out = "{\n";
  const auto add = [&](std::string_view name, std::string_view value) {
    out += out.size() > 2 ? ",\n  " : "  ";
    append_json_string(out, name);
    out += " : ";
    append_json_string(out, value);
  };
  add("Type", name_of(content_.type));
  add("MessageId", content_.id);
  if (!content_.sequence.empty()) add("SequenceNumber", content_.sequence);
  if (!content_.token.empty()) add("Token", content_.token);
  add("TopicArn", topic_arn);
  if (!content_.subject.empty()) add("Subject", content_.subject);
  add("Message", content_.message);
  if (content_.type != Type::notification)
    add("SubscribeURL", notices_.subscribe_url(topic_arn, content_.token));
  add("Timestamp", timestamp(content_.time));
  if (content_.sequence.empty()) {
    add("SignatureVersion", std::to_string(content_.signature_version));
    add("Signature", signature(topic_arn));
    add("SigningCertURL", notices_.certificate_url());
  }
  if (content_.type == Type::notification)
    add("UnsubscribeURL", notices_.unsubscribe_url(subscription));
  if (!content_.attributes.empty())
    out += ",\n  \"MessageAttributes\" : " + attributes_json(content_.attributes, "\n    ", "\n  ");
  return out += "\n}";
}

std::string Notice::function_event(const Subscription& subscription) {
  const std::string topic_arn = notices_.topic_arn(subscription.topic, subscription.region);
  return fmt::format(
      R"({{"Records":[{{"EventSource":"aws:sns","EventVersion":"1.0","EventSubscriptionArn":{},)"
      R"("Sns":{{"Type":"Notification","MessageId":{},"TopicArn":{},"Subject":{},"Message":{},)"
      R"("Timestamp":{},"SignatureVersion":"{}","Signature":{},"SigningCertUrl":{},)"
      R"("UnsubscribeUrl":{},"MessageAttributes":{}}}}}]}})",
      quoted(notices_.arn(subscription)), quoted(content_.id), quoted(topic_arn),
      content_.subject.empty() ? "null" : quoted(content_.subject), quoted(content_.message),
      quoted(timestamp(content_.time)), content_.signature_version, quoted(signature(topic_arn)),
      quoted(notices_.certificate_url()), quoted(notices_.unsubscribe_url(subscription)),
      attributes_json(content_.attributes, "", ""));
}

}  // namespace belfry::topic
