#include <gtest/gtest.h>

#include "queue/store_harness.h"

namespace belfry::queue {
namespace {

using std::chrono::minutes;

class FairGroupsTest : public StoreHarness, public testing::Test {
 protected:
  void send_many(QueueId queue, const std::string& group, int count) {
    for (int i = 0; i < count; ++i) send(queue, group + std::to_string(i), group);
  }
  std::vector<std::string> take(QueueId queue, size_t max) {
    return bodies(store->receive(queue, max, minutes(10)));
  }
};

TEST_F(FairGroupsTest, WhoHasMuchInFlightYields) {
  const auto queue = make("q");
  send_many(queue, "noisy", 40);
  EXPECT_EQ(take(queue, 10).size(), 10u);
  send(queue, "late", "quiet");
  EXPECT_EQ(take(queue, 2), (std::vector<std::string>{"late", "noisy10"}));
}

TEST_F(FairGroupsTest, AmongQuietOnesTheOldestComesFirst) {
  const auto queue = make("q");
  send(queue, "1", "a");
  send(queue, "2", "b");
  send(queue, "3");
  send(queue, "4", "a");
  EXPECT_EQ(take(queue, 10), (std::vector<std::string>{"1", "2", "3", "4"}));
}

TEST_F(FairGroupsTest, ANoisyGroupGetsAllWhenNothingElseIsThere) {
  const auto queue = make("q");
  send_many(queue, "noisy", 40);
  EXPECT_EQ(take(queue, 40).size(), 40u);
}

TEST_F(FairGroupsTest, WhatWasThereBeforeTheFirstGroupIsNotForgotten) {
  const auto queue = make("q");
  send(queue, "plain");
  send(queue, "grouped", "a");
  EXPECT_EQ(take(queue, 10), (std::vector<std::string>{"plain", "grouped"}));
}

TEST_F(FairGroupsTest, RemovalsMakeAGroupQuietAgain) {
  const auto queue = make("q");
  send_many(queue, "a", 30);
  const auto first = store->receive(queue, 20, minutes(10));
  send(queue, "b0", "b");
  for (const auto& one : first) EXPECT_EQ(remove(queue, one.receipt), ReceiptStatus::done);
  EXPECT_EQ(take(queue, 1), std::vector<std::string>{"a20"});
}

TEST_F(FairGroupsTest, WhatComesBackIsHadAgain) {
  const auto queue = make("q");
  send_many(queue, "a", 3);
  const auto first = store->receive(queue, 3, minutes(10));
  EXPECT_EQ(change_visibility(queue, first[1].receipt, Duration(0)), ReceiptStatus::done);
  EXPECT_EQ(take(queue, 3), std::vector<std::string>{"a1"});
  clock.advance(minutes(11));
  store->clock_moved();
  EXPECT_EQ(take(queue, 3), (std::vector<std::string>{"a0", "a1", "a2"}));
}

TEST_F(FairGroupsTest, TheOrderSurvivesAStopAndACrash) {
  const auto queue = make("q");
  send_many(queue, "noisy", 30);
  EXPECT_EQ(take(queue, 10).size(), 10u);
  reopen();
  send(queue, "late", "quiet");
  crash();
  EXPECT_EQ(take(queue, 2), (std::vector<std::string>{"late", "noisy10"}));
}

TEST_F(FairGroupsTest, APurgedQueueBeginsAnew) {
  const auto queue = make("q");
  send_many(queue, "a", 20);
  EXPECT_EQ(take(queue, 10).size(), 10u);
  ASSERT_TRUE(store->purge(queue));
  EXPECT_TRUE(take(queue, 10).empty());
  send(queue, "b", "b");
  send(queue, "a", "a");
  EXPECT_EQ(take(queue, 10), (std::vector<std::string>{"b", "a"}));
}

TEST_F(FairGroupsTest, DeadLettersKeepTheirGroup) {
  const auto dead = make("dead");
  QueueSettings settings;
  settings.dead_letter = DeadLetter{"dead", 1};
  const auto queue = make("q", settings);
  send(queue, "x", "a");
  EXPECT_EQ(bodies(store->receive(queue, 1, Duration(0))), std::vector<std::string>{"x"});
  clock.advance(minutes(1));
  store->clock_moved();
  EXPECT_TRUE(take(queue, 1).empty());
  const auto moved = store->receive(dead, 1, minutes(10), std::chrono::seconds(20));
  ASSERT_EQ(bodies(moved), std::vector<std::string>{"x"});
  EXPECT_EQ(moved[0].message.group, "a");
}

}  // namespace
}  // namespace belfry::queue
