// JSON as Fabric CA reads and writes it. Its clients show its messages to people and compare them,
// so a body that is no JSON is refused in the words of Go's encoding/json; and answers escape what
// encoding/json escapes.
//
// Reading: parse_json, then ObjectReader (json_fields.h) for the fields of a request. Values are
// plain data; nothing here is shared between threads.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace belfry::ca {

struct JsonValue {
  enum class Kind { null, boolean, number, string, array, object };
  using Member = std::pair<std::string, JsonValue>;

  Kind kind = Kind::null;
  bool boolean = false;
  std::string text;              // of a string: decoded; of a number: as written
  std::vector<JsonValue> items;  // of an array
  std::vector<Member> members;   // of an object, in order; a name may repeat
  size_t at = 0;                 // offset in the text

  // Out of line: a value contains values, and is whole only below.
  JsonValue();
  ~JsonValue();
  JsonValue(const JsonValue&);
  JsonValue(JsonValue&&) noexcept;
  JsonValue& operator=(const JsonValue&);
  JsonValue& operator=(JsonValue&&) noexcept;
};

// Values nested deeper than this are refused (encoding/json goes to 10,000; no client goes to 5).
inline constexpr size_t kDeepestJson = 200;

Result<JsonValue> parse_json(std::string_view text);

// In quotes. Escapes <, > and & too; bytes that are not UTF-8 become U+FFFD.
void append_go_string(std::string& out, std::string_view text);
std::string go_string(std::string_view text);

}  // namespace belfry::ca
