#include "aws/sqs_json.h"

#include <charconv>

namespace belfry::aws::sqs {

std::string_view view(const boost::json::string& text) {
  return {text.data(), text.size()};
}

std::string_view text_of(const boost::json::object& input, std::string_view name) {
  const auto* value = input.if_contains(name);
  return value && value->is_string() ? view(value->get_string()) : std::string_view();
}

std::optional<int64_t> number_of(const boost::json::object& input, std::string_view name) {
  const auto* value = input.if_contains(name);
  if (!value || !value->is_int64()) return std::nullopt;
  return value->get_int64();
}

const boost::json::array& array_of(const boost::json::object& input, std::string_view name) {
  static const boost::json::array none;
  const auto* value = input.if_contains(name);
  return value && value->is_array() ? value->get_array() : none;
}

const boost::json::object& object_of(const boost::json::object& input, std::string_view name) {
  static const boost::json::object none;
  const auto* value = input.if_contains(name);
  return value && value->is_object() ? value->get_object() : none;
}

std::optional<int64_t> parse_number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace belfry::aws::sqs
