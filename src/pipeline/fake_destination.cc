#include "pipeline/fake_destination.h"

namespace belfry::pipeline {

Result<std::optional<Checkpoint>> FakeDestination::load() {
  std::lock_guard lock(mutex_);
  return checkpoint_;
}

void FakeDestination::accept(const std::shared_ptr<const Unit>& unit) {
  units_.push_back(unit);
  events_ += unit->items.size();
  checkpoint_ = unit->after;
  changed_.notify_all();
}

void FakeDestination::deliver(std::shared_ptr<const Unit> unit, Callback<Outcome> done) {
  Outcome outcome = Outcome::done();
  {
    std::lock_guard lock(mutex_);
    if (held_) {
      waiting_.emplace_back(std::move(unit), std::move(done));
      changed_.notify_all();
      return;
    }
    if (answers_.empty()) {
      accept(unit);
    } else {
      outcome = std::move(answers_.front());
      answers_.pop_front();
    }
  }
  done(std::move(outcome));
}

void FakeDestination::hold() {
  std::lock_guard lock(mutex_);
  held_ = true;
}

void FakeDestination::release() {
  std::deque<std::pair<std::shared_ptr<const Unit>, Callback<Outcome>>> waiting;
  {
    std::lock_guard lock(mutex_);
    held_ = false;
    waiting.swap(waiting_);
    for (const auto& [unit, done] : waiting) accept(unit);
  }
  for (auto& [unit, done] : waiting) done(Outcome::done());
}

void FakeDestination::answer_next(Outcome outcome) {
  std::lock_guard lock(mutex_);
  answers_.push_back(std::move(outcome));
}

void FakeDestination::store(Checkpoint checkpoint) {
  std::lock_guard lock(mutex_);
  checkpoint_ = std::move(checkpoint);
}

std::vector<std::string> FakeDestination::ids() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& unit : units_)
    for (const auto& item : unit->items) ids.push_back(item.content->id);
  return ids;
}

std::vector<std::string> FakeDestination::bodies() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> bodies;
  for (const auto& unit : units_)
    for (const auto& item : unit->items) bodies.push_back(item.content->body);
  return bodies;
}

std::vector<std::shared_ptr<const Unit>> FakeDestination::units() const {
  std::lock_guard lock(mutex_);
  return units_;
}

std::optional<Checkpoint> FakeDestination::checkpoint() const {
  std::lock_guard lock(mutex_);
  return checkpoint_;
}

void FakeDestination::wait_for(size_t events) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return events_ >= events; });
}

void FakeDestination::wait_for_block(uint64_t next) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return checkpoint_ && checkpoint_->next.block >= next; });
}

void FakeDestination::wait_until_held() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !waiting_.empty(); });
}

}  // namespace belfry::pipeline
