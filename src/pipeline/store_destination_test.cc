#include "pipeline/store_destination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/content.h"
#include "pipeline/fake_source.h"
#include "pipeline/follower.h"
#include "pipeline/replay.h"
#include "pipeline/test_chain.h"
#include "pipeline/worker.h"
#include "queue/store_harness.h"

namespace belfry::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class StoreDestinationTest : public queue::StoreHarness, public testing::Test {
 protected:
  std::unique_ptr<Follower> follow(BlockSource& source, std::vector<Listener> listeners) {
    auto made = Follower::make(context(source), std::move(listeners), settings);
    EXPECT_TRUE(made) << made.error().message;
    (*made)->start();
    return std::move(*made);
  }
  ChannelContext context(BlockSource& source) {
    return {"net", "mychannel", source, {}, {}, clock, *random, *executor};
  }
  Listener to_queue(std::string name, std::string queue) {
    Listener listener;
    listener.name = std::move(name);
    listener.to = {
        {"queue:" + queue,
         queue_destination(*store, checkpoint_key(listener.name, "queue:" + queue), queue)
             .value()}};
    return listener;
  }
  std::vector<queue::Received> all(std::string_view queue) {
    return store->peek(*store->find_queue(queue), 0, 100'000);
  }

  std::unique_ptr<Executor> executor = thread_executor(1);
  FollowerSettings settings;
};

TEST_F(StoreDestinationTest, EventsBecomeMessagesWithAttributesAndThePlaceIsKept) {
  const auto q = make("q");
  TestChain chain;
  chain.add({{"Created",
              R"({"amount": 12.50, "who":"alice","note":"","kind":"mine","no":null,"deep":{}})"}});
  FakeSource source(chain.blocks());
  auto follower = follow(source, {to_queue("one", "q")});
  ASSERT_TRUE(follower->wait_until_finished(60s));
  const auto got = store->receive(q, 10);
  ASSERT_THAT(got, SizeIs(1));
  const queue::Message& message = got[0].message;
  EXPECT_EQ(message.id, message_id(chain.id(1, 0)));
  EXPECT_THAT(message.body, HasSubstr("\"id\":\"" + chain.id(1, 0) + "\""));
  EXPECT_THAT(message.body, HasSubstr(R"("payload":{"amount":12.50,"who":"alice")"));
  std::vector<std::string> attributes;
  for (const auto& [name, value] : message.attributes)
    attributes.push_back(name + ":" + value.type + "=" + value.value);
  EXPECT_THAT(attributes, ElementsAre("amount:Number=12.50", "chaincode:String=ngo",
                                      "channel:String=mychannel", "event:String=Created",
                                      "kind:String=chaincode-event", "who:String=alice"));
  const auto place = load_place(*store, "place/one/queue:q");
  ASSERT_TRUE(place && *place);
  EXPECT_EQ((*place)->next.block, 2u);
}

TEST_F(StoreDestinationTest, AtMostTenAttributesAndNamesThatSqsTakes) {
  make("q");
  TestChain chain;
  chain.add({{"E", R"({"a":1,"b c":2,"AWS.x":3,".d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10})"}});
  FakeSource source(chain.blocks());
  auto follower = follow(source, {to_queue("one", "q")});
  ASSERT_TRUE(follower->wait_until_finished(60s));
  std::vector<std::string> names;
  const auto received = all("q");
  for (const auto& [name, value] : received.at(0).message.attributes) names.push_back(name);
  EXPECT_THAT(names,
              ElementsAre("a", "chaincode", "channel", "e", "event", "f", "g", "h", "i", "kind"));
}

TEST_F(StoreDestinationTest, AFifoQueueGetsGroupAndDeduplication) {
  const auto q = make("q.fifo", fifo());
  const TestChain chain = numbered_chain(3);
  FakeSource source(chain.blocks());
  auto follower = follow(source, {to_queue("one", "q.fifo")});
  ASSERT_TRUE(follower->wait_until_finished(60s));
  const auto got = store->receive(q, 10);
  ASSERT_THAT(got, SizeIs(2));
  EXPECT_EQ(got[0].message.group, "mychannel");
  EXPECT_EQ(got[0].message.deduplication, chain.id(1, 0));
}

TEST_F(StoreDestinationTest, ATopicsSubscribersGetTheirCopies) {
  auto topics = topic::Topics::over(*store);
  ASSERT_TRUE(topics->open_topic("news"));
  topic::Subscription big;
  big.id = "big";
  big.topic = "news";
  big.filter =
      match::Pattern::parse(R"({"n":[{"numeric":[">=",3]}]})", match::Dialect::sns).value();
  ASSERT_TRUE(topics->subscribe(big));
  const TestChain chain = numbered_chain(6);
  FakeSource source(chain.blocks());
  Listener listener;
  listener.name = "one";
  listener.to = {
      {"topic:news", topic_destination(*store, *topics, "place/one/topic:news", "news").value()}};
  auto follower = follow(source, {listener});
  ASSERT_TRUE(follower->wait_until_finished(60s));
  EXPECT_THAT(all(topic::subscription_queue("news", "big")), SizeIs(3));
}

TEST_F(StoreDestinationTest, AnEventThatDoesNotFitItsBodyIsADeadLetter) {
  make("q");
  const TestChain chain = numbered_chain(2);
  FakeSource source(chain.blocks());
  Listener listener = to_queue("one", "q");
  listener.body = [](const event::Event&) -> Result<std::string> {
    return fail("there is no field x");
  };
  auto follower = follow(source, {listener});
  ASSERT_TRUE(follower->wait_until_finished(60s));
  EXPECT_THAT(all("q"), SizeIs(0));
  const auto dead = all(kDeadQueue);
  ASSERT_THAT(dead, SizeIs(1));
  EXPECT_EQ(dead[0].message.system.at(std::string(kReason)), "there is no field x");
  EXPECT_THAT(dead[0].message.body, HasSubstr(chain.id(1, 0)));
}

TEST_F(StoreDestinationTest, MissingQueuesAndTopicsAreErrors) {
  EXPECT_FALSE(queue_destination(*store, "k", "nowhere"));
  auto topics = topic::Topics::over(*store);
  EXPECT_FALSE(topic_destination(*store, *topics, "k", "nowhere"));
}

TEST_F(StoreDestinationTest, AResetPlaceIsAFirstStart) {
  make("q");
  const TestChain chain = numbered_chain(4);
  for (int run = 0; run < 2; ++run) {
    FakeSource source(chain.blocks());
    auto follower = follow(source, {to_queue("one", "q")});
    ASSERT_TRUE(follower->wait_until_finished(60s));
    ASSERT_TRUE(reset_place(*store, "place/one/queue:q"));
  }
  EXPECT_THAT(all("q"), SizeIs(6));
}

TEST_F(StoreDestinationTest, APlaceThatCannotBeReadStopsItsListener) {
  make("q");
  put("place/one/queue:q", "{\"version\":9}");
  FakeSource source(numbered_chain(4).blocks());
  auto follower = follow(source, {to_queue("one", "q")});
  ASSERT_TRUE(follower->wait_until_finished(60s));
  EXPECT_EQ(follower->status().lanes[0].code, "place-unreadable");
  EXPECT_THAT(follower->status().lanes[0].reason, HasSubstr("a newer belfry wrote it"));
}

// The power goes at any moment; afterwards each event is there once, in order.
TEST_F(StoreDestinationTest, NothingIsLostOrDoubledWhenThePowerGoes) {
  const TestChain chain = numbered_chain(150);
  settings.unit_events = 7;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    store.reset();
    files.kill();
    queue::QueueId q = 0;
    const std::string folder = "run" + std::to_string(seed);
    ForgetfulFiles disk(seed);
    auto luck = seeded_random(seed);
    for (bool finished = false; !finished;) {
      auto opened = queue::Store::open(disk, clock, *random, folder, options);
      ASSERT_TRUE(opened) << opened.error().message;
      store = std::move(*opened);
      q = make("q");
      disk.cut_power_after(luck->below(60));
      FakeSource source(chain.blocks());
      auto destination = queue_destination(*store, "place/one/q", "q");
      if (destination) {
        Listener listener;
        listener.name = "one";
        listener.to = {{"q", std::move(*destination)}};
        auto follower = follow(source, {listener});
        while (!follower->wait_until_finished(1ms) && !disk.power_is_cut()) clock.advance(1s);
        finished = !disk.power_is_cut();
      }
      store.reset();
      disk.cut_power();
      disk.restore();
    }
    auto opened = queue::Store::open(disk, clock, *random, folder, options);
    ASSERT_TRUE(opened);
    store = std::move(*opened);
    std::vector<std::string> ids, wanted;
    for (const auto& received : store->peek(*store->find_queue("q"), 0, 1000))
      ids.push_back(received.message.id);
    for (uint64_t block = 1; block < 150; ++block) wanted.push_back(message_id(chain.id(block, 0)));
    ASSERT_EQ(ids, wanted) << "seed " << seed;
    store.reset();
  }
}

TEST_F(StoreDestinationTest, AReplayDeliversItsRangeAndLeavesTheListenersPlace) {
  make("q");
  make("again");
  const TestChain chain = numbered_chain(30);
  FakeSource source(chain.blocks(), true);
  auto follower = follow(source, {to_queue("one", "q")});
  while (all("q").size() < 29) std::this_thread::yield();
  const std::string key = checkpoint_key("replay-one", "queue:again");
  Listener listener = to_queue("one", "q");
  const auto to = [&] {
    return Listener::To{"queue:again", queue_destination(*store, key, "again").value()};
  };
  uint64_t seen = 0;
  auto done = replay(context(source), listener, to(), {10, 14}, settings,
                     [&](const ReplayProgress& progress) { seen = progress.next_block; }, {});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->events, 5u);
  EXPECT_EQ(done->next_block, 15u);
  EXPECT_EQ(seen, 15u);
  std::vector<std::string> ids;
  for (const auto& received : all("again")) ids.push_back(received.message.id);
  EXPECT_THAT(ids, ElementsAre(message_id(chain.id(10, 0)), message_id(chain.id(11, 0)),
                               message_id(chain.id(12, 0)), message_id(chain.id(13, 0)),
                               message_id(chain.id(14, 0))));
  EXPECT_THAT(all("q"), SizeIs(29));
  // The same once more has nothing left to do.
  done = replay(context(source), listener, to(), {10, 14}, settings, {}, {});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->events, 0u);
  EXPECT_THAT(all("again"), SizeIs(5));

  auto beyond = replay(context(source), listener, to(), {10, 30}, settings, {}, {});
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().message, "block 30 does not exist yet: fake peer has 30 blocks");
  EXPECT_FALSE(replay(context(source), listener, to(), {4, 3}, settings, {}, {}));
}

}  // namespace
}  // namespace belfry::pipeline
