#include "pipeline/follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "pipeline/fake_destination.h"
#include "pipeline/fake_source.h"
#include "pipeline/test_chain.h"

namespace belfry::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

StreamEnd reconnect(std::string code = "peer-gone") {
  return {StreamEnd::Next::reconnect, code, "the peer went away"};
}

match::Pattern pattern(std::string_view json) {
  return match::Pattern::parse(json, match::Dialect::listener).value();
}

class FollowerTest : public testing::Test {
 protected:
  void SetUp() override { settings.patience = 0s; }

  Listener listener(std::string name, std::shared_ptr<Destination> destination) {
    Listener listener;
    listener.name = std::move(name);
    listener.to = {{"fake", std::move(destination)}};
    return listener;
  }

  std::unique_ptr<Follower> follow(BlockSource& source, std::vector<Listener> listeners) {
    auto made = Follower::make({"net", "mychannel", source, verifier, {}, clock, *random, executor},
                               std::move(listeners), settings);
    EXPECT_TRUE(made) << made.error().message;
    (*made)->start();
    return std::move(*made);
  }

  // Time goes on until the source was read to its end.
  void finish(Follower& follower) {
    while (!follower.wait_until_finished(1ms)) pass(1s);
  }

  void pass(Duration time) {
    clock.advance(time);
    executor.run();
  }

  // Time goes on until it holds.
  template <class Holds>
  void until(Holds holds) {
    while (!holds()) {
      pass(100ms);
      std::this_thread::yield();
    }
  }

  // While time stands still: what the passing of time would end cannot be missed.
  template <class Holds>
  static void until_now(Holds holds) {
    while (!holds()) std::this_thread::yield();
  }

  std::vector<std::string> all_ids(const TestChain& chain) {
    std::vector<std::string> ids;
    for (uint64_t block = 1; block < chain.blocks().size(); ++block)
      ids.push_back(chain.id(block, 0));
    return ids;
  }

  ManualClock clock;
  ManualExecutor executor{clock};
  std::unique_ptr<Random> random = seeded_random(7);
  FollowerSettings settings;
  VerifierAt verifier;
};

TEST_F(FollowerTest, DeliversEveryEventOnceAndInOrder) {
  const TestChain chain = numbered_chain(20);
  FakeSource source(chain.blocks());
  auto to = std::make_shared<FakeDestination>();
  auto follower = follow(source, {listener("all", to)});
  finish(*follower);
  EXPECT_EQ(to->ids(), all_ids(chain));
  EXPECT_EQ(to->checkpoint()->next, (Place{20, 0, event::Kind::block, 0}));
  EXPECT_EQ(to->checkpoint()->genesis, chain.genesis());
  EXPECT_EQ(to->checkpoint()->last_transaction_id, "one-19-0");
  const ChannelStatus status = follower->status();
  EXPECT_EQ(status.height, 20u);
  EXPECT_EQ(status.blocks, 20u);
  EXPECT_EQ(status.events, 19u);
  ASSERT_EQ(status.lanes.size(), 1u);
  EXPECT_EQ(status.lanes[0].state, LaneState::following);
  EXPECT_EQ(status.lanes[0].delivered, 19u);
  EXPECT_EQ(status.lanes[0].lag_blocks, 0u);
}

TEST_F(FollowerTest, OneStreamFeedsAllListenersEachWithWhatItWants) {
  TestChain chain;
  chain.add({{"Created", R"({"amount":5})"}, {"Created", R"({"amount":50})"}, {"Deleted", "{}"}});
  chain.add(
      {{"Created", R"({"amount":500})", "audit"}, {"Created", R"({"amount":60})", "ngo", 11}});
  FakeSource source(chain.blocks());
  auto all = std::make_shared<FakeDestination>(), big = std::make_shared<FakeDestination>(),
       failed = std::make_shared<FakeDestination>(), blocks = std::make_shared<FakeDestination>();
  std::vector<Listener> listeners = {listener("all", all), listener("big", big),
                                     listener("failed", failed), listener("blocks", blocks)};
  listeners[1].match =
      pattern(R"({"event":["Created"],"payload":{"amount":[{"numeric":[">=",50]}]}})");
  listeners[2].match =
      pattern(R"({"validation":[{"anything-but":["VALID"]}],"chaincode":["ngo"]})");
  listeners[3].match = pattern(R"({"kind":["block"]})");
  auto follower = follow(source, std::move(listeners));
  finish(*follower);
  EXPECT_THAT(all->ids(),
              ElementsAre(chain.id(1, 0), chain.id(1, 1), chain.id(1, 2), chain.id(2, 0)));
  EXPECT_THAT(big->ids(), ElementsAre(chain.id(1, 1), chain.id(2, 0)));
  EXPECT_THAT(failed->ids(), ElementsAre(chain.id(2, 1)));
  EXPECT_EQ(blocks->ids().size(), 3u);
  EXPECT_EQ(source.opens(), 1u);
}

TEST_F(FollowerTest, RefusesAPatternWithAKindThatDoesNotExist) {
  FakeSource source(numbered_chain(1).blocks());
  Listener wrong = listener("wrong", std::make_shared<FakeDestination>());
  wrong.match = pattern(R"({"kind":["chaincode_event"]})");
  const auto made =
      Follower::make({"net", "c", source, {}, {}, clock, *random, executor}, {wrong}, settings);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("there is no kind \"chaincode_event\""));
}

TEST_F(FollowerTest, StartsWhereItIsTold) {
  const TestChain chain = numbered_chain(10);
  for (const auto& [from, first] :
       std::vector<std::pair<Start, uint64_t>>{{{Start::At::oldest}, 1},
                                               {{Start::At::newest}, 9},
                                               {{Start::At::next}, 10},
                                               {{Start::At::block, 4}, 4}}) {
    FakeSource source(chain.blocks());
    auto to = std::make_shared<FakeDestination>();
    Listener one = listener("one", to);
    one.from = from;
    auto follower = follow(source, {one});
    finish(*follower);
    EXPECT_EQ(to->ids().size(), 10 - first);
    // Even without any event the height at which it subscribed is kept.
    ASSERT_TRUE(to->checkpoint());
    EXPECT_EQ(to->units()[0]->after.next.block, from.at == Start::At::oldest ? 0 : first);
  }
}

TEST_F(FollowerTest, NothingIsLostOrDoubledOverRestartsWhereverTheListenerWouldStart) {
  TestChain chain = numbered_chain(5);
  auto to = std::make_shared<FakeDestination>();
  for (int run = 0; run < 4; ++run) {
    FakeSource source(chain.blocks());
    Listener one = listener("one", to);
    one.from = {run == 0 ? Start::At::oldest : Start::At::next};
    auto follower = follow(source, {one});
    finish(*follower);
    EXPECT_EQ(to->ids(), all_ids(chain));
    EXPECT_EQ(to->checkpoint()->epoch, static_cast<uint64_t>(run) + 1);
    for (int i = 0; i < 3; ++i) chain.add({{"E", "{}"}});  // while nobody listens
  }
}

TEST_F(FollowerTest, GoesOnInMidBlock) {
  TestChain chain;
  std::vector<TestEvent> events;
  for (int i = 0; i < 10; ++i) events.push_back({"E", std::to_string(i)});
  chain.add(events);
  settings.unit_events = 3;
  auto to = std::make_shared<FakeDestination>();
  FakeSource source(chain.blocks());
  to->answer_next(
      Outcome::done());  // swallowed: as if the first unit's answer was all that came through
  to->store(
      {.channel = "mychannel", .genesis = chain.genesis(), .next = {1, 0, event::Kind::block, 0}});
  to->answer_next(Outcome::permanent("the disk failed"));
  {
    auto follower = follow(source, {listener("one", to)});
    until([&] { return follower->status().lanes[0].state == LaneState::stopped; });
    const LaneStatus lane = follower->status().lanes[0];
    EXPECT_EQ(lane.code, "destination-refuses");
    EXPECT_THAT(lane.reason, HasSubstr("the disk failed"));
    EXPECT_EQ(lane.place, (Place{1, 2, event::Kind::chaincode_event, 1}));
  }
  to->store({.channel = "mychannel",
             .genesis = chain.genesis(),
             .next = {1, 2, event::Kind::chaincode_event, 1}});
  auto follower = follow(source, {listener("one", to)});
  finish(*follower);
  ASSERT_EQ(to->ids().size(), 7u);
  EXPECT_EQ(to->ids().front(), chain.id(1, 3));
}

TEST_F(FollowerTest, AQuietChaincodeAdvances) {
  const TestChain chain = numbered_chain(50);
  FakeSource source(chain.blocks(), true);
  auto to = std::make_shared<FakeDestination>();
  Listener quiet = listener("quiet", to);
  quiet.match = pattern(R"({"event":["Never"]})");
  auto follower = follow(source, {quiet});
  until_now([&] { return follower->status().blocks == 50; });
  // Where it begins, and not a record for each block: time does not pass here by itself.
  EXPECT_EQ(to->units().size(), 1u);
  pass(settings.quiet_interval);
  EXPECT_EQ(to->units().size(), 2u);
  EXPECT_EQ(to->checkpoint()->next.block, 50u);
  EXPECT_THAT(to->ids(), IsEmpty());
  EXPECT_TRUE(follower->stop(60s));
}

TEST_F(FollowerTest, ConnectsAgainWithBackoffAndLosesNothing) {
  TestChain chain = numbered_chain(10);
  FakeSource source(chain.blocks(), true);
  auto to = std::make_shared<FakeDestination>();
  source.end_after(4, reconnect());
  source.fail_next_info(reconnect("unreachable"));
  auto follower = follow(source, {listener("one", to)});
  source.wait_for_infos(1);
  until_now([&] { return follower->status().waiting; });
  ChannelStatus status = follower->status();
  EXPECT_EQ(status.code, "unreachable");
  EXPECT_EQ(status.reason, "the peer went away");
  EXPECT_EQ(status.lanes[0].state, LaneState::waiting);
  until([&] { return to->ids().size() == 9; });
  EXPECT_THAT(source.opened_at(), ElementsAre(0, 5));
  EXPECT_EQ(follower->status().reconnects, 2u);
  source.end_streams(reconnect());
  source.add(chain.add({{"E", "{}"}}));
  until([&] { return to->ids().size() == 10; });
  until([&] { return follower->status().code.empty(); });
  EXPECT_EQ(to->ids(), all_ids(chain));
  EXPECT_TRUE(follower->stop(60s));
}

TEST_F(FollowerTest, WhatAPersonMustMendIsShownAndTriedSlowly) {
  FakeSource source(numbered_chain(3).blocks());
  source.fail_next_open({StreamEnd::Next::stop, "no-permission", "the peer refuses this identity"});
  auto to = std::make_shared<FakeDestination>();
  auto follower = follow(source, {listener("one", to)});
  until_now([&] { return follower->status().waiting; });
  EXPECT_EQ(follower->status().code, "no-permission");
  const Duration since = clock.monotonic();
  finish(*follower);
  EXPECT_GE(clock.monotonic() - since, settings.slow_retry / 2);
  EXPECT_EQ(to->ids().size(), 2u);
}

TEST_F(FollowerTest, WaitsForAPeerThatLags) {
  TestChain chain = numbered_chain(10);
  auto to = std::make_shared<FakeDestination>();
  to->store(
      {.channel = "mychannel", .genesis = chain.genesis(), .next = {8, 0, event::Kind::block, 0}});
  FakeSource source({chain.blocks().begin(), chain.blocks().begin() + 6}, true);
  auto follower = follow(source, {listener("one", to)});
  source.wait_for_opens(1);
  EXPECT_EQ(follower->status().code, "lagging-peer");
  EXPECT_THAT(follower->status().reason,
              HasSubstr("fake peer has 6 blocks, the listeners' place is block 8"));
  for (int block = 6; block < 10; ++block) source.add(chain.blocks()[block]);
  until([&] { return to->ids().size() == 2; });
  EXPECT_THAT(to->ids(), ElementsAre(chain.id(8, 0), chain.id(9, 0)));
  until([&] { return follower->status().code.empty(); });
}

TEST_F(FollowerTest, RefusesARebuiltNetworkUnlessAccepted) {
  auto to = std::make_shared<FakeDestination>();
  auto other = std::make_shared<FakeDestination>();
  const TestChain old = numbered_chain(5, "old"), rebuilt = numbered_chain(8, "rebuilt");
  to->store({.channel = "mychannel",
             .genesis = old.genesis(),
             .next = {5, 0, event::Kind::block, 0},
             .epoch = 3});
  FakeSource source(rebuilt.blocks());
  {
    auto follower = follow(source, {listener("one", to), listener("other", other)});
    finish(*follower);
    const ChannelStatus status = follower->status();
    EXPECT_EQ(status.lanes[0].state, LaneState::stopped);
    EXPECT_EQ(status.lanes[0].code, "rebuilt-network");
    EXPECT_THAT(status.lanes[0].reason, HasSubstr("belfry replay"));
    EXPECT_THAT(status.lanes[0].reason, HasSubstr("--accept-new-network"));
    EXPECT_THAT(to->units(), IsEmpty());
    EXPECT_EQ(other->ids(), all_ids(rebuilt));  // has no past
  }
  settings.accept_new_network = true;
  auto follower = follow(source, {listener("one", to)});
  finish(*follower);
  EXPECT_EQ(to->ids(), all_ids(rebuilt));
  EXPECT_EQ(to->checkpoint()->epoch, 4u);
}

TEST_F(FollowerTest, StopsWhenTheNetworkIsRebuiltUnderIt) {
  FakeSource source(numbered_chain(5, "old").blocks(), true);
  auto to = std::make_shared<FakeDestination>();
  auto follower = follow(source, {listener("one", to)});
  until([&] { return to->ids().size() == 4; });
  source.end_streams(reconnect());
  source.replace(numbered_chain(9, "new").blocks());
  until([&] { return follower->status().lanes[0].state == LaneState::stopped; });
  EXPECT_EQ(follower->status().lanes[0].code, "rebuilt-network");
  EXPECT_EQ(to->ids().size(), 4u);
}

TEST_F(FollowerTest, RefusesAForkUnlessAccepted) {
  TestChain chain = numbered_chain(6);
  auto to = std::make_shared<FakeDestination>();
  {
    FakeSource source(chain.blocks());
    auto follower = follow(source, {listener("one", to)});
    finish(*follower);
  }
  chain.fork_at(4);
  for (int i = 0; i < 4; ++i) chain.add({{"E", "{}"}});
  FakeSource source(chain.blocks());
  {
    auto follower = follow(source, {listener("one", to)});
    finish(*follower);
    EXPECT_EQ(follower->status().lanes[0].code, "fork");
    EXPECT_THAT(follower->status().lanes[0].reason, HasSubstr("block 6 follows a block with hash"));
    EXPECT_EQ(to->ids().size(), 5u);
  }
  settings.accept_new_network = true;
  auto follower = follow(source, {listener("one", to)});
  finish(*follower);
  EXPECT_EQ(to->ids().size(), 7u);
  EXPECT_EQ(to->ids().back(), chain.id(7, 0));
}

TEST_F(FollowerTest, ABrokenChainStopsBeforeAnythingIsSent) {
  std::vector<std::string> blocks = numbered_chain(6).blocks();
  blocks[3] = numbered_chain(6, "forged").blocks()[3];
  FakeSource source(blocks);
  auto to = std::make_shared<FakeDestination>();
  auto follower = follow(source, {listener("one", to)});
  finish(*follower);
  const ChannelStatus status = follower->status();
  EXPECT_EQ(status.lanes[0].code, "chain-broken");
  EXPECT_THAT(status.lanes[0].reason, HasSubstr("block 3 does not follow from block 2"));
  EXPECT_EQ(status.code, "chain-broken");
  EXPECT_LE(to->ids().size(), 2u);
}

TEST_F(FollowerTest, AlteredTransactionsStopBeforeAnythingIsSent) {
  std::vector<std::string> blocks = numbered_chain(6).blocks();
  const size_t at = blocks[2].find("{\"n\":2}");
  blocks[2][at + 5] = '9';
  FakeSource source(blocks);
  auto to = std::make_shared<FakeDestination>();
  auto follower = follow(source, {listener("one", to)});
  finish(*follower);
  EXPECT_EQ(follower->status().lanes[0].code, "data-hash");
  EXPECT_THAT(follower->status().lanes[0].reason,
              HasSubstr("block 2 holds other transactions than its header names"));
}

class Distrust final : public BlockVerifier {
 public:
  Result<void> verify(const decode::Block& block) override {
    if (block.number == 3) return fail("no orderer of the channel signed it");
    return {};
  }
};

TEST_F(FollowerTest, ASignatureThatDoesNotHoldStops) {
  std::vector<uint64_t> made_at;
  verifier = [&](uint64_t first, const std::string& genesis,
                 std::stop_token) -> std::variant<std::unique_ptr<BlockVerifier>, StreamEnd> {
    made_at.push_back(first);
    EXPECT_EQ(genesis.size(), 32u);
    if (made_at.size() == 1) return reconnect("no-config");
    return std::make_unique<Distrust>();
  };
  FakeSource source(numbered_chain(6).blocks());
  auto to = std::make_shared<FakeDestination>();
  auto follower = follow(source, {listener("one", to)});
  finish(*follower);
  EXPECT_THAT(made_at, ElementsAre(0, 0));
  EXPECT_EQ(follower->status().lanes[0].code, "signatures");
  EXPECT_THAT(follower->status().lanes[0].reason,
              HasSubstr("block 3: no orderer of the channel signed it"));
}

TEST_F(FollowerTest, ABlockOutOfTurnIsRefused) {
  std::vector<std::string> blocks = numbered_chain(6).blocks();
  std::swap(blocks[3], blocks[4]);
  FakeSource source(blocks);
  auto follower = follow(source, {listener("one", std::make_shared<FakeDestination>())});
  until_now([&] { return follower->status().waiting; });
  EXPECT_EQ(follower->status().code, "unexpected-block");
}

TEST_F(FollowerTest, ADestinationThatSaysLaterGetsTheSameUnitAgain) {
  const TestChain chain = numbered_chain(30);
  FakeSource source(chain.blocks());
  settings.unit_events = 4;
  auto to = std::make_shared<FakeDestination>();
  for (int i = 0; i < 3; ++i) to->answer_next(Outcome::retry("no room on the disk"));
  auto follower = follow(source, {listener("one", to)});
  until([&] { return follower->status().lanes[0].retries > 0; });
  EXPECT_THAT(follower->status().lanes[0].reason, testing::AnyOf("no room on the disk", ""));
  finish(*follower);
  EXPECT_EQ(to->ids(), all_ids(chain));
  EXPECT_EQ(follower->status().lanes[0].retries, 3u);
  EXPECT_EQ(follower->status().lanes[0].reason, "");
}

TEST_F(FollowerTest, ASlowLaneNeverStallsAnotherAndCatchesUp) {
  TestChain chain = numbered_chain(200);
  FakeSource source(chain.blocks(), true);
  settings.unit_events = 5;
  settings.lane_events = 20;
  auto slow = std::make_shared<FakeDestination>(), fast = std::make_shared<FakeDestination>();
  slow->hold();
  auto follower = follow(source, {listener("slow", slow), listener("fast", fast)});
  fast->wait_for(199);
  until([&] { return follower->status().lanes[0].detached; });
  EXPECT_EQ(follower->status().lanes[0].state, LaneState::catching_up);
  EXPECT_LE(follower->status().lanes[0].pending, 20u);
  EXPECT_GT(follower->status().lanes[0].lag_blocks, 0u);
  slow->release();
  until([&] { return slow->ids().size() == 199; });
  EXPECT_EQ(slow->ids(), all_ids(chain));
  EXPECT_EQ(fast->ids(), all_ids(chain));
  // Both are fed by one stream again.
  until([&] { return !follower->status().lanes[0].detached && follower->status().streams == 1; });
  source.add(chain.add({{"E", "{}"}}));
  until([&] { return slow->ids().size() == 200 && fast->ids().size() == 200; });
  EXPECT_EQ(slow->ids(), all_ids(chain));
  EXPECT_TRUE(follower->stop(60s));
}

TEST_F(FollowerTest, IfAllAreSlowTheStreamWaits) {
  const TestChain chain = numbered_chain(300);
  FakeSource source(chain.blocks());
  settings.unit_events = 5;
  settings.lane_events = 20;
  auto one = std::make_shared<FakeDestination>(), two = std::make_shared<FakeDestination>();
  one->hold();
  two->hold();
  auto follower = follow(source, {listener("one", one), listener("two", two)});
  until([&] {
    const ChannelStatus status = follower->status();
    return status.lanes[0].pending + status.lanes[1].pending >= 40;
  });
  EXPECT_LE(follower->status().blocks, 22u);
  one->release();
  two->release();
  finish(*follower);
  EXPECT_EQ(one->ids(), all_ids(chain));
  EXPECT_EQ(two->ids(), all_ids(chain));
}

TEST_F(FollowerTest, StopDeliversWhatWasReadAndKeepsThePlace) {
  const TestChain chain = numbered_chain(40);
  FakeSource source(chain.blocks(), true);
  auto to = std::make_shared<FakeDestination>();
  auto follower = follow(source, {listener("one", to)});
  to->wait_for(10);
  EXPECT_TRUE(follower->stop(60s));
  const size_t delivered = to->ids().size();
  EXPECT_GE(delivered, 10u);
  EXPECT_EQ(to->checkpoint()->next, (Place{delivered + 1, 0, event::Kind::block, 0}));
}

TEST_F(FollowerTest, StopGivesUpAtItsDeadline) {
  FakeSource source(numbered_chain(40).blocks(), true);
  auto to = std::make_shared<FakeDestination>();
  to->hold();
  auto follower = follow(source, {listener("one", to)});
  to->wait_until_held();
  EXPECT_FALSE(follower->stop(1ms));
  follower.reset();
  to->release();  // an answer that comes after the end does no harm
}

TEST_F(FollowerTest, ABodyThatCannotBeMadeGoesOnWithItsReason) {
  const TestChain chain = numbered_chain(3);
  FakeSource source(chain.blocks());
  auto to = std::make_shared<FakeDestination>();
  Listener one = listener("one", to);
  one.body = [](const event::Event& event) -> Result<std::string> {
    if (event.position.block == 1) return fail("there is no field x");
    return std::string("made");
  };
  auto follower = follow(source, {one});
  finish(*follower);
  const auto bodies = to->bodies();
  ASSERT_EQ(bodies.size(), 2u);
  EXPECT_THAT(bodies[0], HasSubstr("\"kind\":\"chaincode-event\""));
  EXPECT_EQ(bodies[1], "made");
  EXPECT_EQ(follower->status().lanes[0].refused, 1u);
}

// Streams end, destinations stumble, the process restarts, lanes are slow: every event arrives
// once, in order, everywhere.
TEST_F(FollowerTest, HoldsItsPromiseWhateverHappens) {
  const TestChain chain = numbered_chain(120);
  settings.unit_events = 3;
  settings.lane_events = 9;
  for (uint32_t seed = 0; seed < 25; ++seed) {
    std::mt19937 chance(seed);
    std::vector<std::shared_ptr<FakeDestination>> destinations;
    for (int i = 0; i < 4; ++i) destinations.push_back(std::make_shared<FakeDestination>());
    for (bool finished = false; !finished;) {
      FakeSource source(chain.blocks());
      std::vector<Listener> listeners;
      for (auto& to : destinations) {
        listeners.push_back(listener("l" + std::to_string(listeners.size()), to));
        for (uint32_t times = chance() % 3; times > 0; --times)
          to->answer_next(Outcome::retry("stumbles"));
      }
      auto follower = follow(source, std::move(listeners));
      const uint32_t steps = 5 + chance() % 60;
      for (uint32_t step = 0; step < steps && !finished; ++step) {
        auto& to = destinations[chance() % destinations.size()];
        switch (chance() % 5) {
          case 0:
            to->hold();
            break;
          case 1:
            source.end_streams(reconnect());
            break;
          default:
            to->release();
        }
        pass(100ms);
        finished = follower->wait_until_finished(Duration(0));
      }
      for (auto& to : destinations) to->release();
      if (!finished && chance() % 2)
        (void)follower->stop(chance() % 2 ? Duration(0) : Duration(1s));
    }
    for (auto& to : destinations) ASSERT_EQ(to->ids(), all_ids(chain)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace belfry::pipeline
