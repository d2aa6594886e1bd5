#include "queue/fifo_groups.h"

#include <algorithm>

#include "queue/pages.h"

namespace belfry::queue {

const Entry* FifoGroups::first(Group& group) {
  while (group.head < group.sequences.size()) {
    const Entry* entry = pages_.find(group.sequences[group.head]);
    if (entry != nullptr && entry->state != EntryState::aside) return entry;
    ++group.head;
  }
  group.sequences.clear();
  group.head = 0;
  return nullptr;
}

void FifoGroups::changed(uint32_t number) {
  if (!groups_.has(number)) return;
  auto& group = groups_[number];
  const Entry* entry = first(group);
  const bool ready = entry != nullptr && entry->state == EntryState::ready;
  if (group.turn && !ready) {
    ready_.erase(*group.turn);
    group.turn.reset();
  }
  if (entry == nullptr) {
    if (group.promised == 0) groups_.drop(number);
    return;
  }
  if (group.head > 64 && group.head * 2 > group.sequences.size()) {
    group.sequences.erase(group.sequences.begin(),
                          group.sequences.begin() + static_cast<ptrdiff_t>(group.head));
    group.head = 0;
  }
  if (ready && !group.turn) {
    group.turn = next_turn_++;
    ready_.emplace(*group.turn, number);
  }
}

void FifoGroups::add(const Entry& entry, bool promised) {
  auto& group = groups_[entry.group];
  if (promised) --group.promised;
  auto& sequences = group.sequences;
  if (sequences.empty() || sequences.back() < entry.sequence) {
    sequences.push_back(entry.sequence);
  } else {  // only in recovery, which may meet them out of order
    const auto from = sequences.begin() + static_cast<ptrdiff_t>(group.head);
    sequences.insert(std::lower_bound(from, sequences.end(), entry.sequence), entry.sequence);
  }
  if (sequences[group.head] == entry.sequence || !group.turn) changed(entry.group);
}

std::optional<uint32_t> FifoGroups::first_ready() const {
  if (ready_.empty()) return std::nullopt;
  return ready_.begin()->second;
}

std::vector<uint64_t> FifoGroups::ready_messages(uint32_t number, size_t max) {
  std::vector<uint64_t> out;
  auto& group = groups_[number];
  for (size_t at = group.head; at < group.sequences.size() && out.size() < max; ++at) {
    const Entry* entry = pages_.find(group.sequences[at]);
    if (entry == nullptr || entry->state == EntryState::aside) continue;
    if (entry->state != EntryState::ready) break;
    out.push_back(entry->sequence);
  }
  return out;
}

void FifoGroups::clear() {
  ready_.clear();
  for (uint32_t number = 0; number < groups_.size(); ++number) {
    if (!groups_.has(number)) continue;
    auto& group = groups_[number];
    if (group.promised == 0) {
      groups_.drop(number);
      continue;
    }
    group.sequences = {};
    group.head = 0;
    group.turn.reset();
  }
}

}  // namespace belfry::queue
