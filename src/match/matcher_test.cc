// The matcher against a naive evaluator, on random patterns and documents, while patterns come and
// go.
#include "match/matcher.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "match/naive.h"

namespace belfry::match {
namespace {

struct Known {
  naive::Object object;
  std::string text;
  Pattern pattern;
};

Known random_pattern(const naive::Choose& choose) {
  Known out;
  out.object = naive::random_object(choose, 2, true);
  naive::write(out.text, out.object, choose);
  auto pattern = Pattern::parse(out.text, Dialect::listener);
  EXPECT_TRUE(pattern) << out.text << ": " << pattern.error().message;
  if (pattern) out.pattern = *pattern;
  return out;
}

void expect_same(const std::map<PatternId, Known>& known, const Matcher& matcher,
                 const naive::Choose& choose, size_t& matches) {
  naive::Json json = naive::random_document(choose);
  std::string text;
  naive::write(text, json, choose);
  Document document;
  ASSERT_TRUE(document.add_json(text)) << text;
  Matcher::Scratch scratch;
  std::vector<PatternId> matched, expected;
  matcher.match(document, scratch, matched);
  for (const auto& [id, pattern] : known) {
    if (naive::matches(pattern.object, json)) expected.push_back(id);
  }
  matches += expected.size();
  if (matched == expected) return;
  std::vector<PatternId> wrong;
  std::set_symmetric_difference(matched.begin(), matched.end(), expected.begin(), expected.end(),
                                std::back_inserter(wrong));
  ASSERT_TRUE(wrong.empty()) << "document " << text << "\npattern " << known.at(wrong[0]).text
                             << "\nexpected " << naive::matches(known.at(wrong[0]).object, json);
}

TEST(Matcher, AgreesWithTheNaiveEvaluatorWhilePatternsComeAndGo) {
  std::mt19937 random(20260124);
  naive::Choose choose = [&](uint32_t below) { return static_cast<uint32_t>(random() % below); };
  size_t matches = 0;
  for (int round = 0; round < 60; ++round) {
    Matcher matcher;
    std::map<PatternId, Known> known;
    for (int step = 0; step < 6; ++step) {
      for (int i = 0; i < 40; ++i) {
        PatternId id = random() % 4 == 0 ? random() : known.size();
        if (known.count(id)) continue;
        Known pattern = random_pattern(choose);
        matcher.add(id, pattern.pattern);
        known.emplace(id, std::move(pattern));
      }
      for (auto it = known.begin(); it != known.end();) {
        if (random() % 3 == 0) {
          matcher.remove(it->first);
          it = known.erase(it);
        } else {
          ++it;
        }
      }
      ASSERT_EQ(matcher.size(), known.size());
      Matcher rebuilt;
      for (const auto& [id, pattern] : known) rebuilt.add(id, pattern.pattern);
      for (int i = 0; i < 20; ++i) {
        expect_same(known, matcher, choose, matches);
        expect_same(known, rebuilt, choose, matches);
        if (HasFatalFailure()) return;
      }
    }
    for (const auto& [id, pattern] : known) matcher.remove(id);
    EXPECT_EQ(matcher.size(), 0u);
    EXPECT_FALSE(matcher.needs("a"));
  }
  EXPECT_GT(matches, 10000u);  // else the vocabularies do not meet and the test is vain
}

TEST(Matcher, SaysWhichPathsItNeeds) {
  Matcher matcher;
  matcher.add(1, *Pattern::parse(R"({"kind": "write", "payload": {"owner": {"name": ["x"]}}})",
                                 Dialect::listener));
  EXPECT_TRUE(matcher.needs("kind"));
  EXPECT_TRUE(matcher.needs("payload"));
  EXPECT_TRUE(matcher.needs("payload.owner"));
  EXPECT_TRUE(matcher.needs("payload.owner.name"));
  EXPECT_FALSE(matcher.needs("payload.owner.name.first"));
  EXPECT_FALSE(matcher.needs("channel"));
  matcher.remove(1);
  EXPECT_FALSE(matcher.needs("payload"));
}

TEST(Matcher, IgnoresTheRemovalOfWhatIsNotThere) {
  Matcher matcher;
  matcher.remove(7);
  EXPECT_EQ(matcher.size(), 0u);
}

}  // namespace
}  // namespace belfry::match
