#include "pipeline/ack_tracker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace belfry::pipeline {
namespace {

Place at(uint64_t block, uint32_t transaction) {
  return {block, transaction, event::Kind::chaincode_event, 0};
}

std::shared_ptr<const Unit> unit(std::vector<Place> places, Place next) {
  auto unit = std::make_shared<Unit>();
  for (const Place& place : places) unit->items.push_back({place, std::make_shared<Content>()});
  unit->after.genesis = "g";
  unit->after.next = next;
  return unit;
}

Checkpoint stored(Place next, std::vector<Place> acknowledged = {}) {
  Checkpoint checkpoint;
  checkpoint.genesis = "g";
  checkpoint.next = next;
  checkpoint.acknowledged = std::move(acknowledged);
  return checkpoint;
}

TEST(AckTracker, MovesInOrderWhateverTheOrderOfCompletion) {
  AckTracker acks(stored(at(1, 0)));
  const auto first = acks.add(unit({at(1, 0), at(1, 1)}, at(1, 2)));
  const auto second = acks.add(unit({at(1, 2)}, at(2, 0)));
  EXPECT_FALSE(acks.moved());
  EXPECT_TRUE(acks.acknowledge(second, 0));
  EXPECT_TRUE(acks.moved());
  EXPECT_EQ(acks.checkpoint(), stored(at(1, 0), {at(1, 2)}));
  EXPECT_FALSE(acks.moved());
  EXPECT_TRUE(acks.take_passed().empty());
  EXPECT_FALSE(acks.acknowledge(first, 1));
  EXPECT_EQ(acks.checkpoint(), stored(at(1, 0), {at(1, 1), at(1, 2)}));
  EXPECT_TRUE(acks.acknowledge(first, 0));
  EXPECT_EQ(acks.checkpoint(), stored(at(2, 0)));
  EXPECT_EQ(acks.take_passed(), (std::vector<AckTracker::Ticket>{first, second}));
  EXPECT_EQ(acks.open_units(), 0u);
}

TEST(AckTracker, BeginsWithAUnitThatOnlySaysWhere) {
  AckTracker acks(std::nullopt);
  acks.add(unit({}, at(7, 0)));
  EXPECT_TRUE(acks.moved());
  EXPECT_EQ(acks.checkpoint(), stored(at(7, 0)));
}

TEST(AckTracker, KeepsWhatAnEarlierRunAcknowledgedUntilItIsPassed) {
  AckTracker acks(stored(at(1, 0), {at(1, 1), at(3, 0)}));
  const auto first = acks.add(unit({at(1, 0)}, at(2, 0)));
  EXPECT_EQ(acks.checkpoint(), stored(at(1, 0), {at(1, 1), at(3, 0)}));
  acks.acknowledge(first, 0);
  EXPECT_EQ(acks.checkpoint(), stored(at(2, 0), {at(3, 0)}));
}

// Whatever happens, the checkpoint covers what was acknowledged and nothing else.
TEST(AckTracker, CoversExactlyWhatWasAcknowledgedInAnyOrder) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    AckTracker acks(stored(at(0, 0)));
    std::vector<Place> all, done;
    std::vector<std::pair<AckTracker::Ticket, size_t>> open;
    std::vector<Place> place_of_open;
    for (uint64_t block = 0; block < 10; ++block) {
      std::vector<Place> places;
      for (uint32_t i = 0; i < random() % 4; ++i) places.push_back(at(block, i));
      const auto ticket = acks.add(unit(places, at(block + 1, 0)));
      for (size_t i = 0; i < places.size(); ++i) {
        open.emplace_back(ticket, i);
        all.push_back(places[i]);
        place_of_open.push_back(places[i]);
      }
      for (uint32_t times = random() % 3; times > 0 && !open.empty(); --times) {
        const size_t pick = random() % open.size();
        acks.acknowledge(open[pick].first, open[pick].second);
        done.push_back(place_of_open[pick]);
        open.erase(open.begin() + static_cast<long>(pick));
        place_of_open.erase(place_of_open.begin() + static_cast<long>(pick));
        const Checkpoint checkpoint = acks.checkpoint();
        for (const Place& place : all) {
          const bool covered =
              place < checkpoint.next || std::count(checkpoint.acknowledged.begin(),
                                                    checkpoint.acknowledged.end(), place) == 1;
          EXPECT_EQ(covered, std::count(done.begin(), done.end(), place) == 1) << seed;
        }
      }
    }
  }
}

}  // namespace
}  // namespace belfry::pipeline
