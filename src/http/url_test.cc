#include "http/url.h"

#include <gtest/gtest.h>

namespace belfry::http {
namespace {

TEST(Url, EncodesAllButUnreserved) {
  EXPECT_EQ(percent_encode("a-Z0.9_~"), "a-Z0.9_~");
  EXPECT_EQ(percent_encode("+1 &=%\xc3\xa9/"), "%2B1%20%26%3D%25%C3%A9%2F");
}

TEST(Url, DecodesWhatItEncodes) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_decode("a+b", true), "a b");
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  for (const char* bad : {"%", "%4", "%zz", "a%4"}) EXPECT_FALSE(percent_decode(bad)) << bad;
}

TEST(Url, SplitsAQuery) {
  const Query expected = {{"a", "1"}, {"b", ""}, {"", "c"}, {"a", "x=y"}};
  EXPECT_EQ(parse_query("a=1&&b&=c&a=x=y"), expected);
  EXPECT_EQ(parse_query(""), Query());
  EXPECT_FALSE(parse_query("a=%"));
}

}  // namespace
}  // namespace belfry::http
