#include "aws/turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace belfry::aws {
namespace {

using testing::ElementsAre;

TEST(Turns, OneAfterAnotherPerKey) {
  Turns turns;
  std::vector<std::string> order;
  std::vector<Turns::Turn> held(4);
  const auto ask = [&](const std::string& key, size_t who) {
    turns.take(key, [&, who, key](Turns::Turn turn) {
      order.push_back(key + std::to_string(who));
      held[who] = std::move(turn);
    });
  };
  ask("a", 0);
  ask("a", 1);
  ask("b", 2);
  ask("a", 3);
  EXPECT_THAT(order, ElementsAre("a0", "b2"));
  held[0].reset();
  EXPECT_THAT(order, ElementsAre("a0", "b2", "a1"));
  held[2].reset();
  held[1].reset();
  EXPECT_THAT(order, ElementsAre("a0", "b2", "a1", "a3"));
  held[3].reset();
  ask("a", 0);
  EXPECT_EQ(order.back(), "a0");
}

TEST(Turns, ATurnMayOutliveThem) {
  Turns::Turn turn;
  {
    Turns turns;
    turns.take("a", [&](Turns::Turn it) { turn = std::move(it); });
  }
  turn.reset();
}

}  // namespace
}  // namespace belfry::aws
