#include "cloud/batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belfry::cloud {
namespace {

using pipeline::Outcome;
using testing::ElementsAre;

std::vector<pipeline::Item> items_of(std::initializer_list<size_t> sizes) {
  std::vector<pipeline::Item> items;
  for (const size_t size : sizes) {
    auto content = std::make_shared<pipeline::Content>();
    content->body = std::string(size, 'x');
    items.push_back({{}, content});
  }
  return items;
}

struct Sent {
  std::vector<std::vector<size_t>> batches;
  std::vector<Outcome::Next> outcomes;
};

Sent send(std::initializer_list<size_t> sizes, size_t failing_batch = 99) {
  Sent result;
  const auto items = items_of(sizes);
  send_in_batches(
      items, {3, 100},
      [&](std::vector<size_t> indices, Callback<Outcomes> done) {
        result.batches.push_back(indices);
        Outcomes outcomes;
        for (size_t i = 0; i < indices.size(); ++i)
          outcomes.push_back(result.batches.size() - 1 == failing_batch ? Outcome::retry("busy")
                                                                        : Outcome::done());
        done(std::move(outcomes));
      },
      [&](Outcomes outcomes) {
        for (const Outcome& outcome : outcomes) result.outcomes.push_back(outcome.next);
      });
  return result;
}

constexpr auto kDone = Outcome::Next::done;
constexpr auto kRetry = Outcome::Next::retry;
constexpr auto kPermanent = Outcome::Next::permanent;

TEST(Batches, AreBoundedByEntriesAndBytes) {
  const Sent result = send({10, 10, 10, 10, 90, 10, 1});
  EXPECT_THAT(result.batches,
              ElementsAre(ElementsAre(0, 1, 2), ElementsAre(3, 4), ElementsAre(5, 6)));
  EXPECT_THAT(result.outcomes, testing::Each(kDone));
}

TEST(Batches, RefuseWhatFitsInNone) {
  const Sent result = send({10, 101, 10});
  EXPECT_THAT(result.batches, ElementsAre(ElementsAre(0, 2)));
  EXPECT_THAT(result.outcomes, ElementsAre(kDone, kPermanent, kDone));
}

TEST(Batches, StopAtOneThatDidNotArrive) {
  const Sent result = send({10, 10, 10, 10, 10, 10, 10}, 1);
  EXPECT_THAT(result.batches, testing::SizeIs(2));
  EXPECT_THAT(result.outcomes, ElementsAre(kDone, kDone, kDone, kRetry, kRetry, kRetry, kRetry));
}

TEST(Batches, OfNothingAreNothing) {
  const Sent result = send({});
  EXPECT_TRUE(result.batches.empty());
  EXPECT_TRUE(result.outcomes.empty());
}

}  // namespace
}  // namespace belfry::cloud
