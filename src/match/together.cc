#include "match/together.h"

#include <algorithm>
#include <map>

namespace belfry::match {

namespace {

constexpr int kShortSearch = 200;  // elements tried
constexpr int kMostWays = 1000;

// Tries the elements of condition after condition; gives up when `left` has run out.
class ShortSearch {
 public:
  ShortSearch(const Document::State& state, std::span<const uint32_t> elements,
              std::span<const uint32_t> ends, std::vector<uint32_t>& chosen)
      : state_(state), elements_(elements), ends_(ends), chosen_(chosen) {
    chosen_.clear();
  }

  bool from(size_t condition) {
    if (condition == ends_.size()) return true;
    for (size_t i = condition == 0 ? 0 : ends_[condition - 1]; i < ends_[condition] && left > 0;
         ++i) {
      --left;
      bool fits = std::all_of(chosen_.begin(), chosen_.end(), [&](uint32_t other) {
        return consistent(state_, elements_[i], other);
      });
      if (!fits) continue;
      chosen_.push_back(elements_[i]);
      if (from(condition + 1)) return true;
      chosen_.pop_back();
    }
    return false;
  }

  int left = kShortSearch;

 private:
  const Document::State& state_;
  std::span<const uint32_t> elements_, ends_;
  std::vector<uint32_t>& chosen_;
};

using Lists = std::vector<std::vector<uint32_t>>;

class FromOutside {
 public:
  explicit FromOutside(const Document::State& state) : state_(state) {}

  // Whether all lists, whose elements are all inside `around` (or anywhere, if that is kNone), fit
  // together.
  bool fit(Lists lists, uint32_t around) {
    for (auto& list : lists) {
      std::map<uint32_t, std::vector<uint32_t>> by_array;
      for (uint32_t element : list)
        by_array[state_.elements[step(element, around)].array].push_back(element);
      if (by_array.size() < 2) continue;
      std::vector<uint32_t> all = std::move(list);
      for (auto& [array, inside] : by_array) {
        if (--ways_ < 0) return false;
        list = std::move(inside);
        if (fit(lists, around)) return true;
      }
      return false;
    }
    // Each list stands in one array: the arrays do not touch one another.
    std::map<uint32_t, Lists> by_array;
    for (auto& list : lists) {
      uint32_t array = state_.elements[step(list.front(), around)].array;
      by_array[array].push_back(std::move(list));
    }
    return std::all_of(by_array.begin(), by_array.end(),
                       [&](auto& group) { return fit_array(group.second, around); });
  }

 private:
  // All lists lie in one array: whether one of its elements serves them all.
  bool fit_array(const Lists& lists, uint32_t around) {
    std::map<uint32_t, Lists> by_element;
    for (size_t i = 0; i < lists.size(); ++i) {
      for (uint32_t element : lists[i]) {
        Lists& inside = by_element[step(element, around)];
        inside.resize(lists.size());
        inside[i].push_back(element);
      }
    }
    for (auto& [element, inside] : by_element) {
      if (std::any_of(inside.begin(), inside.end(), [](const auto& list) { return list.empty(); }))
        continue;
      uint32_t here = element;
      std::erase_if(inside, [&](const auto& list) {
        return std::find(list.begin(), list.end(), here) != list.end();
      });
      if (inside.empty() || fit(std::move(inside), element)) return true;
    }
    return false;
  }

  // The element around `element`, or itself, that lies directly inside `around`.
  uint32_t step(uint32_t element, uint32_t around) const {
    while (state_.elements[element].parent != around) element = state_.elements[element].parent;
    return element;
  }

  const Document::State& state_;
  int ways_ = kMostWays;
};

}  // namespace

bool fit_together(const Document::State& state, std::span<const uint32_t> elements,
                  std::span<const uint32_t> ends, std::vector<uint32_t>& chosen) {
  ShortSearch search(state, elements, ends, chosen);
  if (search.from(0)) return true;
  if (search.left > 0) return false;
  Lists lists;
  size_t begin = 0;
  for (uint32_t end : ends) {
    lists.emplace_back(elements.begin() + static_cast<std::ptrdiff_t>(begin),
                       elements.begin() + static_cast<std::ptrdiff_t>(end));
    begin = end;
  }
  return FromOutside(state).fit(std::move(lists), kNone);
}

}  // namespace belfry::match
