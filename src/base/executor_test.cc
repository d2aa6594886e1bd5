#include "base/executor.h"

#include <gtest/gtest.h>

#include <future>

namespace belfry {
namespace {

using namespace std::chrono_literals;

TEST(ThreadExecutor, RunsPostedAndDelayedTasks) {
  auto executor = thread_executor(2);
  std::promise<int> now, later;
  executor->post_after(5ms, [&] { later.set_value(2); });
  executor->post([&] { now.set_value(1); });
  EXPECT_EQ(now.get_future().get(), 1);
  EXPECT_EQ(later.get_future().get(), 2);
}

TEST(ThreadExecutor, DropsWhatIsNotDueWhenItEnds) {
  bool ran = false;
  { thread_executor(1)->post_after(1h, [&] { ran = true; }); }
  EXPECT_FALSE(ran);
}

TEST(ThreadExecutor, WhatADroppedTaskPostsIsDroppedToo) {
  auto executor = thread_executor(1);
  auto* posts = executor.get();
  executor->post_after(1h, [last = std::shared_ptr<Executor>(
                                posts, [](Executor* it) { it->post([] {}); })] {});
  executor.reset();
  SUCCEED();
}

TEST(ManualExecutor, FollowsTheClock) {
  ManualClock clock;
  ManualExecutor executor(clock);
  std::string order;
  executor.post_after(2s, [&] { order += "b"; });
  executor.post([&] {
    order += "a";
    executor.post([&] { order += "."; });
  });
  EXPECT_EQ(executor.run(), 2u);
  EXPECT_EQ(order, "a.");
  clock.advance(2s);
  EXPECT_EQ(executor.run(), 1u);
  EXPECT_EQ(order, "a.b");
}

}  // namespace
}  // namespace belfry
