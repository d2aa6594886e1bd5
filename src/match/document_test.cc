// Documents of every make, and what single patterns make of them.
#include "match/document.h"

#include <gtest/gtest.h>

#include <string>

#include "match/matcher.h"

namespace belfry::match {
namespace {

bool matches(std::string_view pattern, const Document& document,
             Dialect dialect = Dialect::listener) {
  auto parsed = Pattern::parse(pattern, dialect);
  EXPECT_TRUE(parsed) << pattern << ": " << parsed.error().message;
  if (!parsed) return false;
  Matcher matcher;
  matcher.add(1, *parsed);
  Matcher::Scratch scratch;
  std::vector<PatternId> matched;
  matcher.match(document, scratch, matched);
  return !matched.empty();
}

bool matches(std::string_view pattern, std::string_view json) {
  Document document;
  EXPECT_TRUE(document.add_json(json)) << json;
  return matches(pattern, document);
}

TEST(Document, RefusesWhatIsNoJsonObject) {
  const char* wrong[] = {"",
                         " ",
                         "[]",
                         "7",
                         "\"x\"",
                         "null",
                         "{",
                         "}",
                         "{]",
                         "{\"a\"}",
                         "{\"a\":}",
                         "{\"a\":1,}",
                         "{,}",
                         "{\"a\" 1}",
                         "{\"a\":1",
                         "{\"a\":1}}",
                         "{\"a\":1}x",
                         "{a:1}",
                         "{\"a\":01}",
                         "{\"a\":+1}",
                         "{\"a\":1.}",
                         "{\"a\":.5}",
                         "{\"a\":1e}",
                         "{\"a\":--1}",
                         "{\"a\":nul}",
                         "{\"a\":True}",
                         "{\"a\":[1,]}",
                         "{\"a\":[1 2]}",
                         "{\"a\":\"x}",
                         "{\"a\":\"\\q\"}",
                         "{\"a\":\"\\u12g4\"}",
                         "{\"a\":\"\n\"}",
                         "{\"a\":\"\xff\"}",
                         "{\"a\":1 \"b\":2}",
                         "{\"a\":1}{\"b\":2}",
                         "{\"a\":tru\"e\"}",
                         "{\"a\":\"x\"\"y\"}",
                         "{1:2}",
                         "{\"a\":'x'}",
                         "{\"a\":1//\n}",
                         "\xef\xbb\xbf{}"};
  Document document;
  for (const char* json : wrong) EXPECT_FALSE(document.add_json(json)) << json;
  EXPECT_FALSE(document.add_json(std::string_view("{\"a\":\0}", 7)));
  // Nothing of them stayed.
  EXPECT_TRUE(matches(R"({"a": [{"exists": false}]})", document));
}

TEST(Document, TakesJsonOfAnyShape) {
  EXPECT_TRUE(matches("{}", "{}"));
  EXPECT_TRUE(matches("{}", " \n\t{ \"a\" : [ ] , \"b\" : { } }\r "));
  std::string deep;
  for (int i = 0; i < 999; ++i) deep += "{\"a\":";
  Document document;
  std::string whole = deep + "1" + std::string(999, '}');
  EXPECT_TRUE(document.add_json(whole));
  for (const std::string& wrong :
       {"{\"a\":" + deep + "{}" + std::string(1000, '}'), std::string(100000, '{'),
        "{\"a\":" + std::string(100000, '[')}) {
    EXPECT_FALSE(document.add_json(wrong));
  }
}

TEST(Document, GrowsAndIsUsedAgain) {
  Document document;
  std::string big = "{\"a\":\"" + std::string(100000, 'x') + "\",\"b\":\"\\u0079\"}";
  for (int i = 0; i < 3; ++i) {
    document.clear();
    ASSERT_TRUE(document.add_json(R"({"b":"\u0078"})"));
    EXPECT_TRUE(matches(R"({"b": "x"})", document));
    document.clear();
    ASSERT_TRUE(document.add_json(big));
    EXPECT_TRUE(matches(R"({"b": "y", "a": [{"prefix": "xxx"}]})", document));
    EXPECT_FALSE(matches(R"({"b": "x"})", document));
  }
}

TEST(Document, UnescapesKeysAndTexts) {
  EXPECT_TRUE(matches(R"({"é": "🦆"})", R"({"\u00e9": "\ud83e\udd86"})"));
  EXPECT_TRUE(matches(R"({"a": "x\"\\\/\b\f\n\r\ty"})", R"({"a": "x\"\\\/\b\f\n\r\ty"})"));
  EXPECT_TRUE(matches("{\"a\": \"\xef\xbf\xbdz\"}", R"({"a": "\ud83ez"})"));  // half a pair
  EXPECT_TRUE(matches("{\"a\": \"\xef\xbf\xbd\xef\xbf\xbd\"}", R"({"a": "\udd86\ud83e"})"));
}

TEST(Document, ComparesNumbersAsDecimals) {
  for (const char* text : {"100", "100.0", "1e2", "1E+2", "10000e-2", "0.1e3"}) {
    std::string json = "{\"n\": " + std::string(text) + "}";
    EXPECT_TRUE(matches(R"({"n": 100})", json)) << text;
    EXPECT_TRUE(matches(R"({"n": [{"numeric": ["=", 1.00e2]}]})", json)) << text;
    EXPECT_TRUE(matches(R"({"n": [{"numeric": [">=", 100, "<=", 100]}]})", json)) << text;
    EXPECT_FALSE(matches(R"({"n": [{"anything-but": [100]}]})", json)) << text;
    EXPECT_FALSE(matches(R"({"n": [{"numeric": [">", 100]}]})", json)) << text;
    EXPECT_FALSE(matches(R"({"n": "100"})", json)) << text;
  }
  EXPECT_TRUE(matches(R"({"n": 0})", R"({"n": -0})"));
  EXPECT_TRUE(matches(R"({"n": 12345678901234567890})", R"({"n": 12345678901234567890})"));
  EXPECT_FALSE(matches(R"({"n": 12345678901234567890})", R"({"n": 12345678901234567891})"));
  EXPECT_TRUE(matches(R"({"n": [{"numeric": [">", 12345678901234567890]}]})",
                      R"({"n": 12345678901234567891})"));
  EXPECT_FALSE(matches(R"({"n": [{"numeric": [">", 1e18]}]})", R"({"n": 1000000000000000000})"));
  EXPECT_TRUE(matches(R"({"n": [{"numeric": [">", 1e18]}]})", R"({"n": 1000000000000000001})"));
  EXPECT_TRUE(matches(R"({"n": [{"numeric": ["<", 1e401]}]})", R"({"n": 1e400})"));
}

TEST(Document, MatchesAnyElementOfAnArray) {
  const char* json =
      R"({"interests": ["rugby", "tennis"], "empty": [], "null": null, "deep": [[["x"]]]})";
  EXPECT_TRUE(matches(R"({"interests": ["tennis", "chess"]})", json));
  EXPECT_FALSE(matches(R"({"interests": ["chess"]})", json));
  EXPECT_TRUE(matches(R"({"interests": [{"anything-but": ["rugby"]}]})", json));
  EXPECT_FALSE(matches(R"({"interests": [{"anything-but": ["rugby", "tennis"]}]})", json));
  EXPECT_TRUE(matches(R"({"empty": [{"exists": false}]})", json));
  EXPECT_TRUE(matches(R"({"null": [{"exists": true}]})", json));
  EXPECT_TRUE(matches(R"({"deep": "x"})", json));
}

TEST(Document, HoldsTogetherWhatStandsInOneElement) {
  const char* json =
      R"({"items": [{"name": "pen", "price": 2}, {"name": "book", "price": 30, "tags": ["a", "b"]}], "tags": ["b"]})";
  EXPECT_TRUE(matches(R"({"items": {"name": "pen", "price": 2}})", json));
  EXPECT_FALSE(matches(R"({"items": {"name": "pen", "price": 30}})", json));
  EXPECT_TRUE(matches(R"({"items": {"name": "book", "tags": "a"}, "tags": "b"})", json));
  EXPECT_FALSE(matches(R"({"items": {"name": "pen", "tags": "a"}})", json));
  EXPECT_TRUE(
      matches(R"({"items": {"name": ["pen", "book"], "price": [{"numeric": [">", 10]}]}})", json));
}

TEST(Document, KnowsWhatIsMissing) {
  const char* json = R"({"a": {"b": 1}})";
  EXPECT_TRUE(matches(R"({"c": [{"exists": false}]})", json));
  EXPECT_TRUE(matches(R"({"a": [{"exists": false}]})", json));  // only leaves exist
  EXPECT_FALSE(matches(R"({"a": [{"exists": true}]})", json));
  EXPECT_FALSE(matches(R"({"a": {"b": [{"exists": false}]}})", json));
  EXPECT_TRUE(matches(R"({"c": ["x", {"exists": false}]})", json));
  EXPECT_FALSE(matches(R"({"c": [{"anything-but": ["x"]}]})", json));  // it asks for a value
  EXPECT_TRUE(matches(R"({"c": [{"anything-but": ["x"]}, {"exists": false}]})", json));
}

TEST(Document, TakesDottedKeysForNestedOnes) {
  for (const char* json : {R"({"a": {"b": {"c": 1}}})", R"({"a.b": {"c": 1}})",
                           R"({"a": {"b.c": 1}})", R"({"a.b.c": 1})"}) {
    for (const char* pattern :
         {R"({"a": {"b": {"c": 1}}})", R"({"a.b.c": 1})", R"({"a.b": {"c": 1}})"}) {
      EXPECT_TRUE(matches(pattern, json)) << pattern << json;
    }
    EXPECT_FALSE(matches(R"({"a.b": 1})", json));
  }
}

TEST(Document, MatchesEachOperator) {
  EXPECT_TRUE(matches(R"({"a": [{"prefix": "Don"}]})", R"({"a": "Donation"})"));
  EXPECT_TRUE(matches(R"({"a": [{"suffix": "ion"}]})", R"({"a": "Donation"})"));
  EXPECT_TRUE(
      matches(R"({"a": [{"equals-ignore-case": "dOnAtIoN ÄÖЖΣ"}]})", R"({"a": "Donation äöжσ"})"));
  EXPECT_FALSE(matches(R"({"a": [{"equals-ignore-case": "donation"}]})", R"({"a": "donations"})"));
  EXPECT_TRUE(matches(R"({"a": [{"wildcard": "Don*on"}]})", R"({"a": "Donation"})"));
  EXPECT_TRUE(matches(R"({"a": [{"wildcard": "*a\\*b*"}]})", R"({"a": "xa*by"})"));
  EXPECT_FALSE(matches(R"({"a": [{"wildcard": "*a\\*b*"}]})", R"({"a": "xaaby"})"));
  EXPECT_TRUE(matches(R"({"a": [{"regex": "Donation(Created|Changed) *"}]})",
                      R"({"a": "DonationChanged"})"));
  EXPECT_FALSE(matches(R"({"a": [{"regex": "Donation"}]})",
                       R"({"a": "DonationChanged"})"));  // the whole value
  EXPECT_TRUE(matches(R"({"a": [{"cidr": "192.168.7.0/24"}]})", R"({"a": "192.168.7.255"})"));
  EXPECT_FALSE(matches(R"({"a": [{"cidr": "192.168.7.0/24"}]})", R"({"a": "192.168.8.0"})"));
  EXPECT_TRUE(matches(R"({"a": [{"cidr": "2001:db8::/33"}]})", R"({"a": "2001:0db8:7fff::1"})"));
  EXPECT_FALSE(matches(R"({"a": [{"cidr": "2001:db8::/33"}]})", R"({"a": "2001:0db8:8000::1"})"));
  EXPECT_FALSE(matches(R"({"a": [{"cidr": "10.0.0.0/8"}]})", R"({"a": "no address"})"));
  EXPECT_TRUE(matches(R"({"a": [{"anything-but": {"prefix": "x"}}]})", R"({"a": "yx"})"));
  EXPECT_FALSE(matches(R"({"a": [{"anything-but": {"prefix": ["x", "y"]}}]})", R"({"a": "yx"})"));
  EXPECT_TRUE(
      matches(R"({"a": true, "b": false, "c": null})", R"({"a": true, "b": false, "c": null})"));
  EXPECT_FALSE(matches(R"({"a": "true"})", R"({"a": true})"));
}

TEST(Document, TakesAttributes) {
  Document document;
  document.add_string("store", "example_corp");
  EXPECT_TRUE(document.add_number("price_usd", "210.75"));
  EXPECT_FALSE(document.add_number("broken", "twelve"));
  EXPECT_TRUE(document.add_array("customer_interests", R"(["rugby", 7, true, null])"));
  EXPECT_FALSE(document.add_array("objects", R"([{"a": 1}])"));
  EXPECT_FALSE(document.add_array("scalar", R"("rugby")"));
  document.add_boolean("flag", true);
  auto sns = [&](std::string_view pattern) { return matches(pattern, document, Dialect::sns); };
  EXPECT_TRUE(sns(
      R"({"store": ["example_corp"], "price_usd": [{"numeric": [">=", 210.75]}], "flag": [true]})"));
  EXPECT_TRUE(sns(R"({"customer_interests": ["rugby"]})"));
  EXPECT_TRUE(sns(R"({"customer_interests": [null]})"));
  EXPECT_FALSE(sns(R"({"price_usd": ["210.75"]})"));
  EXPECT_TRUE(sns(
      R"({"broken": [{"exists": false}], "objects": [{"exists": false}], "scalar": [{"exists": false}]})"));
}

TEST(Document, JoinsAnEnvelopeWithItsPayload) {
  Document document;
  document.add_string("kind", "chaincode-event");
  document.add_string("creator.msp", "Org1MSP");
  ASSERT_TRUE(document.add_number("block", "128"));
  ASSERT_TRUE(document.add_json(R"({"amount": 100, "items": [{"a": 1}]})", "payload"));
  EXPECT_TRUE(matches(
      R"({"kind": "chaincode-event", "creator": {"msp": "Org1MSP"}, "payload": {"amount": [{"numeric": [">=", 1]}], "items": {"a": 1}}})",
      document));
  for (const char* payload : {"\"text\"", "[1, \"text\"]"}) {
    document.clear();
    ASSERT_TRUE(document.add_value("payload", payload));
    EXPECT_TRUE(matches(R"({"payload": "text"})", document));
  }
  EXPECT_FALSE(document.add_value("payload", "text"));
}

TEST(Document, SnsLetsTheLastOfTwoListsWin) {
  Document document;
  document.add_string("a", "x");
  EXPECT_TRUE(matches(R"({"a": ["y"], "a": ["x"]})", document, Dialect::sns));
  EXPECT_FALSE(matches(R"({"a": ["x"], "a": ["y"]})", document, Dialect::sns));
}

}  // namespace
}  // namespace belfry::match
