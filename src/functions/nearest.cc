#include "functions/nearest.h"

#include <algorithm>

namespace belfry::functions {
namespace {

constexpr size_t kMostLength =
    64;  // longer names are not compared: the cost is the product of the lengths

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view name,
                                   const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  size_t least = SIZE_MAX;
  if (name.size() > kMostLength) return best;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kMostLength) continue;
    const size_t far = distance(name, candidate);
    if (far < least && far * 3 <= std::max(name.size(), candidate.size()) + 2) {
      least = far;
      best = candidate;
    }
  }
  return best;
}

}  // namespace belfry::functions
