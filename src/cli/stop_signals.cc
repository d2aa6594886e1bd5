#include "cli/stop_signals.h"

#include <pthread.h>

#include <ctime>

namespace belfry::cli {

namespace {

constexpr Duration kTick = std::chrono::milliseconds(200);

}  // namespace

StopSignals::StopSignals() {
  sigemptyset(&set_);
  sigaddset(&set_, SIGTERM);
  sigaddset(&set_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
}

int StopSignals::wait(Duration at_most) const {
  const timespec time{static_cast<time_t>(at_most.count() / 1'000'000'000),
                      static_cast<long>(at_most.count() % 1'000'000'000)};
  const int signal = sigtimedwait(&set_, nullptr, &time);
  return signal > 0 ? signal : 0;
}

void StopSignals::let_through() const {
  pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
}

StopOnSignal::StopOnSignal()
    : waiter_([this](std::stop_token done) {
        while (!done.stop_requested()) {
          if (signals_.wait(kTick) == 0) continue;
          stop_.request_stop();
          signals_.let_through();  // in this thread: the kernel gives the next one to whom it can
          return;
        }
      }) {}

StopOnSignal::~StopOnSignal() = default;

}  // namespace belfry::cli
