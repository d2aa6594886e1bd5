// Reading the recorded transcripts. For tests.
#pragma once

#include <simdjson.h>

#include <string>
#include <vector>

namespace belfry::devnet {

using Json = simdjson::dom::element;

inline std::string text(Json json, const char* name, const std::string& otherwise = {}) {
  std::string_view out;
  return json[name].get(out) == simdjson::SUCCESS ? std::string(out) : otherwise;
}
inline bool has(Json json, const char* name) {
  return json[name].error() == simdjson::SUCCESS;
}

inline const std::string kGarbage = "\xff\xff";

// The transcripts' "ngo: put, k, v".
inline std::vector<std::string> words(const std::string& line) {
  std::vector<std::string> out;
  const auto colon = line.find(": ");
  out.push_back(line.substr(0, colon));
  for (size_t at = colon + 2; colon != std::string::npos;) {
    const auto comma = line.find(", ", at);
    out.push_back(line.substr(at, comma - at));
    if (comma == std::string::npos) break;
    at = comma + 2;
  }
  return out;
}

// What 2.5.16 answered.
inline Json answer_in(Json one) {
  return has(one, "response") ? Json(one["response"]) : Json(one["responses"]["2.5.16"]);
}

}  // namespace belfry::devnet
