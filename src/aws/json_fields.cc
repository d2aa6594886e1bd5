#include "aws/json_fields.h"

namespace belfry::aws {

std::optional<std::string> text_field(const boost::json::object& input, std::string_view name) {
  const auto* found = input.if_contains(name);
  if (!found || !found->is_string()) return {};
  return std::string(found->get_string());
}

std::optional<int64_t> number_field(const boost::json::object& input, std::string_view name) {
  const auto* found = input.if_contains(name);
  if (!found || !found->is_int64()) return {};
  return found->get_int64();
}

bool flag_field(const boost::json::object& input, std::string_view name) {
  const auto* found = input.if_contains(name);
  return found && found->is_bool() && found->get_bool();
}

const boost::json::array* list_field(const boost::json::object& input, std::string_view name) {
  const auto* found = input.if_contains(name);
  return found ? found->if_array() : nullptr;
}

std::vector<std::string> texts_field(const boost::json::object& input, std::string_view name) {
  std::vector<std::string> texts;
  if (const auto* found = list_field(input, name))
    for (const auto& it : *found)
      if (it.is_string()) texts.emplace_back(it.get_string());
  return texts;
}

}  // namespace belfry::aws
