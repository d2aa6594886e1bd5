#include "aws/sns_message.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace belfry::aws::sns {
namespace {

constexpr size_t kLongestName = 256;
constexpr size_t kLongestSubject = 100;
constexpr size_t kLongestId = 128;

bool is_name_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '-' || c == '.';
}

Outcome<void> check_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName)
    return refuse(invalid_value("Length of message attribute name must be less than 256 bytes."));
  for (const char c : name)
    if (!is_name_character(c))
      return refuse(invalid_value(fmt::format(
          "Invalid non-alphanumeric character '#x{:X}' was found in the message attribute name. "
          "Can only include alphanumeric characters, hyphens, underscores, or dots.",
          static_cast<unsigned char>(c))));
  if (name.front() == '.')
    return refuse(
        invalid_value("Invalid message attribute name starting with character '.' was "
                      "found."));
  if (name.back() == '.')
    return refuse(
        invalid_value("Invalid message attribute name ending with character '.' was found."));
  if (name.find("..") != std::string_view::npos)
    return refuse(invalid_value("Message attribute name can not have successive '.' character."));
  return {};
}

Outcome<queue::Attribute> read_one(std::string_view name, const Input& given,
                                   std::string_view member) {
  queue::Attribute out;
  if (!given.contains("DataType"))
    return refuse(missing(fmt::format("{}.{}.member.dataType", member, name)));
  out.type = text_of(given, "DataType");
  const std::string_view kind = std::string_view(out.type).substr(0, out.type.find('.'));
  const bool binary = kind == "Binary";
  if ((!binary && kind != "String" && kind != "Number") || out.type.size() == kind.size() + 1)
    return refuse(invalid_value(
        fmt::format("The message attribute '{}' has an invalid message attribute type, the set of "
                    "supported type prefixes is Binary, Number, and String.",
                    name)));
  const bool has_text = given.contains("StringValue"), has_bytes = given.contains("BinaryValue");
  if (binary ? has_text : has_bytes)
    return refuse(
        invalid_value(fmt::format("The message attribute '{}' with type '{}' must use field '{}'.",
                                  name, out.type, binary ? "Binary" : "String")));
  if (binary) {
    auto bytes = unbase64(text_of(given, "BinaryValue"));
    if (!bytes)
      return refuse(invalid_value(fmt::format("The message attribute '{}' is no base64.", name)));
    out.value = std::move(*bytes);
  } else {
    out.value = text_of(given, "StringValue");
  }
  if (out.value.empty())
    return refuse(invalid_value(
        fmt::format("The message attribute '{}' must contain non-empty message attribute value for "
                    "message attribute type '{}'.",
                    name, out.type)));
  return out;
}

// MessageStructure json: a body for each protocol, of which `default` must be there.
Outcome<void> read_structure(std::string_view message, topic::Publication& out) {
  boost::system::error_code error;
  const auto parsed = boost::json::parse({message.data(), message.size()}, error);
  if (error || !parsed.is_object())
    return refuse(invalid("Message Structure - JSON message body failed to parse"));
  const auto& bodies = parsed.get_object();
  const auto* standard = bodies.if_contains("default");
  if (!standard || !standard->is_string())
    return refuse(invalid("Message Structure - No default entry in JSON message body"));
  out.body = view(standard->get_string());
  for (const auto& [protocol, body] : bodies)
    if (body.is_string() && protocol != "default")
      out.bodies[std::string(protocol)] = view(body.get_string());
  return {};
}

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= kLongestId &&
         std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

Outcome<queue::Attributes> read_message_attributes(const Input& given, std::string_view member) {
  queue::Attributes out;
  for (const auto& [key, value] : given) {
    const std::string_view name(key.data(), key.size());
    if (auto good = check_name(name); !good) return refuse(good.error());
    auto attribute = read_one(name, value.get_object(), member);
    if (!attribute) return refuse(attribute.error());
    out.emplace(name, std::move(*attribute));
  }
  return out;
}

Outcome<topic::Publication> read_publication(const Input& input, std::string_view member) {
  topic::Publication out;
  auto attributes = read_message_attributes(object_of(input, "MessageAttributes"), member);
  if (!attributes) return refuse(attributes.error());
  out.attributes = std::move(*attributes);
  const std::string_view message = text_of(input, "Message");
  if (message.empty()) return refuse(invalid("Empty message"));
  if (!is_utf8(message)) return refuse(invalid("Message"));
  if (input.contains("Subject")) {
    out.subject = text_of(input, "Subject");
    if (out.subject.empty() || out.subject.size() > kLongestSubject || !is_utf8(out.subject) ||
        std::any_of(out.subject.begin(), out.subject.end(),
                    [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
      return refuse(invalid("Subject"));
  }
  const std::string_view structure = text_of(input, "MessageStructure");
  if (structure == "json") {
    if (auto read = read_structure(message, out); !read) return refuse(read.error());
  } else if (!structure.empty()) {
    return refuse(invalid("MessageStructure"));
  } else {
    out.body = message;
  }
  return out;
}

size_t size_of(const Input& input, const topic::Publication& publication) {
  size_t size = text_of(input, "Message").size();
  for (const auto& [name, attribute] : publication.attributes)
    size += name.size() + attribute.type.size() + attribute.value.size();
  return size;
}

Outcome<void> read_order(const Input& input, std::string_view topic,
                         const topic::TopicSettings& settings, topic::Publication& publication) {
  publication.group = text_of(input, "MessageGroupId");
  publication.deduplication = text_of(input, "MessageDeduplicationId");
  if (!publication.group.empty() && !is_id(publication.group))
    return refuse(invalid("MessageGroupId"));
  if (!publication.deduplication.empty() && !is_id(publication.deduplication))
    return refuse(invalid("MessageDeduplicationId"));
  if (!topic::is_fifo(topic)) {
    if (input.contains("MessageDeduplicationId"))
      return refuse(
          invalid("MessageDeduplicationId Reason: The request includes MessageDeduplicationId "
                  "parameter that is not valid for this topic type"));
    return {};
  }
  if (publication.group.empty())
    return refuse(invalid("The MessageGroupId parameter is required for FIFO topics"));
  if (publication.deduplication.empty() && !settings.content_deduplication)
    return refuse(
        invalid("The topic should either have ContentBasedDeduplication enabled or "
                "MessageDeduplicationId provided explicitly"));
  return {};
}

}  // namespace belfry::aws::sns
