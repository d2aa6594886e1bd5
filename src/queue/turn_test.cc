#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "queue/store_harness.h"

namespace belfry::queue {
namespace {

class TurnTest : public StoreHarness, public testing::Test {
 protected:
  void TearDown() override { store.reset(); }  // before what its callbacks look at

  void send_later(QueueId queue, std::string body) {
    Message message;
    message.body = std::move(body);
    Batch batch;
    batch.send(queue, std::move(message));
    store->commit(std::move(batch), [this](Committed committed) {
      EXPECT_EQ(committed.status, CommitStatus::durable) << committed.reason;
      ++answered;
    });
  }

  // The flusher may be at its last step with what was before, and then does it.
  void wait_for_answers(int count) {
    while (answered < count) std::this_thread::yield();
  }

  std::atomic<int> answered = 0;
};

TEST_F(TurnTest, WhatItGatheredIsDurableAndAnsweredAtItsEnd) {
  const auto queue = make("q");
  store->begin_turn();
  send_later(queue, "a");
  send_later(queue, "b");
  EXPECT_EQ(answered, 0);
  store->end_turn();
  wait_for_answers(2);
  crash();
  EXPECT_EQ(bodies(store->peek(make("q"), 0, 10)), (std::vector<std::string>{"a", "b"}));
}

TEST_F(TurnTest, ReceiversAreAnsweredInTheTurnThatBroughtTheMessage) {
  const auto queue = make("q");
  auto waiting = receive_later(queue, std::chrono::seconds(20));
  store->begin_turn();
  send_later(queue, "a");
  store->end_turn();  // the message in one group, its lease in the next
  EXPECT_EQ(bodies(waiting.get()), std::vector<std::string>{"a"});
}

TEST_F(TurnTest, WhoWaitsInATurnIsNotKeptWaiting) {
  const auto queue = make("q");
  store->begin_turn();
  send_later(queue, "a");
  send(queue, "b");
  EXPECT_EQ(answered, 1);
  make("another");
  store->end_turn();
  EXPECT_EQ(store->counts(queue).visible, 2u);
}

TEST_F(TurnTest, ATurnLeftOpenAtTheEndIsWritten) {
  const auto queue = make("q");
  store->begin_turn();
  send_later(queue, "a");
  store.reset();
  EXPECT_EQ(answered, 1);
}

TEST_F(TurnTest, ALongTurnIsNotKeptUntilItsEnd) {
  const auto queue = make("q");
  store->begin_turn();
  for (int i = 0; i < 1'000; ++i) send_later(queue, "a");
  wait_for_answers(200);
  store->end_turn();
  send(queue, "last");
  EXPECT_EQ(answered, 1'000);
}

TEST_F(TurnTest, SeveralThreadsTakeTurns) {
  constexpr int kThreads = 3, kEach = 200;
  const auto queue = make("q");
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        store->begin_turn();
        Batch batch;
        batch.put("place", std::to_string(i));
        batch.send(queue, {.body = "x"});
        store->commit(std::move(batch), [&](Committed) { ++done; });
        if (i % 50 == 0) send(queue, "y");
        store->end_turn();
      }
    });
  for (int i = 0; i < kEach; ++i) send(queue, "from outside");
  for (auto& thread : threads) thread.join();
  send(queue, "last");
  reopen();
  EXPECT_EQ(done, kThreads * kEach);
  EXPECT_EQ(store->counts(make("q")).visible,
            uint64_t{kThreads * kEach + kThreads * kEach / 50 + kEach + 1});
}

}  // namespace
}  // namespace belfry::queue
