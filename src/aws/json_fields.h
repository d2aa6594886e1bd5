// Reading the fields of an action's input. A field that is absent or of another kind reads as none:
// the front has refused wrong kinds before (shape.h).
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::aws {

std::optional<std::string> text_field(const boost::json::object& input, std::string_view name);
std::optional<int64_t> number_field(const boost::json::object& input, std::string_view name);
bool flag_field(const boost::json::object& input, std::string_view name);  // false if absent
const boost::json::array* list_field(const boost::json::object& input, std::string_view name);
std::vector<std::string> texts_field(const boost::json::object& input, std::string_view name);

}  // namespace belfry::aws
