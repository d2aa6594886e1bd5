// However the bytes are cut, the parser comes to the same end; a complete request keeps its limits.
#include <cstdint>

#include "base/check.h"
#include "http/request_parser.h"

using belfry::http::RequestParser;

namespace {

constexpr RequestParser::Limits kLimits{.header_limit = 2048, .body_limit = 512, .fields = 16};

size_t feed_all(RequestParser& parser, std::string_view bytes, size_t step) {
  size_t taken = 0;
  while (taken < bytes.size() && parser.state() == RequestParser::State::reading) {
    const size_t count = parser.feed(bytes.substr(taken, step));
    BELFRY_CHECK(count > 0);
    taken += count;
  }
  return taken;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  RequestParser whole(kLimits), cut(kLimits);
  const size_t taken = feed_all(whole, bytes, bytes.size());
  const size_t cut_taken = feed_all(cut, bytes, 1 + data[0] % 16);
  BELFRY_CHECK(whole.state() == cut.state());
  if (whole.state() == RequestParser::State::failed) BELFRY_CHECK(whole.status() == cut.status());
  if (whole.state() != RequestParser::State::complete) return 0;
  BELFRY_CHECK(taken == cut_taken && whole.keep_alive() == cut.keep_alive());
  const auto a = whole.take(), b = cut.take();
  BELFRY_CHECK(a.method == b.method && a.target == b.target && a.headers == b.headers &&
               a.body == b.body);
  BELFRY_CHECK(a.body.size() <= kLimits.body_limit && a.headers.size() <= kLimits.fields);
  return 0;
}
