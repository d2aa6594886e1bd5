// Bytes and their text forms. Bytes travel as std::string_view (a view) or std::string (owned), as protobuf and
// OpenSSL have them; nothing here assumes text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace belfry {

std::string hex(std::string_view bytes);                              // lower case
std::optional<std::string> unhex(std::string_view text);              // either case; none if malformed
std::string base64(std::string_view bytes);                           // standard alphabet, padded
void append_base64(std::string& out, std::string_view bytes);
std::optional<std::string> unbase64(std::string_view text);           // padded or not; none if malformed

// Whether the bytes are well-formed UTF-8 (no surrogates, no overlong forms; RFC 3629).
bool is_utf8(std::string_view bytes);

}  // namespace belfry
