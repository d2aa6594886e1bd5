// A destination for tests: keeps what arrives, and answers at once, when told, or with what the
// test chose.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/destination.h"

namespace belfry::pipeline {

class FakeDestination final : public Destination {
 public:
  explicit FakeDestination(size_t in_flight = 1) : in_flight_(in_flight) {}

  Result<std::optional<Checkpoint>> load() override;
  void deliver(std::shared_ptr<const Unit> unit, Callback<Outcome> done) override;
  size_t units_in_flight() const override { return in_flight_; }

  void hold();                        // from now on units wait
  void release();                     // answers what waits, and answers at once again
  void answer_next(Outcome outcome);  // to the next unit, instead of done
  void store(Checkpoint checkpoint);  // as if an earlier run had left it

  std::vector<std::string> ids() const;  // of all events that arrived, in order
  std::vector<std::string> bodies() const;
  std::vector<std::shared_ptr<const Unit>> units() const;
  std::optional<Checkpoint> checkpoint() const;
  // Blocks until so many events arrived, or the stored place reached the block.
  void wait_for(size_t events);
  void wait_for_block(uint64_t next);
  void wait_until_held();  // a unit waits

 private:
  void accept(const std::shared_ptr<const Unit>& unit);

  const size_t in_flight_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  std::deque<std::pair<std::shared_ptr<const Unit>, Callback<Outcome>>> waiting_;
  std::deque<Outcome> answers_;
  std::vector<std::shared_ptr<const Unit>> units_;
  size_t events_ = 0;
  std::optional<Checkpoint> checkpoint_;
};

}  // namespace belfry::pipeline
