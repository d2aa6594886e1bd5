#include "belfry/chaincode/keys.h"

#include <gtest/gtest.h>

namespace belfry::chaincode {
namespace {

using namespace std::string_literals;

TEST(KeysTest, ACompositeKeyIsLaidOutAsEveryShimDoes) {
  EXPECT_EQ(*composite_key("pair", {"a", "b"}), "\0pair\0a\0b\0"s);
  EXPECT_EQ(*composite_key("pair", {}), "\0pair\0"s);
  EXPECT_EQ(*composite_key("pair", {""}), "\0pair\0\0"s);
}

TEST(KeysTest, ItIsTakenApartAgain) {
  for (const CompositeKey& key : {CompositeKey{"pair", {"a", "b"}},
                                  {"pair", {}},
                                  {"pair", {"", "x", ""}},
                                  {"", {}},
                                  {"ß", {"日本"}}}) {
    EXPECT_EQ(*split_composite_key(*composite_key(key.type, key.attributes)), key);
  }
  for (const auto& wrong : {""s, "\0"s, "simple"s, "\0pair"s, "pair\0"s})
    EXPECT_FALSE(split_composite_key(wrong));
}

TEST(KeysTest, TheSeparatorsAreRefused) {
  EXPECT_FALSE(composite_key("a\0b"s, {}));
  EXPECT_FALSE(composite_key("pair", {"\xf4\x8f\xbf\xbf"}));
  EXPECT_FALSE(composite_key("pair", {"\xff"}));
}

TEST(KeysTest, Utf8IsTold) {
  for (const auto& fine : {""s, "a\0b"s, "\x7f"s, "é"s, "\xed\x9f\xbf"s, "\xee\x80\x80"s,
                           "\xf0\x90\x80\x80"s, "\xf4\x8f\xbf\xbf"s}) {
    EXPECT_TRUE(is_utf8(fine)) << fine;
  }
  for (const auto& wrong :
       {"\x80"s, "\xc0\x80"s, "\xc1\xbf"s, "\xe0\x80\x80"s, "\xed\xa0\x80"s, "\xf0\x80\x80\x80"s,
        "\xf4\x90\x80\x80"s, "\xf5\x80\x80\x80"s, "\xe2\x82"s, "\xc3"s, "\xc3("s}) {
    EXPECT_FALSE(is_utf8(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace belfry::chaincode
