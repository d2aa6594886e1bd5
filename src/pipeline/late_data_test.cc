
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "pipeline/fake_destination.h"
#include "pipeline/fake_source.h"
#include "pipeline/follower.h"
#include "pipeline/test_chain.h"

namespace belfry::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A peer that holds what private data it is given, when it is given it.
class PrivateSource final : public BlockSource {
 public:
  explicit PrivateSource(const TestChain& chain) : chain_(chain.blocks(), true) {}

  void hold(uint64_t block, std::string set) {  // of the block's only transaction
    std::lock_guard lock(mutex_);
    sets_[block] = std::make_shared<const std::string>(std::move(set));
  }
  size_t asked_again() const {
    std::lock_guard lock(mutex_);
    return asked_again_;
  }

  std::variant<ChannelInfo, StreamEnd> info(std::stop_token stop) override {
    return chain_.info(stop);
  }
  std::variant<std::unique_ptr<BlockStream>, StreamEnd> open(uint64_t block,
                                                             std::stop_token stop) override {
    auto opened = chain_.open(block, stop);
    if (auto* end = std::get_if<StreamEnd>(&opened)) return std::move(*end);
    return std::make_unique<Stream>(*this,
                                    std::get<std::unique_ptr<BlockStream>>(std::move(opened)));
  }
  Next again(uint64_t block, uint32_t turn, std::stop_token stop) override {
    Next next = BlockSource::again(block, turn, stop);
    std::lock_guard lock(mutex_);
    ++asked_again_;
    return next;
  }
  std::string describe() const override { return "private peer"; }

 private:
  class Stream final : public BlockStream {
   public:
    Stream(PrivateSource& source, std::unique_ptr<BlockStream> inner)
        : source_(source), inner_(std::move(inner)) {}
    Next next(std::stop_token stop) override {
      Next next = inner_->next(stop);
      if (auto* block = std::get_if<decode::Block>(&next)) {
        std::lock_guard lock(source_.mutex_);
        held_.push_back(source_.sets_[block->number]);
        block->private_data.resize(block->transactions.size());
        if (held_.back()) block->private_data[0] = *held_.back();
      }
      return next;
    }

   private:
    PrivateSource& source_;
    const std::unique_ptr<BlockStream> inner_;
    std::vector<std::shared_ptr<const std::string>> held_;  // the block given last looks into it
  };

  FakeSource chain_;
  mutable std::mutex mutex_;
  std::map<uint64_t, std::shared_ptr<const std::string>> sets_;
  size_t asked_again_ = 0;
};

class LateDataTest : public testing::Test {
 protected:
  LateDataTest() {
    event.private_writes = {{"open", "a", "1"}, {"secret", "b", "2"}, {"secret", "c", "3"}};
    chain.add({event});
    chain.add({{"Plain", "{}"}});
    chain.add({event});
  }

  std::unique_ptr<Follower> follow(BlockSource& source, std::string_view pattern) {
    Listener listener;
    listener.name = "writes";
    listener.match = match::Pattern::parse(pattern, match::Dialect::listener).value();
    listener.to = {{"fake", to}};
    auto made = Follower::make({"net", "mychannel", source, {}, {}, clock, *random, executor},
                               {std::move(listener)}, settings);
    EXPECT_TRUE(made) << made.error().message;
    (*made)->start();
    return std::move(*made);
  }

  template <class Holds>
  void until(Holds holds) {
    while (!holds()) {
      clock.advance(100ms);
      executor.run();
      std::this_thread::yield();
    }
  }
  void until_block(uint64_t block) {
    until([&] { return to->checkpoint() && to->checkpoint()->next.block >= block; });
  }
  void until_events(size_t count) {
    until([&] { return to->ids().size() >= count; });
  }
  std::string id(uint64_t block, uint32_t index) const {
    const std::string genesis = chain.genesis();
    return event::Position{genesis, block, 0, event::Kind::write, index}.id();
  }

  ManualClock clock;
  ManualExecutor executor{clock};
  std::unique_ptr<Random> random = seeded_random(7);
  FollowerSettings settings;
  TestEvent event{"Made", "{}"};
  TestChain chain;
  std::shared_ptr<FakeDestination> to = std::make_shared<FakeDestination>();
};

TEST_F(LateDataTest, ComesWhenThePeerHasItAndOnlyOnce) {
  PrivateSource source(chain);
  source.hold(1, private_set(event, "open"));
  source.hold(3, private_set(event));
  auto follower = follow(source, R"({"kind":["write"]})");
  until_block(4);
  EXPECT_THAT(to->ids(), ElementsAre(id(1, 0), id(3, 0), id(3, 1), id(3, 2)));
  EXPECT_EQ(follower->status().lanes[0].gaps, 1u);
  source.hold(1, private_set(event));
  until_events(6);
  EXPECT_THAT(to->ids(), ElementsAre(id(1, 0), id(3, 0), id(3, 1), id(3, 2), id(1, 1), id(1, 2)));
  EXPECT_EQ(to->checkpoint()->next.block, 4u);
  EXPECT_THAT(to->checkpoint()->gaps, IsEmpty());
  EXPECT_EQ(follower->status().lanes[0].gaps, 0u);
  EXPECT_EQ(follower->status().lanes[0].gaps_given_up, 0u);
  EXPECT_TRUE(follower->stop(10s));
}

TEST_F(LateDataTest, PartsComeAsThePeerGetsThem) {
  PrivateSource source(chain);
  source.hold(3, private_set(event));
  auto follower = follow(source, R"({"kind":["write"]})");
  until_block(4);
  ASSERT_EQ(to->checkpoint()->gaps.size(), 1u);
  EXPECT_EQ(to->checkpoint()->gaps[0].count, 3u);
  source.hold(1, private_set(event, "secret"));
  until_events(5);
  ASSERT_EQ(to->checkpoint()->gaps.size(), 1u);
  EXPECT_EQ(to->checkpoint()->gaps[0].index, 0u);
  EXPECT_EQ(to->checkpoint()->gaps[0].count, 1u);
  source.hold(1, private_set(event));
  until_events(6);
  EXPECT_EQ(to->ids().back(), id(1, 0));
  EXPECT_THAT(to->checkpoint()->gaps, IsEmpty());
}

TEST_F(LateDataTest, IsStillWaitedForAfterARestart) {
  PrivateSource source(chain);
  source.hold(3, private_set(event));
  {
    auto follower = follow(source, R"({"kind":["write"]})");
    until_block(4);
    EXPECT_TRUE(follower->stop(10s));
  }
  source.hold(1, private_set(event));
  auto follower = follow(source, R"({"kind":["write"]})");
  until_events(6);
  EXPECT_THAT(to->ids(), ElementsAre(id(3, 0), id(3, 1), id(3, 2), id(1, 0), id(1, 1), id(1, 2)));
}

// The place stands before a gap that was noted ahead of it: the block is read again, and its data,
// there by now, must not come twice.
TEST_F(LateDataTest, OfABlockThatIsReadAgainComesOnce) {
  PrivateSource source(chain);
  Checkpoint stored;
  stored.channel = "mychannel";
  stored.genesis = chain.genesis();
  stored.next = {1, 0, event::Kind::block, 0};
  stored.gaps = {{1, 0, 1, 2, Checkpoint::Gap::seconds(clock.now()), std::string(32, 'h')}};
  to->store(stored);
  source.hold(1, private_set(event));
  source.hold(3, private_set(event));
  auto follower = follow(source, R"({"kind":["write"]})");
  until_block(4);
  EXPECT_EQ(to->ids().size(), 6u);
  EXPECT_THAT(to->checkpoint()->gaps, IsEmpty());
}

TEST_F(LateDataTest, IsGivenUpInTime) {
  PrivateSource source(chain);
  source.hold(3, private_set(event));
  auto follower = follow(source, R"({"kind":["write"]})");
  until_block(4);
  until([&] { return follower->status().lanes[0].gaps_given_up == 1; });
  EXPECT_GE(source.asked_again(), 3u);
  EXPECT_EQ(follower->status().lanes[0].gaps, 0u);
  EXPECT_TRUE(follower->stop(10s));
}

TEST_F(LateDataTest, IsWaitedForOnlyWhereItMayBeWanted) {
  for (const auto& [pattern, gaps] : std::vector<std::pair<std::string, size_t>>{
           {R"({"event":["Made"]})", 0},
           {R"({"kind":["write"],"collection":["other"]})", 0},
           {R"({"kind":["write"],"chaincode":["other"]})", 0},
           {R"({"kind":["write"],"collection":["secret"],"key":["nothing"]})", 2},
           {R"({"kind":["write"],"payload":{"a":[1]},"$or":[{"key":["x"]},{"collection":["y"]}]})",
            2},
           {R"({"kind":["write"],"$or":[{"chaincode":["x"]},{"collection":["open"]}]})", 2}}) {
    SCOPED_TRACE(pattern);
    to = std::make_shared<FakeDestination>();
    PrivateSource source(chain);
    auto follower = follow(source, pattern);
    until_block(4);
    EXPECT_EQ(follower->status().lanes[0].gaps, gaps);
  }
}

TEST_F(LateDataTest, ThatIsTooMuchIsGivenUpAtOnce) {
  settings.lane_gaps = 1;
  PrivateSource source(chain);
  auto follower = follow(source, R"({"kind":["write"]})");
  until_block(4);
  EXPECT_EQ(follower->status().lanes[0].gaps, 1u);
  EXPECT_EQ(follower->status().lanes[0].gaps_given_up, 3u);
}

TEST_F(LateDataTest, OldBlocksAreNotAskedForAgain) {
  clock.advance(2h);
  PrivateSource source(chain);
  auto follower = follow(source, R"({"kind":["write"]})");
  until_block(4);
  EXPECT_EQ(follower->status().lanes[0].gaps, 0u);
}

}  // namespace
}  // namespace belfry::pipeline
