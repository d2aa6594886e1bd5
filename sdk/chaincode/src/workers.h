// A bounded pool: at most so many threads, started as they are needed, and so many tasks waiting.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace belfry::chaincode {

class Workers {
 public:
  Workers(std::size_t threads, std::size_t waiting)
      : most_threads_(threads), most_waiting_(waiting) {}
  // Runs what waits, then ends.
  ~Workers();

  // False where as many wait as may.
  [[nodiscard]] bool submit(std::function<void()> task);

 private:
  void work();

  const std::size_t most_threads_, most_waiting_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::function<void()>> tasks_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool ending_ = false;
};

}  // namespace belfry::chaincode
