#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"

namespace belfry {
namespace {

TEST(Crc32c, MatchesThePublishedValues) {  // RFC 3720 B.4
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
}

TEST(Crc32c, TableAndInstructionAgreeAndExtend) {
  auto random = seeded_random(7);
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(crc32c(bytes), crc32c_by_table(bytes));
    const size_t cut = random->below(bytes.size() + 1);
    EXPECT_EQ(crc32c(bytes), crc32c(bytes.substr(cut), crc32c(bytes.substr(0, cut))));
    bytes.push_back(static_cast<char>(random->next()));
  }
}

}  // namespace
}  // namespace belfry
