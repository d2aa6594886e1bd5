#include "queue/recent_groups.h"

#include <algorithm>
#include <utility>

namespace belfry::queue {

void RecentGroups::add(uint32_t generation, uint64_t offset,
                       std::shared_ptr<const std::string> group) {
  bytes_ += group->capacity();
  items_.push_back({generation, offset, std::move(group)});
  while (bytes_ > limit_) {
    bytes_ -= items_.front().group->capacity();
    items_.pop_front();
  }
}

RecentGroups::Found RecentGroups::find(const Location& where) const {
  const std::pair<uint32_t, uint64_t> key{where.generation, where.offset};
  auto at =
      std::upper_bound(items_.begin(), items_.end(), key, [](const auto& key, const Item& item) {
        return key < std::pair<uint32_t, uint64_t>{item.generation, item.offset};
      });
  if (at == items_.begin()) return {};
  --at;
  if (at->generation != where.generation ||
      where.offset + where.length > at->offset + at->group->size())
    return {};
  return {at->group, std::string_view(*at->group).substr(where.offset - at->offset, where.length)};
}

}  // namespace belfry::queue
