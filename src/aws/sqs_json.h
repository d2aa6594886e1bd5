// Reading fields of an action's input, whose kinds the front has checked against its shape.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::aws::sqs {

std::string_view text_of(const boost::json::object& input, std::string_view name);  // "" if absent
std::optional<int64_t> number_of(const boost::json::object& input, std::string_view name);
const boost::json::array& array_of(const boost::json::object& input, std::string_view name);
const boost::json::object& object_of(const boost::json::object& input, std::string_view name);
std::string_view view(const boost::json::string& text);

// A whole number written in decimal and nothing else.
std::optional<int64_t> parse_number(std::string_view text);

}  // namespace belfry::aws::sqs
