// Values of the admin API as a command shows them.
#pragma once

#include <boost/json/value.hpp>
#include <string>

#include "cli/command.h"

namespace belfry::cli {

// Prints as JSON or YAML and says true, or says false where a table is wanted.
bool print_structured(const Terminal& terminal, Output output, const boost::json::value& value);

// A member as text, a number without a fraction where it has none; empty when it is not there.
std::string text_at(const boost::json::value& object, std::string_view key);
uint64_t number_at(const boost::json::value& object, std::string_view key);
double fraction_at(const boost::json::value& object, std::string_view key);
const boost::json::array& list_at(const boost::json::value& object, std::string_view key);

std::string with_separators(uint64_t number);  // 1,829
std::string short_duration(double seconds);    // 850ms, 12s, 3m 20s, 2d 4h

}  // namespace belfry::cli
