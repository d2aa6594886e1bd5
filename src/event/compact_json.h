// Bytes that may be JSON: whether they are, and their compact form, in one pass and without
// building anything.
//
// Stricter than some parsers and no laxer than any: RFC 8259 with UTF-8 only, no byte-order mark,
// one value, no lone surrogate escapes, at most kMaxJsonDepth levels. Numbers may have any number
// of digits: they stay as written.
#pragma once

#include <string>
#include <string_view>

namespace belfry::event {

inline constexpr int kMaxJsonDepth = 512;  // parsers downstream allow 1,024

// Appends the JSON without the white space between its tokens. False, appending nothing, when the
// bytes are not JSON.
[[nodiscard]] bool append_compact_json(std::string& out, std::string_view bytes);

}  // namespace belfry::event
