#include "pipeline/sink_destination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "pipeline/store_destination.h"
#include "queue/store_harness.h"

namespace belfry::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;

class FakeSink final : public Sink {
 public:
  struct Send {
    std::vector<std::string> ids;
    Callback<std::vector<Outcome>> done;
  };
  size_t most_items() const override { return 2; }
  void send(const std::vector<Item>& items, Callback<std::vector<Outcome>> done) override {
    Send send;
    for (const Item& item : items) send.ids.push_back(item.content->id);
    send.done = std::move(done);
    sends.push_back(std::move(send));
  }
  // Answers the send at `index` of those open, each item the same.
  void answer(size_t index, Outcome::Next next, std::string reason = {}) {
    Send send = std::move(sends[index]);
    sends.erase(sends.begin() + static_cast<long>(index));
    std::vector<Outcome> outcomes;
    for (size_t i = 0; i < send.ids.size(); ++i) {
      outcomes.emplace_back();
      outcomes.back().next = next;
      outcomes.back().reason = reason;
      if (next == Outcome::Next::done) arrived.push_back(send.ids[i]);
    }
    send.done(std::move(outcomes));
  }
  std::deque<Send> sends;
  std::vector<std::string> arrived;
};

class SinkDestinationTest : public queue::StoreHarness, public testing::Test {
 protected:
  void SetUp() override { begin(); }
  // What is still open here holds the destination, which holds this sink.
  void TearDown() override { sink->sends.clear(); }
  void begin() { to = sink_destination(sink, *store, "k", *random, executor, settings).value(); }

  void deliver(uint64_t block, size_t events) {
    auto unit = std::make_shared<Unit>();
    for (uint32_t i = 0; i < events; ++i) {
      auto content = std::make_shared<Content>();
      content->id = std::to_string(block) + "/" + std::to_string(i);
      unit->items.push_back({{block, i, event::Kind::chaincode_event, 0}, content});
    }
    unit->after.channel = "c";
    unit->after.genesis = "g";
    unit->after.next = {block + 1, 0, event::Kind::block, 0};
    to->deliver(unit, [this, block](Outcome outcome) {
      EXPECT_EQ(outcome.next, Outcome::Next::done);
      answered.push_back(block);
    });
    run();
  }
  void run() {
    for (int quiet = 0; quiet < 3;) {
      put("barrier", "");
      quiet = executor.run() > 0 ? 0 : quiet + 1;
    }
  }
  void pass(Duration time) {
    clock.advance(time);
    run();
  }
  Checkpoint stored() { return load_place(*store, "k").value().value(); }

  std::shared_ptr<FakeSink> sink = std::make_shared<FakeSink>();
  ManualExecutor executor{clock};
  SinkSettings settings;
  std::shared_ptr<Destination> to;
  std::vector<uint64_t> answered;
};

TEST_F(SinkDestinationTest, ThePlaceFollowsAcknowledgementsInOrder) {
  deliver(0, 0);  // where it begins
  EXPECT_EQ(stored().next.block, 1u);
  deliver(1, 3);
  deliver(2, 1);
  ASSERT_THAT(sink->sends, SizeIs(3));
  sink->answer(2, Outcome::Next::done);
  pass(100ms);
  EXPECT_THAT(answered, ElementsAre(0));
  EXPECT_EQ(stored().next.block, 1u);
  EXPECT_THAT(stored().acknowledged, SizeIs(1));
  sink->answer(0, Outcome::Next::done);
  sink->answer(0, Outcome::Next::done);
  pass(100ms);
  EXPECT_THAT(answered, ElementsAre(0, 1, 2));
  EXPECT_EQ(stored().next.block, 3u);
  EXPECT_THAT(stored().acknowledged, SizeIs(0));
}

TEST_F(SinkDestinationTest, SaysWhyEventsWait) {
  deliver(0, 0);
  deliver(1, 1);
  for (int i = 0; i < 2; ++i) {
    ASSERT_THAT(sink->sends, SizeIs(1));
    sink->answer(0, Outcome::Next::retry, "there is no such queue");
    pass(1s);
  }
  EXPECT_EQ(to->trouble(), "there is no such queue");
  sink->answer(0, Outcome::Next::done);
  run();
  EXPECT_EQ(to->trouble(), "");
}

TEST_F(SinkDestinationTest, FailedSendsAreTriedAgainWhileOthersGoOn) {
  deliver(0, 0);
  deliver(1, 4);
  ASSERT_THAT(sink->sends, SizeIs(2));
  sink->answer(0, Outcome::Next::retry, "throttled");
  run();
  sink->answer(0, Outcome::Next::done);
  run();
  EXPECT_THAT(sink->arrived, ElementsAre("1/2", "1/3"));
  EXPECT_THAT(answered, ElementsAre(0));
  EXPECT_EQ(to->trouble(), "");  // once is no trouble yet
  pass(1s);
  while (!sink->sends.empty()) sink->answer(0, Outcome::Next::done);
  run();
  EXPECT_THAT(sink->arrived, SizeIs(4));
  EXPECT_THAT(answered, ElementsAre(0, 1));
}

TEST_F(SinkDestinationTest, WhatIsRefusedForGoodIsADeadLetterFirst) {
  deliver(0, 0);
  deliver(1, 2);
  sink->answer(0, Outcome::Next::permanent, "too large");
  run();
  EXPECT_THAT(answered, ElementsAre(0, 1));
  const auto dead = store->peek(*store->find_queue(kDeadQueue), 0, 10);
  ASSERT_THAT(dead, SizeIs(2));
  EXPECT_EQ(dead[0].message.system.at("belfry.reason"), "too large");
  EXPECT_EQ(dead[0].message.system.at("belfry.dead-letter-source"), "k");
}

TEST_F(SinkDestinationTest, SendsInFlightAreBounded) {
  settings.sends_in_flight = 2;
  begin();
  deliver(0, 0);
  deliver(1, 20);
  EXPECT_THAT(sink->sends, SizeIs(2));
  sink->answer(0, Outcome::Next::done);
  run();
  EXPECT_THAT(sink->sends, SizeIs(2));
}

TEST_F(SinkDestinationTest, AnotherRunGoesOnFromTheStoredPlace) {
  deliver(0, 0);
  deliver(1, 1);
  deliver(2, 1);
  sink->answer(1, Outcome::Next::done);
  pass(100ms);
  begin();
  const auto loaded = to->load();
  ASSERT_TRUE(loaded && *loaded);
  EXPECT_EQ((*loaded)->next.block, 1u);
  ASSERT_THAT((*loaded)->acknowledged, SizeIs(1));
  EXPECT_EQ((*loaded)->acknowledged[0].block, 2u);
}

}  // namespace
}  // namespace belfry::pipeline
