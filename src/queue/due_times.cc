#include "queue/due_times.h"

#include <algorithm>

namespace belfry::queue {
namespace {

bool later(const DueTimes::Item& a, const DueTimes::Item& b) {
  return a.time != b.time ? a.time > b.time : a.sequence > b.sequence;
}

}  // namespace

void DueTimes::add(Item item) {
  heap_.push_back(item);
  std::push_heap(heap_.begin(), heap_.end(), later);
}

std::optional<int64_t> DueTimes::first() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().time;
}

std::optional<DueTimes::Item> DueTimes::take_until(int64_t now) {
  if (heap_.empty() || heap_.front().time > now) return std::nullopt;
  std::pop_heap(heap_.begin(), heap_.end(), later);
  const Item item = heap_.back();
  heap_.pop_back();
  return item;
}

void DueTimes::trim(size_t current, const std::function<bool(const Item&)>& is_current) {
  if (heap_.size() < 2 * current + 4096) return;
  std::erase_if(heap_, [&](const Item& item) { return !is_current(item); });
  std::make_heap(heap_.begin(), heap_.end(), later);
}

}  // namespace belfry::queue
