// Any text as a document: accepted or refused as simdjson's own parser does, and matched without
// harm.
#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/check.h"
#include "match/matcher.h"

using namespace belfry::match;

namespace {

// What belfry takes and simdjson's whole parser does not, or the other way round, on purpose:
// numbers beyond a double's range (they are compared as decimals), halves of surrogate pairs (they
// become U+FFFD), a first mark of byte order, and levels beyond ours.
bool differs_on_purpose(std::string_view text) {
  return text.find("\\u") != text.npos || text.find_first_of("0123456789") != text.npos ||
         text.starts_with("\xef\xbb\xbf");
}

Matcher& matcher() {
  static auto matcher = [] {
    auto out = std::make_unique<Matcher>();
    const char* patterns[] = {
        R"({"a": ["x", 1, true, null, {"exists": false}], "b": [{"anything-but": ["y"]}]})",
        R"({"a": {"b": [{"numeric": [">", 1, "<", 5]}, {"prefix": "x"}]}, "a.c": [{"suffix": "x"}]})",
        R"({"b": [{"equals-ignore-case": "é"}, {"cidr": "10.0.0.0/8"}, {"wildcard": "a*b"}, {"regex": "a+"}]})"};
    PatternId id = 0;
    for (const char* text : patterns) out->add(id++, *Pattern::parse(text, Dialect::listener));
    return out;
  }();
  return *matcher;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A copy of exactly this size, so that reading beyond it is noticed.
  std::unique_ptr<char[]> exact(new char[size]);
  std::copy(data, data + size, exact.get());
  std::string_view text(exact.get(), size);
  Document document;
  bool accepted = document.add_json(text, size % 2 ? "a" : "");
  Matcher::Scratch scratch;
  std::vector<PatternId> matched;
  matcher().match(document, scratch, matched);

  document.clear();
  (void)document.add_array("a", text);
  matcher().match(document, scratch, matched);

  if (!differs_on_purpose(text)) {
    simdjson::dom::parser parser;
    simdjson::dom::element whole;
    bool object =
        parser.parse(text.data(), text.size()).get(whole) == simdjson::SUCCESS && whole.is_object();
    BELFRY_CHECK(object == accepted);
  }
  return 0;
}
