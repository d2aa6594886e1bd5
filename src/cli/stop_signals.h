// SIGTERM and SIGINT as values instead of interruptions.
#pragma once

#include <csignal>
#include <stop_token>
#include <thread>

#include "base/clock.h"

namespace belfry::cli {

// Blocks both signals in this thread and those it starts from now on; whoever waits here takes
// them. Made before any other thread.
class StopSignals {
 public:
  StopSignals();
  // The signal, or 0 after that time.
  int wait(Duration at_most) const;
  // From now on either ends the process at once.
  void let_through() const;

 private:
  sigset_t set_;
};

// Requests a stop at the first signal; the second ends the process.
class StopOnSignal {
 public:
  StopOnSignal();
  ~StopOnSignal();
  std::stop_token token() const { return stop_.get_token(); }

 private:
  StopSignals signals_;
  std::stop_source stop_;
  std::jthread waiter_;
};

}  // namespace belfry::cli
