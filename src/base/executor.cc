#include "base/executor.h"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace belfry {
namespace {

class ThreadExecutor final : public Executor {
 public:
  explicit ThreadExecutor(int threads) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }

  ~ThreadExecutor() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
    // What is dropped may own something whose end posts again: that is dropped, too.
    const auto ready = std::exchange(ready_, {});
    const auto delayed = std::exchange(delayed_, {});
  }

  // Wakes under the lock: what is posted may end the executor on another thread at once.
  void post(Callback<> task) override {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    ready_.push_back(std::move(task));
    wake_.notify_one();
  }

  void post_after(Duration delay, Callback<> task) override {
    const auto due = std::chrono::steady_clock::now() + delay;
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    delayed_.emplace(due, std::move(task));
    wake_.notify_one();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      const auto now = std::chrono::steady_clock::now();
      while (!delayed_.empty() && delayed_.begin()->first <= now) {
        ready_.push_back(std::move(delayed_.begin()->second));
        delayed_.erase(delayed_.begin());
      }
      if (!ready_.empty()) {
        Callback<> task = std::move(ready_.front());
        ready_.pop_front();
        if (!ready_.empty()) wake_.notify_one();
        lock.unlock();
        task();
        task = nullptr;
        lock.lock();
      } else if (delayed_.empty()) {
        wake_.wait(lock);
      } else {
        const auto due = delayed_.begin()->first;  // a copy: another thread may erase the entry
        wake_.wait_until(lock, due);
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Callback<>> ready_;
  std::multimap<std::chrono::steady_clock::time_point, Callback<>> delayed_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<Executor> thread_executor(int threads) {
  return std::make_unique<ThreadExecutor>(threads);
}

struct ManualExecutor::State {
  explicit State(Clock& clock) : clock(clock) {}
  Clock& clock;
  std::mutex mutex;
  std::deque<Callback<>> ready;
  std::multimap<Duration, Callback<>> delayed;
  bool stopping = false;
};

ManualExecutor::ManualExecutor(Clock& clock) : state_(std::make_unique<State>(clock)) {}
ManualExecutor::~ManualExecutor() {
  state_->stopping = true;
  const auto ready = std::exchange(state_->ready, {});
  const auto delayed = std::exchange(state_->delayed, {});
}

void ManualExecutor::post(Callback<> task) {
  std::lock_guard lock(state_->mutex);
  if (!state_->stopping) state_->ready.push_back(std::move(task));
}

void ManualExecutor::post_after(Duration delay, Callback<> task) {
  std::lock_guard lock(state_->mutex);
  if (!state_->stopping)
    state_->delayed.emplace(state_->clock.monotonic() + delay, std::move(task));
}

size_t ManualExecutor::run() {
  for (size_t count = 0;; ++count) {
    Callback<> task;
    {
      std::lock_guard lock(state_->mutex);
      auto& [clock, mutex, ready, delayed, stopping] = *state_;
      while (!delayed.empty() && delayed.begin()->first <= clock.monotonic()) {
        ready.push_back(std::move(delayed.begin()->second));
        delayed.erase(delayed.begin());
      }
      if (ready.empty()) return count;
      task = std::move(ready.front());
      ready.pop_front();
    }
    task();
  }
}

}  // namespace belfry
