#include "pipeline/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "pipeline/store_destination.h"
#include "queue/store_harness.h"

namespace belfry::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// Keeps what it got; answers when the test says.
class FakeHandler final : public Handler {
 public:
  void handle(const queue::Received& message, Callback<Outcome> done) override {
    bodies.push_back(message.message.body);
    waiting.push_back(std::move(done));
  }
  void answer(Outcome outcome) {
    auto done = std::move(waiting.front());
    waiting.pop_front();
    done(std::move(outcome));
  }
  std::vector<std::string> bodies;
  std::deque<Callback<Outcome>> waiting;
};

class WorkerTest : public queue::StoreHarness, public testing::Test {
 protected:
  std::unique_ptr<Worker> work(WorkerSettings settings = {}) {
    auto made = Worker::make(*store, "q", handler, *random, executor, settings);
    EXPECT_TRUE(made) << made.error().message;
    (*made)->start();
    run();
    return std::move(*made);
  }
  // Until nothing more happens: commits run on the store's own thread, so an own commit is waited
  // for between steps.
  void run() {
    for (int quiet = 0; quiet < 3;) {
      (void)store->commit(queue::Batch());  // of nothing, to be done on a full disk, too
      quiet = executor.run() > 0 ? 0 : quiet + 1;
    }
  }
  void pass(Duration time) {
    clock.advance(time);
    store->clock_moved();
    run();
  }
  void answer(Outcome outcome) {
    handler.answer(std::move(outcome));
    run();
  }

  FakeHandler handler;
  ManualExecutor executor{clock};
};

TEST_F(WorkerTest, RemovesTheMessageTogetherWithWhatItsHandlingMade) {
  const auto q = make("q"), out = make("out");
  send(q, "one");
  auto worker = work();
  ASSERT_THAT(handler.bodies, ElementsAre("one"));
  queue::Batch effects;
  queue::Message message;
  message.body = "made of one";
  effects.send(out, message);
  answer(Outcome::done(std::move(effects)));
  EXPECT_EQ(store->counts(q).in_flight + store->counts(q).visible, 0u);
  EXPECT_THAT(bodies(store->receive(out, 10)), ElementsAre("made of one"));
  EXPECT_EQ(worker->status().done, 1u);
}

TEST_F(WorkerTest, WakesWhenAMessageComes) {
  const auto q = make("q");
  auto worker = work();
  send(q, "later");
  run();
  EXPECT_THAT(handler.bodies, ElementsAre("later"));
}

TEST_F(WorkerTest, HoldsNoMoreThanItsConcurrency) {
  const auto q = make("q");
  for (int i = 0; i < 10; ++i) send(q, std::to_string(i));
  WorkerSettings settings;
  settings.concurrency = 3;
  auto worker = work(settings);
  EXPECT_THAT(handler.bodies, SizeIs(3));
  EXPECT_EQ(worker->status().active, 3u);
  answer(Outcome::done());
  EXPECT_THAT(handler.bodies, SizeIs(4));
  while (!handler.waiting.empty()) answer(Outcome::done());
  EXPECT_THAT(handler.bodies, SizeIs(10));
  EXPECT_EQ(worker->status().done, 10u);
}

TEST_F(WorkerTest, TriesAgainLaterWithBackoffOrWhenTheOtherSideSays) {
  const auto q = make("q");
  send(q, "one");
  auto worker = work();
  answer(Outcome::retry("busy"));
  EXPECT_THAT(handler.bodies, SizeIs(1));
  pass(1s);
  EXPECT_THAT(handler.bodies, SizeIs(2));
  answer(Outcome::retry("throttled", 100s));
  pass(99s);
  EXPECT_THAT(handler.bodies, SizeIs(2));
  pass(1s);
  EXPECT_THAT(handler.bodies, SizeIs(3));
  EXPECT_EQ(worker->status().retries, 2u);
  EXPECT_EQ(worker->status().last_reason, "throttled");
}

TEST_F(WorkerTest, WhatWillNeverDoGoesToTheDeadLettersWithTheReason) {
  const auto q = make("q");
  make("letters");
  queue::QueueSettings settings;
  settings.dead_letter = {"letters", 2};
  ASSERT_TRUE(store->open_queue("q", settings));
  const std::string id = send(q, "hopeless").id;
  auto worker = work();
  answer(Outcome::permanent("no such number"));
  const auto dead = store->receive(*store->find_queue("letters"), 10);
  ASSERT_THAT(dead, SizeIs(1));
  EXPECT_EQ(dead[0].message.id, id);
  EXPECT_EQ(dead[0].message.system.at(std::string(kReason)), "no such number");
  EXPECT_EQ(dead[0].message.system.at(std::string(kDeadLetterSource)), "q");
  EXPECT_EQ(store->counts(q).in_flight, 0u);
  EXPECT_EQ(worker->status().dead_letters, 1u);
}

TEST_F(WorkerTest, SpentRetriesGoToTheDeadLetters) {
  const auto q = make("q");
  make("letters");
  queue::QueueSettings settings;
  settings.dead_letter = {"letters", 2};
  ASSERT_TRUE(store->open_queue("q", settings));
  send(q, "unlucky");
  auto worker = work();
  answer(Outcome::retry("busy"));
  pass(10s);
  answer(Outcome::retry("still busy"));
  const auto dead = store->receive(*store->find_queue("letters"), 10);
  ASSERT_THAT(dead, SizeIs(1));
  EXPECT_EQ(dead[0].message.system.at(std::string(kReason)), "after 2 attempts: still busy");
}

TEST_F(WorkerTest, WithoutADeadLetterQueueNothingIsDroppedEither) {
  const auto q = make("q");
  send(q, "hopeless");
  auto worker = work();
  answer(Outcome::permanent("it is no use"));
  EXPECT_THAT(bodies(store->receive(*store->find_queue(kDeadQueue), 10)), ElementsAre("hopeless"));
}

TEST_F(WorkerTest, ExtendsTheLeaseWhileTheHandlerIsAtWork) {
  const auto q = make("q");
  send(q, "long");
  auto worker = work();
  for (int i = 0; i < 40; ++i) pass(10s);
  EXPECT_THAT(handler.bodies, SizeIs(1));
  EXPECT_EQ(store->counts(q).in_flight, 1u);
  answer(Outcome::done());
  EXPECT_EQ(store->counts(q).in_flight, 0u);
  EXPECT_EQ(store->counts(q).visible, 0u);
}

TEST_F(WorkerTest, StopWaitsForHandlers) {
  const auto q = make("q");
  send(q, "one");
  auto worker = work();
  bool stopped = false;
  worker->stop(10s, [&] { stopped = true; });
  send(q, "two");
  run();
  EXPECT_FALSE(stopped);
  EXPECT_THAT(handler.bodies, SizeIs(1));
  answer(Outcome::done());
  EXPECT_TRUE(stopped);
  run();
  EXPECT_EQ(store->counts(q).visible, 1u);  // the second is free for the next one
  EXPECT_EQ(store->counts(q).in_flight, 0u);
}

TEST_F(WorkerTest, StopGivesBackWhatIsNotDoneInTime) {
  const auto q = make("q");
  send(q, "one");
  auto worker = work();
  bool stopped = false;
  worker->stop(10s, [&] { stopped = true; });
  pass(10s);
  EXPECT_TRUE(stopped);
  EXPECT_EQ(store->counts(q).visible, 1u);
  worker.reset();
  answer(Outcome::done());  // a late answer still counts: a standard queue removes by any receipt
  EXPECT_EQ(store->counts(q).visible, 0u);
}

TEST_F(WorkerTest, OnAFullDiskTheOutcomeWaitsAndNothingIsHandledTwice) {
  const auto q = make("q"), out = make("out");
  send(q, "one");
  auto worker = work();
  files.set_capacity(files.used() + (1 << 20));
  queue::Message message;
  message.body = std::string(10'000, 'x');
  const auto one_more = [&] {
    queue::Batch batch;
    batch.send(out, message);
    return store->commit(std::move(batch)).status == queue::CommitStatus::durable;
  };
  while (one_more()) {
  }
  queue::Batch effects;
  effects.send(out, message);
  answer(Outcome::done(std::move(effects)));
  for (int i = 0; i < 10; ++i) pass(10s);
  EXPECT_THAT(handler.bodies, SizeIs(1));
  EXPECT_EQ(store->counts(q).in_flight, 1u);
  files.set_capacity(UINT64_MAX);
  while (store->counts(q).in_flight > 0) pass(1s);
  EXPECT_THAT(handler.bodies, SizeIs(1));
}

TEST_F(WorkerTest, AnOutcomeThatNoBatchTakesIsADeadLetter) {
  const auto q = make("q"), out = make("out");
  send(q, "one");
  auto worker = work();
  queue::Batch effects;
  queue::Message message;
  message.body = std::string(1 << 20, 'x');
  for (int i = 0; i < 600; ++i) effects.send(out, message);
  answer(Outcome::done(std::move(effects)));
  EXPECT_EQ(store->counts(q).in_flight, 0u);
  EXPECT_EQ(store->counts(out).visible, 0u);
  const auto dead = store->receive(*store->find_queue(kDeadQueue), 10);
  ASSERT_THAT(dead, SizeIs(1));
  EXPECT_THAT(dead[0].message.system.at(std::string(kReason)),
              HasSubstr("larger than a store takes"));
}

TEST_F(WorkerTest, AMissingQueueIsAnError) {
  EXPECT_FALSE(Worker::make(*store, "nowhere", handler, *random, executor, {}));
  make("q");
  WorkerSettings settings;
  settings.dead_letter_queue = "nowhere";
  EXPECT_FALSE(Worker::make(*store, "q", handler, *random, executor, settings));
}

}  // namespace
}  // namespace belfry::pipeline
