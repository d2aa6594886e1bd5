#include "queue/fair_groups.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "queue/pages.h"

namespace belfry::queue {
namespace {

constexpr uint32_t kQuiet = 8;  // messages in flight: below that all are alike

uint32_t level_of(uint32_t group, uint32_t in_flight) {
  return group == 0 ? 0 : static_cast<uint32_t>(std::bit_width(in_flight / kQuiet));
}

}  // namespace

void FairGroups::promise(uint32_t group) {
  ++groups_[group].promised;
  ++promises_;
}

void FairGroups::add(const Entry& entry, bool promised) {
  auto& group = groups_[entry.group];
  if (promised) {
    --group.promised;
    --promises_;
  }
  ++group.messages;
  ++messages_;
  changed(entry, EntryState::gone, entry.state);
}

void FairGroups::changed(const Entry& entry, EntryState before, EntryState after) {
  auto& group = groups_[entry.group];
  if (before == EntryState::leased) --group.in_flight;
  if (after == EntryState::leased) ++group.in_flight;
  if (after == EntryState::ready) {
    group.ready.push_back(entry.sequence);
    std::push_heap(group.ready.begin(), group.ready.end(), std::greater<>());
  }
  if (after == EntryState::gone) {
    --group.messages;
    --messages_;
  }
  list(entry.group);
  forget_if_empty(entry.group);
}

void FairGroups::list(uint32_t number) {
  auto& group = groups_[number];
  std::optional<std::pair<uint32_t, uint64_t>> key;
  if (!group.ready.empty()) key = {level_of(number, group.in_flight), group.ready.front()};
  if (key == group.listed) return;
  if (group.listed) order_.erase({group.listed->first, group.listed->second, number});
  if (key) order_.insert({key->first, key->second, number});
  group.listed = key;
}

Entry* FairGroups::next() {
  while (!order_.empty()) {
    const uint32_t number = std::get<2>(*order_.begin());
    auto& group = groups_[number];
    Entry* entry = pages_.find(group.ready.front());
    std::pop_heap(group.ready.begin(), group.ready.end(), std::greater<>());
    group.ready.pop_back();
    list(number);
    if (entry != nullptr && entry->state == EntryState::ready && entry->group == number)
      return entry;
  }
  return nullptr;
}

void FairGroups::forget_if_empty(uint32_t number) {
  auto& group = groups_[number];
  if (number == 0 || group.messages > 0 || group.promised > 0) return;
  if (group.listed) order_.erase({group.listed->first, group.listed->second, number});
  groups_.drop(number);
}

void FairGroups::clear() {
  order_.clear();
  messages_ = 0;
  for (uint32_t number = 0; number < groups_.size(); ++number) {
    if (!groups_.has(number)) continue;
    auto& group = groups_[number];
    group.ready = {};
    group.messages = group.in_flight = 0;
    group.listed.reset();
    forget_if_empty(number);
  }
}

}  // namespace belfry::queue
