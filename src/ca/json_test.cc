#include "ca/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ca/go_text.h"
#include "ca/json_fields.h"

namespace belfry::ca {
namespace {

std::string problem(std::string_view text) {
  const auto value = parse_json(text);
  return value ? "" : value.error().message;
}

// The words are those of Go 1.26's encoding/json for the same texts.
TEST(Json, IsRefusedInGosWords) {
  EXPECT_EQ(problem("{nope"), "invalid character 'n' looking for beginning of object key string");
  EXPECT_EQ(problem(""), "unexpected end of JSON input");
  EXPECT_EQ(problem("{\"a\" 1}"), "invalid character '1' after object key");
  EXPECT_EQ(problem("{\"a\":1 2}"), "invalid character '2' after object key:value pair");
  EXPECT_EQ(problem("[1 2]"), "invalid character '2' after array element");
  EXPECT_EQ(problem("[1,]"), "invalid character ']' looking for beginning of value");
  EXPECT_EQ(problem("{} x"), "invalid character 'x' after top-level value");
  EXPECT_EQ(problem("\"a\nb\""), "invalid character '\\n' in string literal");
  EXPECT_EQ(problem("\"\\x\""), "invalid character 'x' in string escape code");
  EXPECT_EQ(problem("\"\\u12g\""), "invalid character 'g' in \\u hexadecimal character escape");
  EXPECT_EQ(problem("-x"), "invalid character 'x' in numeric literal");
  EXPECT_EQ(problem("1.x"), "invalid character 'x' after decimal point in numeric literal");
  EXPECT_EQ(problem("1ex"), "invalid character 'x' in exponent of numeric literal");
  EXPECT_EQ(problem("trux"), "invalid character 'x' in literal true (expecting 'e')");
  EXPECT_EQ(problem("01"), "invalid character '1' after top-level value");
  EXPECT_EQ(problem("'"), "invalid character '\\'' looking for beginning of value");
  EXPECT_EQ(problem("\xc3"), "invalid character '\xc3\x83' looking for beginning of value");
  EXPECT_EQ(problem(std::string(kDeepestJson + 1, '[')), "exceeded max depth");
}

TEST(Json, DecodesStrings) {
  EXPECT_EQ(parse_json(R"("a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00")")->text,
            "a\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80");
  EXPECT_EQ(parse_json(R"("\ud83d!")")->text, "\xef\xbf\xbd!") << "half a surrogate pair";
  EXPECT_EQ(parse_json("\"\xff\"")->text, "\xef\xbf\xbd") << "not UTF-8";
}

TEST(Json, WritesStringsAsGoDoes) {
  EXPECT_EQ(go_string("<a & \"b\">\n\x01"), R"("\u003ca \u0026 \"b\"\u003e\n\u0001")");
  EXPECT_EQ(go_string("\xff"), R"("\ufffd")");
}

TEST(Fields, TheFirstWrongOneInTheTextIsNamed) {
  const auto value = parse_json(R"({"b":1,"a":[1,"x"],"n":"2"})");
  FieldErrors errors;
  const ObjectReader fields(*value, "api.Thing", errors);
  std::string b;
  int64_t n = 0;
  std::optional<std::vector<std::string>> a;
  fields.integer("n", n);
  fields.texts("a", a);
  fields.text("b", b, "Inner");
  ASSERT_TRUE(errors.first());
  EXPECT_EQ(*errors.first(),
            "json: cannot unmarshal number into Go struct field Thing.Inner.b of type string");
}

TEST(GoText, TimesAreReadAndRefusedInGosWords) {
  EXPECT_EQ(*parse_go_time("2020-01-01T00:00:00Z"),
            WallTime(std::chrono::sys_days(std::chrono::year(2020) / 1 / 1)));
  EXPECT_EQ(*parse_go_time("2020-01-01T02:30:00.5+02:30"),
            WallTime(std::chrono::sys_days(std::chrono::year(2020) / 1 / 1)) +
                std::chrono::milliseconds(500));
  EXPECT_EQ(*parse_go_time("0001-01-01T00:00:00Z"), kGoZeroTime);
  EXPECT_EQ(*parse_go_time("9999-01-01T00:00:00Z"), WallTime::max());
  EXPECT_EQ(parse_go_time("yesterday").error().message,
            "parsing time \"yesterday\" as \"2006-01-02T15:04:05Z07:00\": cannot parse "
            "\"yesterday\" as \"2006\"");
  EXPECT_EQ(parse_go_time("2020-13-01T00:00:00Z").error().message,
            "parsing time \"2020-13-01T00:00:00Z\": month out of range");
  EXPECT_EQ(parse_go_time("2020-01-01T00:00:00Zx").error().message,
            "parsing time \"2020-01-01T00:00:00Zx\": extra text: \"x\"");
  EXPECT_EQ(*parse_go_duration("-1h30m"), -std::chrono::minutes(90));
  EXPECT_FALSE(parse_go_duration("1x"));
}

}  // namespace
}  // namespace belfry::ca
