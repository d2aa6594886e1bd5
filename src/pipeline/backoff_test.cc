#include "pipeline/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace belfry::pipeline {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, DoublesItsCeilingUpToTheBound) {
  auto random = seeded_random(1);
  const BackoffSettings settings{100ms, 2s};
  for (const auto& [failures, ceiling] :
       std::vector<std::pair<uint32_t, Duration>>{{1, 100ms},
                                                  {2, 200ms},
                                                  {3, 400ms},
                                                  {5, 1600ms},
                                                  {6, 2s},
                                                  {7, 2s},
                                                  {4'000'000'000u, 2s}}) {
    Duration least = Duration::max(), most{};
    for (int i = 0; i < 1000; ++i) {
      const Duration wait = backoff(settings, failures, *random);
      least = std::min(least, wait);
      most = std::max(most, wait);
    }
    EXPECT_LE(most, ceiling);
    EXPECT_GT(most, ceiling * 9 / 10);  // the jitter is over the whole range
    EXPECT_GE(least, ceiling / 10);
    EXPECT_LT(least, ceiling / 5);
  }
}

TEST(Backoff, SurvivesSettingsWithoutSense) {
  auto random = seeded_random(1);
  EXPECT_GE(backoff({0ns, 0ns}, 9, *random), Duration(0));
  EXPECT_LE(backoff({1h, 1s}, 9, *random), Duration(1s));
  EXPECT_LE(backoff({1ns, Duration::max()}, 200, *random), Duration::max());
}

}  // namespace
}  // namespace belfry::pipeline
