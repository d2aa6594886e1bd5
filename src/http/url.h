// Percent encoding and the query part of a URL (RFC 3986, and the form encoding of the WHATWG URL
// standard, where a plus stands for a space).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::http {

// Everything but unreserved characters (letters, digits, "-._~") becomes %XX: safe in a path
// segment, a query value and a form field.
std::string percent_encode(std::string_view text);

// None if an escape is malformed.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

using Query = std::vector<std::pair<std::string, std::string>>;  // in order; a name may repeat

// "a=1&b=%20+": also the body of a form. None if an escape is malformed.
std::optional<Query> parse_query(std::string_view text);

}  // namespace belfry::http
