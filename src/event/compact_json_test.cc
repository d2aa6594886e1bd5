#include "event/compact_json.h"

#include <gtest/gtest.h>

namespace belfry::event {
namespace {

std::string compact(std::string_view bytes) {
  std::string out = "before ";
  if (append_compact_json(out, bytes)) return out.substr(7);
  EXPECT_EQ(out, "before ");
  return "not JSON";
}

TEST(CompactJson, KeepsEverythingButWhiteSpaceBetweenTokens) {
  EXPECT_EQ(compact("{}"), "{}");
  EXPECT_EQ(compact(" [ ] "), "[]");
  EXPECT_EQ(compact("\t{ \"a b\" : [ 1 , 2.50e+10 , { \"c\" : null } ] ,\r\n \"d\":true}\n"),
            R"({"a b":[1,2.50e+10,{"c":null}],"d":true})");
  EXPECT_EQ(compact(R"("\"\\\/\b\f\n\r\t\u00e9\ud83c\udf81 é 🎁")"),
            R"("\"\\\/\b\f\n\r\t\u00e9\ud83c\udf81 é 🎁")");
  EXPECT_EQ(compact("-0.10"), "-0.10");
  EXPECT_EQ(compact("123456789012345678901234567890"), "123456789012345678901234567890");
  EXPECT_EQ(compact(R"({"a":1,"a":2})"), R"({"a":1,"a":2})");
}

TEST(CompactJson, RefusesWhatIsNotJson) {
  for (const std::string_view bytes : {"",
                                       " ",
                                       "{",
                                       "[",
                                       "]",
                                       "{]",
                                       "[}",
                                       "[1,]",
                                       "[,1]",
                                       "{\"a\"}",
                                       "{\"a\":}",
                                       "{\"a\":1,}",
                                       "{a:1}",
                                       "{'a':1}",
                                       "{1:1}",
                                       "1 2",
                                       "{} {}",
                                       "01",
                                       "-",
                                       "+1",
                                       "1.",
                                       ".5",
                                       "1e",
                                       "1e+",
                                       "0x1",
                                       "NaN",
                                       "tru",
                                       "truex",
                                       "nul",
                                       "\"",
                                       "\"\\\"",
                                       "\"\\x\"",
                                       "\"\\u12g4\"",
                                       "\"\\u123\"",
                                       "\"\n\"",
                                       "\"\x01\"",
                                       "\"\\ud800\"",
                                       "\"\\udc00\"",
                                       "\"\\ud800\\u0041\"",
                                       "\xEF\xBB\xBF{}",
                                       "\"\xFF\"",
                                       "\"\xC3\"",
                                       "\"\xED\xA0\x80\"",
                                       "\xC2\xA0{}",
                                       "/* */ 1",
                                       "[1\x0b]"})
    EXPECT_EQ(compact(bytes), "not JSON") << bytes;
  EXPECT_EQ(compact(std::string_view("\"\\\0\"", 4)), "not JSON");
  EXPECT_EQ(compact(std::string_view("\0", 1)), "not JSON");
}

// Long strings go eight bytes at a time: every place where one may end or be bad.
TEST(CompactJson, FindsTheEndOfAStringAtEveryOffset) {
  for (size_t size = 0; size < 40; ++size) {
    const std::string plain(size, 'x');
    EXPECT_EQ(compact('"' + plain + "\" "), '"' + plain + '"');
    EXPECT_EQ(compact('"' + plain + "\\n" + plain + '"'), '"' + plain + "\\n" + plain + '"');
    EXPECT_EQ(compact('"' + plain + "\xC3\xA9" + plain + '"'),
              '"' + plain + "\xC3\xA9" + plain + '"');
    EXPECT_EQ(compact('"' + plain + "\xC3" + plain + '"'), "not JSON");
    EXPECT_EQ(compact('"' + plain + "\x1f" + plain + '"'), "not JSON");
    EXPECT_EQ(compact('"' + plain + "\x7f" + plain + '"'), '"' + plain + "\x7f" + plain + '"');
    EXPECT_EQ(compact('"' + plain), "not JSON");
  }
}

TEST(CompactJson, IsBoundedInDepth) {
  const auto nested = [](int depth) {
    return std::string(static_cast<size_t>(depth), '[') +
           std::string(static_cast<size_t>(depth), ']');
  };
  EXPECT_EQ(compact(nested(kMaxJsonDepth)), nested(kMaxJsonDepth));
  EXPECT_EQ(compact(nested(kMaxJsonDepth + 1)), "not JSON");
}

}  // namespace
}  // namespace belfry::event
