// Writing JSON (RFC 8259). Reading it is simdjson's work; this is the small other half, used where events,
// logs and answers are written.
#pragma once

#include <string>
#include <string_view>

namespace belfry {

// Appends the text as a JSON string in quotes. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace belfry
