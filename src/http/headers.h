// Header fields and tokens of HTTP (RFC 9110 §5), shared by server and client.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::http {

using Headers = std::vector<std::pair<std::string, std::string>>;  // in order; a name may repeat

bool equal_fold(std::string_view a, std::string_view b);  // ASCII, without regard to case
const std::string* find_header(const Headers& headers,
                               std::string_view name);  // the first, or null

bool is_token(std::string_view text);        // a method or a field name
bool is_field_value(std::string_view text);  // no control characters but tab
// Whether a comma-separated list, such as the value of Connection, has the token.
bool list_has(std::string_view list, std::string_view token);

std::string_view reason_phrase(int status);  // "Not Found"; "Unknown" for codes we never send

}  // namespace belfry::http
