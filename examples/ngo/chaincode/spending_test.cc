#include "spending.h"

#include <gtest/gtest.h>

#include <random>

namespace ngo {
namespace {

std::optional<std::vector<std::int64_t>> divided(std::int64_t spend,
                                                 const std::vector<std::int64_t>& purses) {
  std::vector<Amount> amounts;
  for (const auto purse : purses) amounts.push_back({purse});
  const auto parts = divide({spend}, amounts);
  if (!parts) return std::nullopt;
  std::vector<std::int64_t> out;
  for (const auto part : *parts) out.push_back(part.cents);
  return out;
}

using Parts = std::vector<std::int64_t>;

TEST(DivideTest, AllGiveAlike) {
  EXPECT_EQ(divided(90, {100, 100, 100}), (Parts{30, 30, 30}));
}

TEST(DivideTest, OddCentsFallOnTheFirst) {
  EXPECT_EQ(divided(100, {90, 90, 90}), (Parts{34, 33, 33}));
}

TEST(DivideTest, WhoHasLessGivesAllAndTheOthersShareTheRest) {
  EXPECT_EQ(divided(100, {10, 200, 20, 200}), (Parts{10, 35, 20, 35}));
}

TEST(DivideTest, EmptyPursesGiveNothing) {
  EXPECT_EQ(divided(7, {0, 7}), (Parts{0, 7}));
}

TEST(DivideTest, TooLittleIsRefused) {
  EXPECT_EQ(divided(101, {50, 50}), std::nullopt);
  EXPECT_EQ(divided(1, {}), std::nullopt);
  EXPECT_EQ(divided(100, {50, 50}), (Parts{50, 50}));
}

TEST(DivideTest, NothingIsLostOrOverdrawn) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    Parts purses(random() % 20);
    std::int64_t all = 0;
    for (auto& purse : purses) all += purse = random() % 1000;
    const std::int64_t spend = all == 0 ? 0 : random() % all;
    const auto parts = divided(spend, purses);
    ASSERT_TRUE(parts);
    std::int64_t given = 0;
    for (std::size_t i = 0; i < purses.size(); ++i) {
      ASSERT_LE(parts->at(i), purses[i]);
      given += parts->at(i);
    }
    ASSERT_EQ(given, spend);
  }
}

}  // namespace
}  // namespace ngo
