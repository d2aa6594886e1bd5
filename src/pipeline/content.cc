#include "pipeline/content.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/json.h"
#include "event/json.h"

namespace belfry::pipeline {
namespace {

constexpr size_t kMostAttributes = 10;
constexpr size_t kMostName = 256, kMostValue = 1'024;

// As Amazon SQS takes an attribute's name.
bool is_attribute_name(std::string_view name) {
  if (name.empty() || name.size() > kMostName || name.front() == '.' || name.back() == '.')
    return false;
  if (name.find("..") != name.npos) return false;
  for (const char c : name) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-' || c == '.';
    if (!good) return false;
  }
  const auto begins = [&](std::string_view prefix) {
    return name.size() >= prefix.size() &&
           std::equal(prefix.begin(), prefix.end(), name.begin(), [](char a, char b) {
             return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b);
           });
  };
  return !begins("aws.") && !begins("amazon.");
}

// The characters that Amazon SQS takes in a value are those of XML 1.0.
bool is_attribute_value(std::string_view value) {
  if (value.empty() || value.size() > kMostValue) return false;
  for (const char c : value) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') return false;
  }
  return is_utf8(value);
}

void add_text(queue::Attributes& attributes, std::string name, std::string_view value) {
  if (is_attribute_value(value))
    attributes.emplace(std::move(name), queue::Attribute{"String", std::string(value)});
}

void add_payload(queue::Attributes& attributes, std::string_view payload) {
  namespace ondemand = simdjson::ondemand;
  thread_local ondemand::parser parser;
  const simdjson::padded_string padded(payload);
  ondemand::document document;
  ondemand::object object;
  if (parser.iterate(padded).get(document) || document.get_object().get(object)) return;
  for (auto field : object) {
    std::string_view key;
    ondemand::value value;
    ondemand::json_type type;
    if (attributes.size() == kMostAttributes || field.unescaped_key().get(key) ||
        field.value().get(value) || value.type().get(type)) {
      return;
    }
    if (!is_attribute_name(key)) continue;
    if (type == ondemand::json_type::string) {
      const std::string name(key);  // unescaping the value may move the key
      std::string_view text;
      if (!value.get_string().get(text)) add_text(attributes, name, text);
    } else if (type == ondemand::json_type::number) {
      std::string_view digits = value.raw_json_token();
      digits = digits.substr(0, digits.find_last_not_of(" \t\r\n") + 1);
      if (digits.size() <= kMostValue) {
        attributes.emplace(std::string(key), queue::Attribute{"Number", std::string(digits)});
      }
    }
  }
}

}  // namespace

queue::Attributes attributes_of(const event::Event& event) {
  queue::Attributes attributes;
  add_text(attributes, "kind", event::name(event.position.kind));
  add_text(attributes, "channel", event.channel);
  add_text(attributes, "chaincode", event.chaincode);
  add_text(attributes, "event", event.event_name);
  if (event.has_payload) add_payload(attributes, event.payload);
  return attributes;
}

std::shared_ptr<const Content> content_of(const event::Event& event, const Body& body) {
  auto content = std::make_shared<Content>();
  content->id = event.position.id();
  content->attributes = attributes_of(event);
  content->group = event.channel;
  if (body) {
    auto made = body(event);
    if (made) {
      content->body = std::move(*made);
      return content;
    }
    content->refused = std::move(made.error().message);
  }
  event::append_json(content->body, event);
  return content;
}

std::string message_id(std::string_view event_id) {
  Hash256 hash = sha256(event_id);
  hash[6] = static_cast<unsigned char>((hash[6] & 0x0f) | 0x80);
  hash[8] = static_cast<unsigned char>((hash[8] & 0x3f) | 0x80);
  std::string digits = hex(view(hash).substr(0, 16));
  for (const size_t dash : {20, 16, 12, 8}) digits.insert(dash, 1, '-');
  return digits;
}

queue::Message message_of(const Content& content) {
  queue::Message message;
  message.id = message_id(content.id);
  message.body = content.body;
  message.attributes = content.attributes;
  message.system[std::string(queue::kEventAttribute)] = content.id;
  return message;
}

}  // namespace belfry::pipeline
