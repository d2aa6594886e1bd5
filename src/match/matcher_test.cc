// The matcher against a naive evaluator, on random patterns and documents, while patterns come and
// go.
#include "match/matcher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <random>
#include <thread>

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

// How many clauses a document leads to when there are `count` patterns that `pattern` makes of
// their numbers.
size_t checked(size_t count, const std::string& json,
               const std::function<std::string(size_t)>& pattern) {
  Matcher matcher;
  for (size_t i = 0; i < count; ++i) {
    auto parsed = Pattern::parse(pattern(i), Dialect::listener);
    EXPECT_TRUE(parsed) << pattern(i) << ": " << parsed.error().message;
    matcher.add(i, *parsed);
  }
  Document document;
  EXPECT_TRUE(document.add_json(json));
  Matcher::Scratch scratch;
  std::vector<PatternId> matched;
  matcher.match(document, scratch, matched);
  return scratch.checked();
}

TEST(Matcher, ChecksNoPatternsThatWaitForSomethingElse) {
  const char* json =
      R"({"kind": "chaincode-event", "channel": "c", "event": "E7", "payload": {"amount": 7.5, "by": "user-7x"}})";
  auto number = [](size_t i) { return std::to_string(i); };
  // A value that all share is not what leads to them, wherever it stands.
  EXPECT_LE(checked(1000, json,
                    [&](size_t i) {
                      return R"({"kind": "chaincode-event", "channel": "c", "event": "E)" +
                             number(i) + "\"}";
                    }),
            3u);
  EXPECT_LE(
      checked(1000, json,
              [&](size_t i) {
                return R"({"event": "E)" + number(i) +
                       R"(", "kind": "chaincode-event", "payload": {"by": [{"prefix": "u"}]}})";
              }),
      3u);
  // Nor where ranges, beginnings or ends tell them apart.
  EXPECT_LE(checked(1000, json,
                    [&](size_t i) {
                      return R"({"channel": "c", "payload": {"amount": [{"numeric": [">=", )" +
                             number(i) + R"(, "<", )" + number(i + 1) + "]}]}}";
                    }),
            20u);
  EXPECT_LE(checked(1000, json,
                    [&](size_t i) {
                      return R"({"channel": "c", "payload": {"by": [{"prefix": "user-)" +
                             number(i) + R"(x"}]}})";
                    }),
            10u);
  EXPECT_LE(checked(1000, json,
                    [&](size_t i) {
                      return R"({"channel": "c", "payload": {"by": [{"wildcard": "*r-)" +
                             number(i) + R"(x"}]}})";
                    }),
            10u);
  EXPECT_LE(checked(1000, json,
                    [&](size_t i) {
                      return R"({"channel": "c", "event": [{"equals-ignore-case": "e)" + number(i) +
                             R"("}]})";
                    }),
            10u);
  // Nor where few ask for something that is not there.
  EXPECT_LE(
      checked(1000, json,
              [&](size_t i) {
                return R"({"event": ["E)" + number(i) +
                       R"("], "other": [{"exists": false}], "kind": [{"anything-but": "x"}]})";
              }),
      3u);
}

TEST(Matcher, FindsTheSelectiveConditionWhateverCameFirst) {
  // Half the patterns share `a`, the other half share `b`: each half is found by the other field.
  const char* json = R"({"a": "hot", "b": "hot"})";
  EXPECT_LE(checked(1000, json,
                    [](size_t i) {
                      std::string own = "own" + std::to_string(i);
                      return i % 2 ? R"({"a": "hot", "b": ")" + own + "\"}"
                                   : R"({"b": "hot", "a": ")" + own + "\"}";
                    }),
            20u);
}

TEST(Matcher, SharesItsScratchWithOthersAndKeepsWhatWasThere) {
  Matcher small, large;
  small.add(3, *Pattern::parse(R"({"a": 1})", Dialect::listener));
  for (PatternId id = 10; id < 200; ++id) {
    large.add(id,
              *Pattern::parse("{\"f" + std::to_string(id) + "\": 1, \"a\": 1}", Dialect::listener));
  }
  Document document;
  ASSERT_TRUE(document.add_json(R"({"a": 1, "f20": 1, "f11": 1})"));
  Matcher::Scratch scratch;
  std::vector<PatternId> matched = {99};
  small.match(document, scratch, matched);
  large.match(document, scratch, matched);
  small.match(document, scratch, matched);
  EXPECT_EQ(matched, (std::vector<PatternId>{99, 3, 11, 20, 3}));
}

TEST(Matcher, MatchesInManyThreadsAtOnce) {
  Matcher matcher;
  for (PatternId id = 0; id < 500; ++id) {
    std::string text = R"({"a": [{"numeric": [">=", )" + std::to_string(id) +
                       R"(]}], "b": [{"prefix": "x"}, {"regex": "y+"}]})";
    matcher.add(id, *Pattern::parse(text, Dialect::listener));
  }
  std::vector<std::thread> threads;
  std::atomic<size_t> wrong = 0;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      Document document;
      Matcher::Scratch scratch;
      std::vector<PatternId> matched;
      for (size_t i = 0; i < 200; ++i) {
        std::string json =
            "{\"a\": " + std::to_string(i) + ", \"b\": \"" + (thread % 2 ? "xyz" : "yyy") + "\"}";
        document.clear();
        matched.clear();
        if (!document.add_json(json)) ++wrong;
        matcher.match(document, scratch, matched);
        if (matched.size() != i + 1) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0u);
}

// Many arrays, each with many ways to fit, and two conditions that never do: trying all ways would
// take for ever.
TEST(Matcher, ArraysThatNeverFitTogetherCostABoundedTime) {
  std::string pattern = "{", json = "{\"last\": [";
  for (int i = 0; i < 30; ++i) {
    std::string name = "\"k" + std::to_string(i) + "\"";
    pattern += name + ": 1,";
  }
  pattern += "\"last\": {\"x\": 1, \"y\": 1}}";
  json += "{\"x\": 1}, {\"y\": 1}]";
  for (int i = 0; i < 30; ++i) json += ", \"k" + std::to_string(i) + "\": [1, 1, 1, 1, 1, 1, 1, 1]";
  json += "}";
  Matcher matcher;
  matcher.add(1, *Pattern::parse(pattern, Dialect::listener));
  Document document;
  ASSERT_TRUE(document.add_json(json));
  Matcher::Scratch scratch;
  std::vector<PatternId> matched;
  matcher.match(document, scratch, matched);
  EXPECT_TRUE(matched.empty());
  document.clear();
  json.replace(json.find("\"y\""), 3, "\"y\": 1, \"x\"");
  ASSERT_TRUE(document.add_json(json));
  matcher.match(document, scratch, matched);
  EXPECT_EQ(matched.size(), 1u);
}

TEST(Matcher, IgnoresTheRemovalOfWhatIsNotThere) {
  Matcher matcher;
  matcher.remove(7);
  EXPECT_EQ(matcher.size(), 0u);
}

}  // namespace
}  // namespace belfry::match
