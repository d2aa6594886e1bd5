// Any bytes as payload and as names: what is written must be JSON to simdjson, and the payload must
// stand as JSON exactly when simdjson agrees that it is.
#include <simdjson.h>

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "event/compact_json.h"
#include "event/json.h"

namespace {

using namespace belfry::event;

enum class Verdict {
  json,
  not_json,
  beyond
};  // beyond: numbers that simdjson cannot hold, depth that we do not take

Verdict simdjson_says(std::string_view bytes) {
  static simdjson::dom::parser parser;
  const auto error = parser.parse(simdjson::padded_string(bytes)).error();
  if (error == simdjson::SUCCESS) return Verdict::json;
  return error == simdjson::NUMBER_ERROR || error == simdjson::DEPTH_ERROR ? Verdict::beyond
                                                                           : Verdict::not_json;
}

int depth_of(std::string_view bytes) {
  int depth = 0, most = 0;
  for (const char c : bytes) {
    if (c == '{' || c == '[') most = std::max(most, ++depth);
    if (c == '}' || c == ']') --depth;
  }
  return most;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string compact;
  const bool is_json = append_compact_json(compact, bytes);
  const auto verdict = simdjson_says(bytes);
  if (is_json) {
    BELFRY_CHECK(verdict != Verdict::not_json);
    std::string again;
    BELFRY_CHECK(append_compact_json(again, compact) && again == compact);
  } else {
    // The depth counted here may be higher than the real one, never lower.
    BELFRY_CHECK(verdict != Verdict::json || depth_of(bytes) > kMaxJsonDepth ||
                 bytes.starts_with("\xEF\xBB\xBF"));
  }

  Event event;
  const auto third = bytes.size() / 3;
  event.position.kind = static_cast<Kind>(size % 4);
  event.position.index = static_cast<uint32_t>(size);
  event.network = bytes.substr(0, third);
  event.creator = {bytes.substr(third, third), bytes.substr(2 * third)};
  event.event_name = event.chaincode = event.key = event.function = bytes;
  event.payload = bytes;
  event.has_payload = true;
  std::string json;
  append_json(json, event);
  BELFRY_CHECK(simdjson_says(json) != Verdict::not_json);
  json.clear();
  append_cloudevent(json, event);
  BELFRY_CHECK(simdjson_says(json) != Verdict::not_json);
  BELFRY_CHECK(json.find('\n') == json.npos);
  return 0;
}
