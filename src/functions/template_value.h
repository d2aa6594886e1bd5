// The value in a hole and what filters make of it. (Inside of functions/template.h.)
#pragma once

#include <optional>
#include <string>

#include "functions/template_parts.h"

namespace belfry::functions {

struct Value {
  enum class Kind {
    missing,
    null,
    text,    // text holds it plainly
    number,  // text holds its digits as written
    json,    // text holds anything else as JSON
  };
  Kind kind = Kind::missing;
  std::string text;
};

// An error says what the value is and why the filter cannot take it.
Result<void> apply(const Filter& filter, Value& value);

// "1234567.5" → "1,234,567.5"; with decimals rounded half away from zero. None if the digits are
// not plain decimal.
std::optional<std::string> with_separators(std::string_view digits, std::optional<size_t> decimals);

}  // namespace belfry::functions
