// What depth and number cost the durable queue: memory with a million messages stored and with ten
// thousand idle queues, how long a start takes after a kill and after a clean end, and how long a
// deep queue's purge holds others up.
//
//   queue_depth_bench [FOLDER [MESSAGES]]     FOLDER: default build/queue_depth_bench
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <string>

#include "base/check.h"
#include "base/clock.h"
#include "base/files.h"
#include "base/random.h"
#include "queue/store.h"

namespace {

using namespace belfry;
using namespace belfry::queue;

constexpr size_t kBody = 500;
constexpr uint64_t kQueues = 10'000;

using Moment = std::chrono::steady_clock::time_point;

double seconds_since(Moment start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Of this process, in MB: what is resident now, or was at most.
double memory(const char* what) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(what))
      return std::strtod(line.c_str() + line.find(':') + 1, nullptr) / 1024;
  return 0;
}

void report(const char* what, double value, const char* unit) {
  std::printf("%-60s %10.3f %s\n", what, value, unit);
  std::fflush(stdout);
}

std::unique_ptr<Store> open(const std::string& folder) {
  return Store::open(posix_files(), system_clock(), secure_random(), folder, {}).value();
}

void send(Store& store, QueueId queue, uint64_t messages) {
  constexpr uint64_t kBatch = 500;
  for (uint64_t sent = 0; sent < messages; sent += kBatch) {
    Batch batch;
    for (uint64_t i = 0; i < kBatch; ++i) {
      Message message;
      message.body.assign(kBody, 'x');
      batch.send(queue, std::move(message));
    }
    store.commit(std::move(batch), [](Committed committed) {
      BELFRY_CHECK(committed.status == CommitStatus::durable);
    });
  }
  store.commit(Batch{});
}

// Each part is a process of its own, so that its memory is its own; it ends without closing
// anything unless it does so itself.
void part(const std::function<void()>& run) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  BELFRY_CHECK(child >= 0);
  if (child == 0) {
    run();
    std::fflush(stdout);
    ::_exit(0);
  }
  int status = 0;
  BELFRY_CHECK(::waitpid(child, &status, 0) == child && status == 0);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "build/queue_depth_bench";
  const uint64_t messages = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::printf("%llu messages of %zu bytes in one queue\n",
              static_cast<unsigned long long>(messages), kBody);
  part([&] {
    report("memory of an empty store", memory("VmRSS"), "MB");
    auto store = open(folder);
    send(*store, store->open_queue("deep", {}).value(), messages);
    report("memory with them stored", memory("VmRSS"), "MB");
    report("  at most", memory("VmHWM"), "MB");
  });
  const auto reopen = [&](const char* what) {
    const auto start = std::chrono::steady_clock::now();
    auto store = open(folder);
    report(what, seconds_since(start), "s");
    report("  memory at most", memory("VmHWM"), "MB");
    BELFRY_CHECK(store->counts(*store->find_queue("deep")).visible == messages);
    return store;
  };
  part([&] { reopen("open after a kill").reset(); });
  part([&] {
    auto store = reopen("open after a clean end");
    const auto other = store->open_queue("other", {}).value();
    const auto start = std::chrono::steady_clock::now();
    BELFRY_CHECK(store->purge(*store->find_queue("deep")).has_value());
    report("purge", seconds_since(start), "s");
    double longest = 0;
    for (const auto begin = std::chrono::steady_clock::now(); seconds_since(begin) < 1;) {
      const auto sent = std::chrono::steady_clock::now();
      send(*store, other, 500);
      longest = std::max(longest, seconds_since(sent));
    }
    report("  longest send to another queue in the second after it", longest, "s");
  });
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  part([&] {
    auto store = open(folder);
    const double before = memory("VmRSS");
    std::promise<void> made;
    store->commit(Batch{}, [&](Committed) {  // in a callback making one does not wait for the disk
      for (uint64_t i = 0; i < kQueues; ++i)
        (void)store->open_queue("queue." + std::to_string(i), {});
      made.set_value();
    });
    made.get_future().get();
    store->commit(Batch{});
    report("memory of 10,000 idle queues", memory("VmRSS") - before, "MB");
    store.reset();
    const auto start = std::chrono::steady_clock::now();
    store = open(folder);
    report("open with them", seconds_since(start), "s");
  });
  std::filesystem::remove_all(folder);
  return 0;
}
