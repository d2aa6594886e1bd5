#include "pipeline/ack_tracker.h"

#include <algorithm>

#include "base/check.h"

namespace belfry::pipeline {

AckTracker::AckTracker(std::optional<Checkpoint> stored) {
  if (stored) watermark_ = std::move(*stored);
}

AckTracker::Ticket AckTracker::add(std::shared_ptr<const Unit> unit) {
  Open open;
  open.left = unit->items.size();
  open.acknowledged.resize(open.left);
  open.unit = std::move(unit);
  units_.push_back(std::move(open));
  if (units_.back().left == 0) moved_ = true;
  return first_ + units_.size() - 1;
}

bool AckTracker::acknowledge(Ticket ticket, size_t item) {
  BELFRY_CHECK(ticket >= first_ && ticket - first_ < units_.size());
  Open& open = units_[ticket - first_];
  BELFRY_CHECK(item < open.acknowledged.size() && !open.acknowledged[item]);
  open.acknowledged[item] = true;
  moved_ = true;
  return --open.left == 0;
}

void AckTracker::pass() {
  while (!units_.empty() && units_.front().left == 0) {
    std::vector<Place> acknowledged = std::move(watermark_.acknowledged);
    watermark_ = units_.front().unit->after;
    std::erase_if(acknowledged, [&](const Place& place) { return place < watermark_.next; });
    watermark_.acknowledged = std::move(acknowledged);
    units_.pop_front();
    ++first_;
  }
}

Checkpoint AckTracker::checkpoint() {
  pass();
  Checkpoint checkpoint = watermark_;
  for (const Open& open : units_) {
    for (size_t i = 0; i < open.acknowledged.size(); ++i) {
      if (open.acknowledged[i]) checkpoint.acknowledged.push_back(open.unit->items[i].place);
    }
  }
  std::sort(checkpoint.acknowledged.begin(), checkpoint.acknowledged.end());
  moved_ = false;
  return checkpoint;
}

std::vector<AckTracker::Ticket> AckTracker::take_passed() {
  pass();
  std::vector<Ticket> passed;
  for (; passed_ < first_; ++passed_) passed.push_back(passed_);
  return passed;
}

}  // namespace belfry::pipeline
