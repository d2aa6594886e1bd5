// Time as an argument: everything that looks at a clock is given one, so tests move time by hand.
#pragma once

#include <chrono>
#include <mutex>
#include <string>

namespace belfry {

using Duration = std::chrono::nanoseconds;
using WallTime = std::chrono::sys_time<Duration>;  // UTC; may jump

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime now() const = 0;        // thread-safe
  virtual Duration monotonic() const = 0;  // since some fixed moment, never goes back; thread-safe
};

Clock& system_clock();  // the machine's, for the life of the process

// Stands still until told. Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime start = WallTime(std::chrono::seconds(1'700'000'000))) : now_(start) {}
  WallTime now() const override {
    std::lock_guard lock(mutex_);
    return now_;
  }
  Duration monotonic() const override { return now().time_since_epoch(); }
  void advance(Duration by) {
    std::lock_guard lock(mutex_);
    now_ += by;
  }

 private:
  mutable std::mutex mutex_;
  WallTime now_;
};

// "2026-11-24T02:20:11.123456789Z": UTC, always nine digits.
std::string to_rfc3339(WallTime time);

}  // namespace belfry
