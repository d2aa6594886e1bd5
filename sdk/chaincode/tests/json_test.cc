#include "belfry/chaincode/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace belfry::chaincode {
namespace {

using ::testing::HasSubstr;

std::string number(double value) {
  return to_text(Json(value));
}

TEST(JsonTest, NumbersAreWrittenAsPeopleWriteThem) {
  EXPECT_EQ(number(100), "100");
  EXPECT_EQ(number(100000), "100000");
  EXPECT_EQ(number(38.5), "38.5");
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(-0.0), "0");
  EXPECT_EQ(number(1e300), "1e+300");
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(to_text(Json(std::numeric_limits<std::uint64_t>::max())), "18446744073709551615");
}

TEST(JsonTest, DoublesComeBackAsTheyWere) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 5000; ++i) {
    double value = 0;
    const auto bits = random();
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    const auto back = from_text<double>(number(value));
    ASSERT_TRUE(back) << number(value);
    ASSERT_EQ(*back, value);
  }
}

TEST(JsonTest, ObjectsKeepTheirOrderAndTextsTheirCharacters) {
  const std::string text = R"({"z":[1,"\u0001\"\\é"],"a":{},"m":[],"n":null,"t":true})";
  EXPECT_EQ(to_text(*parse_json(text)), text);
}

TEST(JsonTest, WhatIsNoJsonIsRefused) {
  for (const char* wrong : {"", "{", "{}x", "nul", "[1,]", "01", "\"\xff\""})
    EXPECT_FALSE(parse_json(wrong)) << wrong;
  EXPECT_TRUE(parse_json(std::string(60, '[') + std::string(60, ']')));
  EXPECT_FALSE(parse_json(std::string(100'000, '[')));
}

TEST(JsonTest, IntegersHaveBounds) {
  EXPECT_EQ(*from_text<std::int8_t>("-128"), -128);
  EXPECT_FALSE(from_text<std::int8_t>("128"));
  EXPECT_FALSE(from_text<unsigned>("-1"));
  EXPECT_EQ(*from_text<std::uint64_t>("18446744073709551615"), 18446744073709551615U);
  EXPECT_FALSE(from_text<std::int64_t>("18446744073709551615"));
  EXPECT_FALSE(from_text<std::int64_t>("1e300"));
  EXPECT_EQ(*from_text<int>("3.0"), 3);  // JSON knows one kind of number
  EXPECT_EQ(from_text<int>("3.5").error().message,
            "must be a whole number from -2147483648 to 2147483647, not 3.5");
  EXPECT_FALSE(from_text<int>("\"3\""));
}

struct Inner {
  int number = 0;
  static constexpr auto fields = std::tuple(field("number", &Inner::number));
};

struct Outer {
  std::string name;
  std::optional<Inner> inner;
  std::map<std::string, std::vector<Inner>> more;
  boost::json::object rest;
  static constexpr auto fields =
      std::tuple(field("name", &Outer::name), field("inner", &Outer::inner),
                 field("more", &Outer::more), others(&Outer::rest));
};

TEST(JsonTest, StructsNest) {
  const std::string text =
      R"({"name":"a","inner":{"number":1},"more":{"x":[{"number":2}]},"unknown":[1,2]})";
  const auto outer = from_text<Outer>(text);
  ASSERT_TRUE(outer) << outer.error().message;
  EXPECT_EQ(outer->more.at("x")[0].number, 2);
  EXPECT_EQ(to_json_text(*outer), text);
}

TEST(JsonTest, AnAbsentOptionalIsNotWritten) {
  const auto outer = from_text<Outer>(R"({"name":"a","inner":null,"more":{}})");
  ASSERT_TRUE(outer) << outer.error().message;
  EXPECT_EQ(to_json_text(*outer), R"({"name":"a","more":{}})");
}

TEST(JsonTest, ErrorsSayWhere) {
  EXPECT_EQ(
      from_text<Outer>(R"({"name":"a","more":{"x":[{"number":1},{"number":"one"}]}})")
          .error()
          .message,
      "more: x: [1]: number: must be a whole number from -2147483648 to 2147483647, not \"one\"");
  EXPECT_EQ(from_text<Outer>("{}").error().message, "field name is missing");
  EXPECT_EQ(from_text<Outer>("[]").error().message, "must be an object, not []");
  EXPECT_EQ(from_text<Inner>(R"({"number":1,"x":2})").error().message, "unknown field x");
  // A long value is not repeated whole.
  EXPECT_THAT(from_text<bool>('"' + std::string(1000, 'x') + '"').error().message,
              HasSubstr("xxx..."));
  EXPECT_LT(from_text<bool>('"' + std::string(1000, 'x') + '"').error().message.size(), 100U);
}

TEST(JsonTest, SchemasFollowTheFields) {
  EXPECT_EQ(
      to_text(Codec<Outer>::schema()),
      R"({"type":"object","properties":{"name":{"type":"string"},"inner":{"type":"object","properties":{"number":)"
      R"({"type":"integer","format":"int32"}},"required":["number"],"additionalProperties":false},"more":{"type":"object",)"
      R"("additionalProperties":{"type":"array","items":{"type":"object","properties":{"number":{"type":"integer",)"
      R"("format":"int32"}},"required":["number"],"additionalProperties":false}}}},"required":["name","more"],)"
      R"("additionalProperties":true})");
}

}  // namespace
}  // namespace belfry::chaincode
