#include "queue/due_times.h"

#include <gtest/gtest.h>

namespace belfry::queue {
namespace {

TEST(DueTimesTest, GivesWhatIsDueInOrderOfTime) {
  DueTimes due;
  EXPECT_FALSE(due.first());
  due.add({30, 1});
  due.add({10, 3});
  due.add({10, 2});
  EXPECT_EQ(due.first(), 10);
  EXPECT_FALSE(due.take_until(9));
  EXPECT_EQ(due.take_until(10)->sequence, 2u);
  EXPECT_EQ(due.take_until(10)->sequence, 3u);
  EXPECT_FALSE(due.take_until(29));
  EXPECT_EQ(due.take_until(INT64_MAX)->sequence, 1u);
}

TEST(DueTimesTest, DropsTheOutdatedOnlyWhenTheyCouldBeMost) {
  DueTimes due;
  for (uint64_t sequence = 0; sequence < 10'000; ++sequence)
    due.add({static_cast<int64_t>(sequence), sequence});
  size_t asked = 0;
  const auto odd = [&](const DueTimes::Item& item) {
    ++asked;
    return item.sequence % 2 == 1;
  };
  due.trim(5000, odd);
  EXPECT_EQ(asked, 0u);
  due.trim(2000, odd);
  EXPECT_EQ(asked, 10'000u);
  for (uint64_t sequence = 1; sequence < 10'000; sequence += 2)
    ASSERT_EQ(due.take_until(INT64_MAX)->sequence, sequence);
  EXPECT_FALSE(due.first());
}

}  // namespace
}  // namespace belfry::queue
