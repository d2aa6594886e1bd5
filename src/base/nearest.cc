#include "base/nearest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace belfry {
namespace {

constexpr size_t kLongest = 100;  // the cost is the product of the lengths

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Insertions, deletions, replacements and swaps of neighbours that turn one into the other.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  const auto same = [&](size_t i, size_t j) { return lower(a[i - 1]) == lower(b[j - 1]); };
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = cost[i - 1][j - 1] + (same(i, j) ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && same(i, j - 1) && same(i - 1, j))
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string_view nearest(std::string_view text, std::span<const std::string_view> choices) {
  std::string_view best;
  if (text.size() > kLongest) return best;
  size_t least = std::max<size_t>(1, text.size() / 3) + 1;
  for (const std::string_view choice : choices) {
    if (choice.size() > kLongest) continue;
    const size_t distance = edit_distance(text, choice);
    if (distance < least) {
      least = distance;
      best = choice;
    }
  }
  return best;
}

std::string nearest(std::string_view text, const std::vector<std::string>& choices) {
  const std::vector<std::string_view> views(choices.begin(), choices.end());
  return std::string(nearest(text, views));
}

std::string suggestion(std::string_view text, const std::vector<std::string>& choices) {
  if (choices.empty()) return "; there are none";
  if (std::string near = nearest(text, choices); !near.empty())
    return fmt::format("; did you mean '{}'?", near);
  return fmt::format("; there {}: {}", choices.size() == 1 ? "is only" : "are",
                     fmt::join(choices, ", "));
}

}  // namespace belfry
