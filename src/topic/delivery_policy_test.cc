#include "topic/delivery_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belfry::topic {
namespace {

using std::chrono::seconds;

std::vector<int64_t> waits(const DeliveryPolicy& policy) {
  std::vector<int64_t> out;
  for (uint32_t i = 1; i <= policy.retries; ++i)
    out.push_back(std::chrono::duration_cast<seconds>(delay(policy, i)).count());
  return out;
}

DeliveryPolicy phased(Backoff backoff) {
  DeliveryPolicy policy;
  policy.retries = 9;
  policy.immediate = 1;
  policy.before = 2;
  policy.after = 1;
  policy.least_delay = seconds(2);
  policy.most_delay = seconds(32);
  policy.backoff = backoff;
  return policy;
}

TEST(DeliveryPolicyTest, EveryPhaseHasItsTurn) {
  EXPECT_THAT(waits(phased(Backoff::exponential)),
              testing::ElementsAre(0, 2, 2, 2, 4, 8, 16, 32, 32));
  EXPECT_THAT(waits(phased(Backoff::geometric)),
              testing::ElementsAre(0, 2, 2, 2, 4, 8, 16, 32, 32));
  EXPECT_THAT(waits(phased(Backoff::linear)), testing::ElementsAre(0, 2, 2, 2, 9, 17, 24, 32, 32));
  EXPECT_THAT(waits(phased(Backoff::arithmetic)),
              testing::ElementsAre(0, 2, 2, 2, 5, 11, 20, 32, 32));
}

TEST(DeliveryPolicyTest, WhatSnsDoesByItself) {
  EXPECT_THAT(waits(standard_policy("https")), testing::ElementsAre(20, 20, 20));
  const auto sms = waits(standard_policy("sms"));
  EXPECT_EQ(sms.size(), 50u);
  EXPECT_EQ(sms.front(), 10);
  EXPECT_EQ(sms.back(), 600);
}

}  // namespace
}  // namespace belfry::topic
