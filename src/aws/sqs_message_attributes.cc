#include "aws/sqs_message_attributes.h"

#include <fmt/format.h>

#include <charconv>

#include "aws/sqs_json.h"
#include "aws/sqs_text.h"
#include "base/bytes.h"

namespace belfry::aws::sqs {
namespace {

constexpr size_t kMostAttributes = 10;
constexpr size_t kLongestName = 256, kLongestType = 256;

bool is_number(std::string_view text) {
  double value = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return end == text.data() + text.size() && error == std::errc();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

Outcome<void> check_name(std::string_view name) {
  const std::string small = lower(name);
  if (name.empty() || name.size() > kLongestName)
    return refuse(invalid("Length of message attribute name must be between 1 and 256 bytes."));
  if (!is_attribute_text(name) || name.front() == '.' || name.back() == '.' ||
      name.find("..") != std::string_view::npos)
    return refuse(invalid(
        fmt::format("The message attribute name '{}' is invalid. Attribute name can contain A-Z, "
                    "a-z, 0-9, underscore (_), hyphen (-), and period (.) characters.",
                    name)));
  if (small.starts_with("aws.") || small.starts_with("amazon."))
    return refuse(invalid(
        "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings "
        "are reserved for internal use."));
  return {};
}

// `what` names its kind in messages: "user" or "system".
Outcome<queue::Attribute> read_one(std::string_view name, const boost::json::object& given,
                                   std::string_view what) {
  queue::Attribute out;
  out.type = text_of(given, "DataType");
  const std::string_view kind = std::string_view(out.type).substr(0, out.type.find('.'));
  if (out.type.empty())
    return refuse(invalid(fmt::format(
        "The message attribute '{}' must contain a non-empty message attribute type.", name)));
  if ((kind != "String" && kind != "Number" && kind != "Binary") || out.type.size() > kLongestType)
    return refuse(
        invalid(fmt::format("The type of message ({}) attribute '{}' is invalid. You must use only "
                            "the following supported type prefixes: Binary, Number, String.",
                            what, name)));
  if (kind == "Binary") {
    auto bytes = unbase64(text_of(given, "BinaryValue"));
    if (!bytes)
      return refuse(invalid(fmt::format(
          "The value of message ({}) attribute '{}' is not valid base64.", what, name)));
    out.value = std::move(*bytes);
  } else {
    out.value = text_of(given, "StringValue");
  }
  if (out.value.empty())
    return refuse(
        invalid(fmt::format("Message ({}) attribute '{}' must contain a non-empty value of type "
                            "'{}'.",
                            what, name, kind == "Binary" ? "Binary" : "String")));
  if (kind == "Number" && !is_number(out.value))
    return refuse(invalid(fmt::format(
        "Can't cast the value of message ({}) attribute '{}' to a number.", what, name)));
  if (kind != "Binary" && !is_xml_text(out.value))
    return refuse(invalid(
        fmt::format("Message ({}) attribute '{}' contains an invalid character. Valid unicode "
                    "characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 "
                    "to #x10FFFF.",
                    what, name)));
  return out;
}

}  // namespace

Outcome<queue::Attributes> read_message_attributes(const boost::json::object& given) {
  if (given.size() > kMostAttributes)
    return refuse(
        invalid(fmt::format("Number of message attributes [{}] exceeds the allowed maximum [{}].",
                            given.size(), kMostAttributes)));
  queue::Attributes out;
  for (const auto& [key, value] : given) {
    const std::string_view name(key.data(), key.size());
    if (auto good = check_name(name); !good) return refuse(good.error());
    auto attribute = read_one(name, value.get_object(), "user");
    if (!attribute) return refuse(attribute.error());
    out.emplace(name, std::move(*attribute));
  }
  return out;
}

Outcome<queue::Attributes> read_system_attributes(const boost::json::object& given) {
  queue::Attributes out;
  for (const auto& [key, value] : given) {
    const std::string_view name(key.data(), key.size());
    if (name != "AWSTraceHeader")
      return refuse(invalid(fmt::format("Message system attribute name '{}' is invalid.", name)));
    auto attribute = read_one(name, value.get_object(), "system");
    if (!attribute) return refuse(attribute.error());
    if (attribute->type != "String")
      return refuse(invalid(fmt::format(
          "The type of message (system) attribute '{}' is invalid. You must use only the "
          "following supported type prefixes: String.",
          name)));
    out.emplace(name, std::move(*attribute));
  }
  return out;
}

boost::json::object message_attributes_json(const queue::Attributes& attributes) {
  boost::json::object out;
  for (const auto& [name, attribute] : attributes) {
    boost::json::object one;
    if (attribute.type.starts_with("Binary"))
      one["BinaryValue"] = base64(attribute.value);
    else
      one["StringValue"] = attribute.value;
    one["DataType"] = attribute.type;
    out[name] = std::move(one);
  }
  return out;
}

}  // namespace belfry::aws::sqs
