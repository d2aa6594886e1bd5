// The fuzzer's bytes choose patterns, documents, comings and goings; the matcher must agree with
// the naive evaluator.
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "base/check.h"
#include "match/matcher.h"
#include "match/naive.h"

using namespace belfry::match;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const uint8_t* end = data + size;
  naive::Choose choose = [&](uint32_t below) { return data < end ? *data++ % below : 0; };
  Matcher matcher;
  std::map<PatternId, naive::Object> known;
  Matcher::Scratch scratch;
  Document document;
  for (PatternId id = 0; data < end && id < 64; ++id) {
    naive::Object object = naive::random_object(choose, 2, true);
    std::string text;
    naive::write(text, object, choose);
    auto pattern = Pattern::parse(text, Dialect::listener);
    BELFRY_CHECK(pattern);
    matcher.add(id, *pattern);
    known.emplace(id, std::move(object));
    if (choose(4) == 0) {
      PatternId gone = choose(64);
      matcher.remove(gone);
      known.erase(gone);
    }
    naive::Json json = naive::random_document(choose);
    text.clear();
    naive::write(text, json, choose);
    document.clear();
    BELFRY_CHECK(document.add_json(text));
    std::vector<PatternId> matched, expected;
    matcher.match(document, scratch, matched);
    for (const auto& [each, wanted] : known) {
      if (naive::matches(wanted, json)) expected.push_back(each);
    }
    BELFRY_CHECK(matched == expected);
  }
  return 0;
}
