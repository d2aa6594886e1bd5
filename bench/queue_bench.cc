// The durable queue against the limit it lives under: a bare segment log, which appends the same
// bytes to a prewritten file and syncs as often, with nothing else to do. Prints messages per
// second and the ratio, from one run.
//
//   queue_bench [FOLDER [MESSAGES]]     FOLDER: on the disk to measure (default: build/queue_bench)
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/files.h"
#include "base/random.h"
#include "queue/store.h"

namespace {

using namespace belfry;
using namespace belfry::queue;

constexpr size_t kBody = 500;
constexpr size_t kOutstanding = 1024;
constexpr uint64_t kSegment = 64 << 20;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Processor time that this process has used, all threads, seconds.
double processor_time() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

void report(const char* what, uint64_t messages, double seconds, double limit) {
  static double before = 0;
  const double used = processor_time() - before;
  before += used;
  std::printf("%-52s %10.0f /s  %5.2f us of processor each", what,
              static_cast<double>(messages) / seconds, used * 1e6 / static_cast<double>(messages));
  if (limit > 0)
    std::printf("   %.2f of the limit", static_cast<double>(messages) / seconds / limit);
  std::printf("\n");
}

// The limit: 1,024 messages of 500 bytes a write, prewritten segments, one fdatasync each.
double bare_log(const std::string& folder, uint64_t messages) {
  auto& files = posix_files();
  std::vector<std::unique_ptr<File>> segments;
  for (int i = 0; i < 4; ++i) {
    auto file = files.open(folder + "/bare." + std::to_string(i), OpenMode::create_or_open).value();
    BELFRY_CHECK(file->preallocate(kSegment).has_value() && file->sync().has_value());
    segments.push_back(std::move(file));
  }
  const std::string body(kBody, 'x');
  const auto start = std::chrono::steady_clock::now();
  size_t segment = 0;
  uint64_t offset = 0;
  for (uint64_t done = 0; done < messages; done += kOutstanding) {
    std::string group;
    for (size_t i = 0; i < kOutstanding; ++i) group += body;
    if (offset + group.size() > kSegment) {
      segment = (segment + 1) % segments.size();
      offset = 0;
    }
    BELFRY_CHECK(segments[segment]->write(offset, group).has_value() &&
                 segments[segment]->sync().has_value());
    offset += group.size();
  }
  return static_cast<double>(messages) / seconds_since(start);
}

// Keeps up to kOutstanding units under way; each calls done() when it is.
class Window {
 public:
  void enter() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return under_way_ < kOutstanding; });
    ++under_way_;
  }
  void done() {
    std::lock_guard lock(mutex_);
    // Half a window at a time: waking the sender for each message would be measured instead of the
    // queue.
    if (--under_way_ == kOutstanding / 2 || under_way_ == 0) changed_.notify_one();
  }
  void drain() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return under_way_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t under_way_ = 0;
};

double send(Store& store, QueueId queue, uint64_t messages) {
  Window window;
  const auto start = std::chrono::steady_clock::now();
  for (uint64_t i = 0; i < messages; ++i) {
    window.enter();
    Message message;
    message.body.assign(kBody, 'x');
    Batch batch;
    batch.send(queue, std::move(message));
    store.commit(std::move(batch), [&window](Committed committed) {
      BELFRY_CHECK(committed.status == CommitStatus::durable);
      window.done();
    });
  }
  window.drain();
  return seconds_since(start);
}

// Receives ten at a time and removes them, with as many receives under way as make a full window.
double receive_and_remove(Store& store, QueueId queue, uint64_t messages) {
  struct Drain {
    Store& store;
    QueueId queue;
    std::mutex mutex;
    std::condition_variable changed;
    uint64_t removed = 0;
    int loops = 0;

    void step() {
      store.receive(queue, 10, std::chrono::seconds(60), Duration(0),
                    [this](std::vector<Received> got) {
                      if (got.empty()) {
                        std::lock_guard lock(mutex);
                        --loops;
                        changed.notify_one();
                        return;
                      }
                      Batch batch;
                      for (auto& received : got) batch.remove(queue, std::move(received.receipt));
                      store.commit(std::move(batch), [this, count = got.size()](Committed) {
                        {
                          std::lock_guard lock(mutex);
                          removed += count;
                        }
                        step();
                      });
                    });
    }
  } drain{store, queue, {}, {}};
  drain.loops = kOutstanding / 10;
  const auto start = std::chrono::steady_clock::now();
  for (size_t i = 0; i < kOutstanding / 10; ++i) drain.step();
  std::unique_lock lock(drain.mutex);
  drain.changed.wait(lock, [&] { return drain.loops == 0; });
  BELFRY_CHECK(drain.removed == messages);
  return seconds_since(start);
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const std::string folder = argc > 1 ? argv[1] : "build/queue_bench";
  const uint64_t messages = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder + "/store");
  std::printf("durable messages of %zu bytes, %zu outstanding\n", kBody, kOutstanding);

  const double limit = bare_log(folder, messages);
  report("bare log: append and fdatasync, 1,024 a write", messages,
         static_cast<double>(messages) / limit, 0);

  Store::Options options;
  auto store =
      Store::open(posix_files(), system_clock(), secure_random(), folder + "/store", options)
          .value();
  const auto queue = store->open_queue("bench", {}).value();
  report("send to an empty store", messages, send(*store, queue, messages), limit);
  auto start = std::chrono::steady_clock::now();
  store.reset();
  std::printf("%-52s %10.3f s\n", "close", seconds_since(start));
  start = std::chrono::steady_clock::now();
  store = Store::open(posix_files(), system_clock(), secure_random(), folder + "/store", options)
              .value();
  std::printf("%-52s %10.3f s\n", "open with them stored", seconds_since(start));
  report("receive and remove, ten at a time", messages, receive_and_remove(*store, queue, messages),
         limit);
  report("send again, into used segments", messages, send(*store, queue, messages), limit);
  report("receive and remove again", messages, receive_and_remove(*store, queue, messages), limit);
  std::printf(
      "wanted: sends at least 500,000 /s and 0.40 of the limit; receive and remove no slower\n");
  store.reset();
  std::filesystem::remove_all(folder);
  return 0;
}
