#include "match/pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace belfry::match {
namespace {

PatternError refusal(std::string_view text, Dialect dialect) {
  auto pattern = Pattern::parse(text, dialect);
  return pattern ? PatternError{"(accepted)"} : pattern.error();
}

std::string many(size_t count) {
  std::string out = "[";
  for (size_t i = 0; i < count; ++i) out += (i ? ",\"v" : "\"v") + std::to_string(i) + "\"";
  return out + "]";
}

TEST(Pattern, SnsTakesItsOwnLanguage) {
  const char* accepted[] = {
      R"({})",
      R"({"store": ["a", 1, 1.5e3, true, false, null]})",
      R"({"a": [{"prefix": "x"}, {"suffix": "x"}, {"equals-ignore-case": "x"}, {"wildcard": "*.png"}]})",
      R"({"a": [{"anything-but": "x"}], "b": [{"anything-but": ["x", "y"]}], "c": [{"anything-but": [1, 2.5]}]})",
      R"({"a": [{"anything-but": {"prefix": "x"}}], "b": [{"anything-but": {"wildcard": "*x"}}]})",
      R"({"a": [{"numeric": ["=", 1]}, {"numeric": [">", 0, "<=", 150]}, {"numeric": ["<", -1e9]}]})",
      R"({"a": [{"exists": true}], "b": [{"exists": false}], "c": [{"cidr": "10.0.0.0/24"}, {"cidr": "2001:db8::/32"}]})",
      R"({"$or": [{"a": ["x"]}, {"b": [1], "c": [2]}], "d": ["y"]})",
      R"({"account": [123456789012]})",
  };
  for (const char* text : accepted) {
    for (Dialect dialect : {Dialect::sns, Dialect::sns_body}) {
      auto pattern = Pattern::parse(text, dialect);
      EXPECT_TRUE(pattern) << text << ": " << pattern.error().message;
    }
  }
  EXPECT_TRUE(Pattern::parse(R"({"a": {"b": {"c": ["x"]}}})", Dialect::sns_body));
}

TEST(Pattern, SnsRefusesInItsOwnWords) {
  struct {
    const char* text;
    const char* message;  // what stands before the location
    size_t column;        // 0: the message names no place
  } cases[] = {
      {R"(["a"])", "Filter is not an object", 2},
      {R"({"shop":[]})", "Empty arrays are not allowed", 11},
      {R"({"shop":"x"})", "\"shop\" must be an object or an array", 10},
      {R"({"shop":7})", "\"shop\" must be an object or an array", 10},
      {R"({"shop":{"suffix":"x"}})", "\"suffix\" must be an object or an array", 20},
      {R"({"shop":[["x"]]})", "Match value must be String, number, true, false, or null", 11},
      {R"({"shop":[{}]})", "Match expression name not found", 12},
      {R"({"shop":[{"sufix":"x"}]})", "Unrecognized match type sufix", 20},
      {R"({"shop":[{"regex":"x"}]})", "Unrecognized match type regex", 20},
      {R"({"shop":[{"prefix":7}]})", "prefix match pattern must be a string", 21},
      {R"({"shop":[{"prefix":"x","suffix":"y"}]})", "Only one key allowed in match expression", 34},
      {R"({"shop":[{"exists":1}]})", "exists match pattern must be either true or false.", 21},
      {R"({"shop":[{"cidr":7}]})", "prefix match pattern must be a string", 19},
      {R"({"shop":[{"cidr":"10.0.0.0"}]})", "Malformed CIDR, one '/' required", 0},
      {R"({"shop":[{"cidr":"10.0.0.0/x"}]})", "Malformed CIDR, mask bits must be an integer", 0},
      {R"({"shop":[{"cidr":"10.0.0.0/-1"}]})", "Malformed CIDR, mask bits must not be negative", 0},
      {R"({"shop":[{"cidr":"10.0.0/8"}]})", "Nonstandard IP address: 10.0.0", 0},
      {R"({"shop":[{"numeric":7}]})", "Value of numeric must be an array.", 22},
      {R"({"shop":[{"numeric":[7]}]})", "Invalid member in numeric match: 7", 23},
      {R"({"shop":[{"numeric":["!",7]}]})", "Unrecognized numeric range operator: !", 27},
      {R"({"shop":[{"numeric":["=","7"]}]})", "Value of equals must be numeric", 27},
      {R"({"shop":[{"numeric":["<=",true]}]})", "Value of <= must be numeric", 31},
      {R"({"shop":[{"numeric":["<",7,">",1]}]})", "Too many elements in numeric expression", 29},
      {R"({"shop":[{"numeric":[">",7,8]}]})", "Bad value in numeric range: 8", 29},
      {R"({"shop":[{"numeric":[">",7,">",8]}]})", "Bad numeric range operator: >", 31},
      {R"({"shop":[{"numeric":[">",7,"<",5]}]})", "Bottom must be less than top", 34},
      {R"({"shop":[{"numeric":[">",7,"<",8,9]}]})", "Too many terms in numeric range expression",
       35},
      {R"({"shop":[{"numeric":["<",1000000001]}]})",
       "Value must be between -1.0E9 and 1.0E9, inclusive", 36},
      {R"({"shop":[{"anything-but":true}]})",
       "Value of anything-but must be an array or single string/number value.", 30},
      {R"({"shop":[{"anything-but":["x",7]}]})",
       "Inside anything but list, either all values are number or string, mixed type is not "
       "supported",
       33},
      {R"({"shop":[{"anything-but":["x",null]}]})",
       "Inside anything but list, start|null|boolean is not supported.", 35},
      {R"({"shop":[{"anything-but":{"suffix":"x"}}]})", "Unsupported anything-but pattern: suffix",
       37},
      {R"({"shop":[{"anything-but":{"prefix":""}}]})", "Null prefix/suffix not allowed", 38},
      {R"({"shop":[{"wildcard":"a**b"}]})", "Consecutive wildcard characters at pos 2", 28},
      {R"({"$or":{"a":["x"]}})", "It must be an Array followed with $or.", 9},
      {R"({"$or":["x","y"]})", "Only JSON object is allowed in array of $or relationship.", 10},
      {R"({"$or":[{"a":["x"]}]})", "There must have at least 2 Objects in $or relationship.", 21},
      {R"({"$or":[{"a":["x"]},{}]})", "Empty objects are not allowed", 23},
      {R"({"$or":[{"a":["x"]},{"prefix":["x"]}]})",
       "prefix is Ruler reserved fieldName which cannot be used inside $or.", 32},
      {R"({shop)",
       "failed to parse JSON. Unexpected character ('s' (code 115)): was expecting double-quote to "
       "start field name",
       2},
      {"", "failed to parse JSON. No content to map due to end-of-input", 1},
      {"nonsense",
       "failed to parse JSON. Unrecognized token 'nonsense': was expecting (JSON String, Number, "
       "Array, Object or token "
       "'null', 'true' or 'false')",
       9},
  };
  for (const auto& wrong : cases) {
    std::string expected = wrong.message;
    if (wrong.column > 0) {
      expected += expected.starts_with("failed to parse")
                      ? "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` "
                        "disabled)"
                      : "\n at [Source: (String)\"" + std::string(wrong.text) + "\"";
      expected += "; line: 1, column: " + std::to_string(wrong.column) + "]";
    }
    EXPECT_EQ(refusal(wrong.text, Dialect::sns).message, expected) << wrong.text;
    EXPECT_FALSE(refusal(wrong.text, Dialect::sns).names_scope) << wrong.text;
  }
}

TEST(Pattern, SnsRefusesACopyWithoutWhiteSpace) {
  const auto end_of = [](const char* text) {
    const std::string message = refusal(text, Dialect::sns).message;
    return message.substr(message.find('\n'));
  };
  EXPECT_EQ(end_of("{\n  \"a \\\" shop\": [ ]}"),
            "\n at [Source: (String)\"{\"a \\\" shop\":[]}\"; line: 1, column: 16]");
  EXPECT_NE(end_of(("{\"shop\": [], \"b\": [\"" + std::string(600, 'x') + "\"]}").c_str())
                .find("x\"[truncated 120 chars]; line: 1, column: 11]"),
            std::string::npos);
}

TEST(Pattern, SnsFindsWhatIsNoJsonFirst) {
  const std::string message = refusal(R"({"shop": [], "b" 1})", Dialect::sns).message;
  EXPECT_TRUE(message.starts_with("failed to parse JSON. Unexpected character ('1'")) << message;
  EXPECT_NE(message.find("line: 1, column: 18]"), message.npos) << message;
}

TEST(Pattern, OnlyTheBodyScopeNests) {
  PatternError error = refusal(R"({"a": {"b": ["x"]}})", Dialect::sns);
  EXPECT_EQ(error.message,
            "Filter policy scope MessageAttributes does not support nested filter policy");
  EXPECT_TRUE(error.names_scope);
}

TEST(Pattern, SnsLimitsKeysAndCombinations) {
  const char* six = R"({"a":["x"],"b":["x"],"c":["x"],"d":["x"],"e":["x"],"f":["x"]})";
  EXPECT_EQ(refusal(six, Dialect::sns).message, "Filter policy can not have more than 5 keys");
  // Only keys at the top count.
  EXPECT_TRUE(Pattern::parse(
      R"({"p":{"a":["x"],"b":["x"],"c":["x"],"d":["x"],"e":["x"],"f":["x"]}})", Dialect::sns_body));
  const char* too_complex = "Filter policy is too complex";
  EXPECT_TRUE(Pattern::parse("{\"a\":" + many(150) + "}", Dialect::sns));
  EXPECT_EQ(refusal("{\"a\":" + many(151) + "}", Dialect::sns).message, too_complex);
  EXPECT_TRUE(Pattern::parse("{\"a\":" + many(10) + ",\"b\":" + many(15) + "}", Dialect::sns));
  EXPECT_EQ(refusal("{\"a\":" + many(13) + ",\"b\":" + many(12) + "}", Dialect::sns).message,
            too_complex);
  // Each list counts with its depth: 2 × 2 × 37 = 148, 3 × 50 = 150, 3 × 51 = 153.
  EXPECT_TRUE(
      Pattern::parse("{\"a\":{\"b\":" + many(37) + "},\"c\":" + many(2) + "}", Dialect::sns_body));
  EXPECT_TRUE(Pattern::parse("{\"a\":{\"b\":{\"c\":" + many(50) + "}}}", Dialect::sns_body));
  EXPECT_EQ(refusal("{\"a\":{\"b\":{\"c\":" + many(51) + "}}}", Dialect::sns_body).message,
            too_complex);
  // Alternatives add up and multiply what stands beside them: 2 × (70 + 5) = 150.
  EXPECT_TRUE(Pattern::parse(
      "{\"a\":" + many(2) + ",\"$or\":[{\"b\":" + many(70) + "},{\"c\":" + many(5) + "}]}",
      Dialect::sns));
  EXPECT_EQ(
      refusal("{\"a\":" + many(2) + ",\"$or\":[{\"b\":" + many(70) + "},{\"c\":" + many(6) + "}]}",
              Dialect::sns)
          .message,
      too_complex);
}

TEST(Pattern, ListenersHaveMoreOperators) {
  const char* accepted[] = {
      R"({"kind": "chaincode-event", "block": 7, "payload": {"ok": true, "none": null}})",
      R"({"a": [{"anything-but": {"suffix": "x"}}, {"anything-but": {"suffix": ["x", "y"]}}]})",
      R"({"a": [{"anything-but": {"equals-ignore-case": ["x"]}}, {"anything-but": {"wildcard": ["*x", "y*"]}}]})",
      R"({"a": [{"anything-but": ["x", 7, null, true]}]})",
      R"({"a": [{"prefix": {"equals-ignore-case": "x"}}, {"suffix": {"equals-ignore-case": "x"}}]})",
      R"({"a": [{"regex": "Donation(Created|Changed) *"}]})",
      R"({"a": [{"numeric": [">", 1e18]}]})",
      R"({"a": ["x"], "b": ["x"], "c": ["x"], "d": ["x"], "e": ["x"], "f": ["x"]})",
      R"({"a": {"$or": [{"b": "x"}, {"$or": [{"c": "y"}, {"d": "z"}]}]}})",
  };
  for (const char* text : accepted) {
    auto pattern = Pattern::parse(text, Dialect::listener);
    EXPECT_TRUE(pattern) << text << ": " << pattern.error().message;
  }
}

TEST(Pattern, ListenersAreToldWhatIsWrongAndWhere) {
  struct {
    const char* text;
    const char* message;
    size_t offset;
  } cases[] = {
      {R"({"event": [{"prefx": "D"}]})", "\"prefx\" is no operator; did you mean \"prefix\"?", 12},
      {R"({"event": [{"zzz": "D"}]})", "\"zzz\" is no operator", 12},
      {R"({"event": [{"equals-ignore-caes": "D"}]})",
       "\"equals-ignore-caes\" is no operator; did you mean \"equals-ignore-case\"?", 12},
      {R"({"event": []})", "an empty list matches nothing; leave the field out", 11},
      {R"({"payload": {"amount": {"numeric": [">", 1]}}})",
       "\"numeric\" is an operator: it stands in a list, as in [{\"numeric\": …}]", 24},
      {R"({"payload": {"amount": {"anything-but": "x"}}})",
       "\"anything-but\" is an operator: it stands in a list, as in [{\"anything-but\": …}]", 24},
      {R"({"event": [{"regex": "(("}]})", "regex: missing ): ((", 21},
      {R"({"event": [{"numeric": ["=>", 1]}]})", "numeric knows =, <, <=, > and >=, not \"=>\"",
       30},
      {R"({"event": ["a", "b"})", "not JSON: unexpected '}', a comma or ']' must stand here", 19},
      {R"({"event": ["a" "b"]})", "not JSON: unexpected '\"', a comma or ']' must stand here", 15},
      {R"({"event": [Donation]})", "not JSON: 'Donation' is no value; text stands in double quotes",
       19},
      {R"({"event": ["a"]} x)", "not JSON: something stands after its end", 17},
      {R"({"event": ["a")", "not JSON: it ends too early", 14},
      {R"({"event": [{"cidr": "10.0.0.0"}]})",
       "cidr \"10.0.0.0\": Malformed CIDR, one '/' required, as in 10.0.0.0/8", 20},
  };
  for (const auto& wrong : cases) {
    PatternError error = refusal(wrong.text, Dialect::listener);
    EXPECT_EQ(error.message, wrong.message) << wrong.text;
    EXPECT_EQ(error.offset, wrong.offset) << wrong.text;
  }
}

TEST(Pattern, IsBounded) {
  std::string deep;
  for (int i = 0; i < 101; ++i) deep += "{\"a\":";
  EXPECT_EQ(refusal(deep, Dialect::listener).message, "not JSON: nested deeper than 100 levels");
  std::string wide = "{";
  for (int i = 0; i < 10; ++i) {
    std::string name = std::to_string(i);
    wide += (i ? "," : "") + std::string("\"p") + name + "\":{\"$or\":[{\"a\":1},{\"b\":2}]}";
  }
  EXPECT_NE(refusal(wide + "}", Dialect::listener).message.find("too many ways through its $or's"),
            std::string::npos);
  EXPECT_EQ(refusal("{\"a\":[\"" + std::string(300000, 'x') + "\"]}", Dialect::listener).message,
            "the pattern is longer than 256 KiB");
}

TEST(Pattern, KeepsItsText) {
  std::string given =
      "{ \"b\" : [ \"x\\u0041\\n\", 1e2 ],\n \"a\": {\"c\": [ {\"exists\" : false} ] } }";
  Pattern pattern = *Pattern::parse(given, Dialect::listener);
  EXPECT_EQ(pattern.source(), given);
  EXPECT_EQ(pattern.text(), R"({"b":["xA\n",1e2],"a":{"c":[{"exists":false}]}})");
}

TEST(Pattern, NamesFieldsThatNoEventHas) {
  auto unknown = [](const char* text) {
    return unknown_event_field(*Pattern::parse(text, Dialect::listener));
  };
  EXPECT_FALSE(
      unknown(R"({"kind": "write", "creator": {"msp": "Org1MSP"}, "payload": {"anything": 1}})"));
  auto error = unknown(R"({"kind": "write", "chanel": "mychannel"})");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message, "no event has a field \"chanel\"; did you mean \"channel\"?");
  EXPECT_EQ(error->offset, 18u);
  EXPECT_EQ(unknown(R"({"creator": ["alice"]})")->message,
            "no event has a field \"creator\"; creator.msp and creator.name can be matched");
}

}  // namespace
}  // namespace belfry::match
