#include "base/bytes.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/random.h"

namespace belfry {
namespace {

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(Bytes, HexGoesBothWays) {
  EXPECT_EQ(hex(std::string_view("\x00\xff\x10", 3)), "00ff10");
  EXPECT_EQ(unhex("00FF10"), std::string("\x00\xff\x10", 3));
  EXPECT_FALSE(unhex("0"));
  EXPECT_FALSE(unhex("0g"));
}

TEST(Bytes, Base64OfRfc4648) {
  const std::pair<const char*, const char*> pairs[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : pairs) {
    EXPECT_EQ(base64(plain), coded);
    EXPECT_EQ(unbase64(coded), plain);
  }
  EXPECT_EQ(unbase64("Zg"), "f");
  EXPECT_FALSE(unbase64("Z"));
  EXPECT_FALSE(unbase64("Zm9v!"));
}

TEST(Bytes, Utf8RefusesWhatRfc3629Refuses) {
  EXPECT_TRUE(is_utf8("имя 名前 🎁"));
  EXPECT_FALSE(is_utf8("\xC0\x80"));          // overlong
  EXPECT_FALSE(is_utf8("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(is_utf8("\xF4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(is_utf8("\xE2\x82"));          // cut off
}

TEST(Json, EscapesAndReplaces) {
  EXPECT_EQ(json("a\"b\\c\n\x01"), R"("a\"b\\c\n\u0001")");
  EXPECT_EQ(json("名前"), "\"名前\"");
  EXPECT_EQ(json("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
}

TEST(Hash, OfParts) {
  EXPECT_EQ(hex(view(sha256("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 hash;
  hash.add("a");
  hash.add("bc");
  EXPECT_EQ(hash.finish(), sha256("abc"));
}

TEST(Clock, PrintsNineDigits) {
  EXPECT_EQ(to_rfc3339(WallTime(std::chrono::seconds(1'700'000'000) + std::chrono::nanoseconds(7))),
            "2023-11-14T22:13:20.000000007Z");
}

TEST(Random, SeedsRepeatAndUuidsHaveTheirVersion) {
  EXPECT_EQ(seeded_random(7)->next(), seeded_random(7)->next());
  const std::string uuid = secure_random().uuid();
  EXPECT_EQ(uuid.size(), 36u);
  EXPECT_EQ(uuid[14], '4');
  EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
}

}  // namespace
}  // namespace belfry
