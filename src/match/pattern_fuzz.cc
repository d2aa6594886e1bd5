// Any text as a pattern, in every dialect: what is accepted keeps its meaning when written out and
// read again, and can be entered and left.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "match/matcher.h"
#include "match/pattern.h"

using namespace belfry::match;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  for (Dialect dialect : {Dialect::sns, Dialect::sns_body, Dialect::listener}) {
    auto pattern = Pattern::parse(text, dialect);
    if (!pattern) {
      BELFRY_CHECK(!pattern.error().message.empty() && pattern.error().offset <= size);
      continue;
    }
    std::string written = pattern->text();
    auto again = Pattern::parse(written, dialect);
    BELFRY_CHECK(again && again->text() == written);
    (void)unknown_event_field(*pattern);
    Matcher matcher;
    matcher.add(1, *pattern);
    matcher.add(2, *again);
    Document document;
    Matcher::Scratch scratch;
    std::vector<PatternId> matched;
    // A pattern is JSON too.
    if (document.add_json(text)) matcher.match(document, scratch, matched);
    BELFRY_CHECK(matched.empty() || matched.size() == 2);
    matcher.remove(1);
    matcher.remove(2);
    BELFRY_CHECK(matcher.size() == 0);
  }
  return 0;
}
