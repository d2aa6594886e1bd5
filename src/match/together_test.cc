// Fitting elements together, against trying every choice.
#include "match/together.h"

#include <gtest/gtest.h>

#include <random>

namespace belfry::match {
namespace {

bool any_choice(const Document::State& state, const std::vector<std::vector<uint32_t>>& lists,
                std::vector<uint32_t>& chosen) {
  if (chosen.size() == lists.size()) return true;
  for (uint32_t element : lists[chosen.size()]) {
    bool fits = true;
    for (uint32_t other : chosen) fits &= consistent(state, element, other);
    if (!fits) continue;
    chosen.push_back(element);
    if (any_choice(state, lists, chosen)) return true;
    chosen.pop_back();
  }
  return false;
}

struct Checked {
  size_t yes = 0, no = 0;
  void check(const Document::State& state, const std::vector<std::vector<uint32_t>>& lists) {
    std::vector<uint32_t> elements, ends, chosen;
    for (const auto& list : lists) {
      elements.insert(elements.end(), list.begin(), list.end());
      ends.push_back(static_cast<uint32_t>(elements.size()));
    }
    bool expected = any_choice(state, lists, chosen);
    (expected ? yes : no)++;
    ASSERT_EQ(fit_together(state, elements, ends, chosen), expected);
  }
};

TEST(Together, AgreesWithTryingEveryChoice) {
  std::mt19937 random(3);
  Checked checked;
  for (int round = 0; round < 3000 && !testing::Test::HasFatalFailure(); ++round) {
    Document::State state;
    for (uint32_t array = 0; array < 12;
         ++array) {  // inside of elements, of two or three elements each
      uint32_t parent =
          state.elements.empty() || random() % 3 == 0 ? kNone : random() % state.elements.size();
      for (uint32_t left = 2 + random() % 2; left > 0; --left)
        state.elements.push_back({array, parent});
    }
    std::vector<std::vector<uint32_t>> lists(2 + random() % 4);
    for (auto& list : lists) {
      for (uint32_t left = 1 + random() % 8; left > 0; --left)
        list.push_back(random() % state.elements.size());
    }
    checked.check(state, lists);
  }
  EXPECT_GT(checked.yes, 100u);
  EXPECT_GT(checked.no, 100u);
}

// As documents are: below one path there is one array per element. Ten conditions, too many for the
// short search.
TEST(Together, GoesThroughArraysFromTheOutsideIn) {
  std::mt19937 random(5);
  Checked checked;
  for (int round = 0; round < 1000 && !testing::Test::HasFatalFailure(); ++round) {
    Document::State state;
    uint32_t arrays = 0;
    std::vector<std::vector<uint32_t>> paths(
        6);  // their elements: two outer paths, two more below each
    auto add = [&](std::vector<uint32_t>& path, uint32_t parent) {
      for (uint32_t left = 1 + random() % 3; left > 0; --left) {
        path.push_back(static_cast<uint32_t>(state.elements.size()));
        state.elements.push_back({arrays, parent});
      }
      ++arrays;
    };
    for (size_t i = 0; i < 2; ++i) {
      add(paths[i], kNone);
      for (uint32_t element : std::vector<uint32_t>(paths[i])) {
        add(paths[2 + i * 2], element);
        add(paths[3 + i * 2], element);
      }
    }
    std::vector<std::vector<uint32_t>> lists;
    for (int i = 0; i < 10; ++i) {
      auto& list = lists.emplace_back();
      for (uint32_t element : paths[random() % 6]) {
        if (random() % 6) list.push_back(element);
      }
      if (list.empty()) lists.pop_back();
    }
    if (lists.size() > 1) checked.check(state, lists);
  }
  EXPECT_GT(checked.yes, 100u);
  EXPECT_GT(checked.no, 100u);
}

}  // namespace
}  // namespace belfry::match
