#include "match/interval_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <random>

namespace belfry::match {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Enough ranges for four levels, coming and going, with many equal bounds.
TEST(IntervalIndex, AgreesWithAListWhileRangesComeAndGo) {
  std::mt19937 random(11);
  BlockPool pool;
  IntervalIndex index(pool);
  std::vector<std::unique_ptr<Interval>> known;
  auto check = [&] {
    for (int i = 0; i < 50; ++i) {
      double value = static_cast<double>(random() % 1000) / 2;
      std::vector<void*> found, expected;
      index.find(value, found);
      for (const auto& interval : known) {
        if (interval->low <= value && value <= interval->high) expected.push_back(interval->owner);
      }
      std::sort(found.begin(), found.end());
      std::sort(expected.begin(), expected.end());
      ASSERT_EQ(found, expected);
    }
    ASSERT_EQ(index.size(), known.size());
  };
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 40000; ++i) {
      double low = random() % 500, high = low + random() % (random() % 20 ? 2 : 400);
      if (random() % 50 == 0) low = -kInfinity;
      if (random() % 50 == 0) high = kInfinity;
      if (round == 2) low = i / 100.0, high = low + 1;  // in order
      known.push_back(std::make_unique<Interval>(Interval{low, high, nullptr}));
      known.back()->owner = known.back().get();
      index.add(*known.back());
    }
    check();
    std::shuffle(known.begin(), known.end(), random);
    while (known.size() > (round == 3 ? 0u : 5000u)) {
      index.remove(*known.back());
      known.pop_back();
    }
    check();
  }
  EXPECT_EQ(index.bytes(), 0u);
}

TEST(IntervalIndex, KnowsHowCrowdedAStretchIs) {
  BlockPool pool;
  IntervalIndex index(pool);
  EXPECT_EQ(index.share(0, 1), 0);
  std::vector<Interval> intervals(10000);
  for (size_t i = 0; i < intervals.size(); ++i) {
    intervals[i] = {static_cast<double>(i), static_cast<double>(i + 1), &intervals[i]};
    index.add(intervals[i]);
  }
  EXPECT_NEAR(index.share(0, 5000), 0.5, 0.05);
  EXPECT_NEAR(index.share(9000, kInfinity), 0.1, 0.05);
  EXPECT_NEAR(index.share(20, 21), 0, 0.01);
}

}  // namespace
}  // namespace belfry::match
