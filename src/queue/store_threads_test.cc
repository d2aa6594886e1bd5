// Many threads at one store, on a real disk; for the thread sanitizer as much as for the answers.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <set>
#include <thread>

#include "base/clock.h"
#include "base/files.h"
#include "queue/store.h"

namespace belfry::queue {
namespace {

TEST(StoreThreadsTest, EveryMessageIsHadByOneOfManyReceivers) {
  constexpr int kThreads = 4, kEach = 500;
  const auto folder =
      std::filesystem::temp_directory_path() / ("belfry-queue-" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  {
    auto store = Store::open(posix_files(), system_clock(), secure_random(), folder,
                             {.segment_bytes = 128 << 10,
                              .group_bytes = 32 << 10,
                              .outstanding_bytes = 16 << 10,
                              .cache_bytes = 32 << 10,
                              .index_bytes = 1})
                     .value();
    QueueSettings fifo;
    fifo.fifo = true;
    const auto plain = store->open_queue("plain", {}).value();
    const auto line = store->open_queue("line.fifo", fifo).value();
    std::mutex mutex;
    std::set<std::string> had;
    std::map<std::string, int> last;
    std::atomic<int> left = 2 * kThreads * kEach;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kEach; ++i) {
          Batch batch;
          Message message;
          message.body = std::to_string(t) + "/" + std::to_string(i);
          message.group = std::to_string(t);
          batch.send(plain, message);
          batch.send(line, message);
          batch.put("place/" + std::to_string(t), std::to_string(i));
          if (i % 2 == 0)
            store->commit(std::move(batch), [](Committed) {});
          else
            EXPECT_EQ(store->commit(std::move(batch)).status, CommitStatus::durable);
          if (i % 50 == 0) {
            (void)store->counts(plain);
            (void)store->peek(line, 0, 10);
            (void)store->list("place/");
          }
        }
      });
      threads.emplace_back([&, t] {
        const auto queue = t % 2 == 0 ? plain : line;
        while (left > 0) {
          const auto got =
              store->receive(queue, 10, std::chrono::hours(1), std::chrono::milliseconds(20));
          Batch batch;
          for (const auto& received : got) {
            std::lock_guard lock(mutex);
            EXPECT_TRUE(had.insert(std::to_string(queue) + ":" + received.message.body).second)
                << received.message.body;
            if (queue == line) {
              auto& before = last.try_emplace(received.message.group, -1).first->second;
              const int number =
                  std::stoi(received.message.body.substr(received.message.body.find('/') + 1));
              EXPECT_EQ(number, before + 1);
              before = number;
            }
            batch.remove(queue, received.receipt);
          }
          if (got.empty()) continue;
          for (const auto status : store->commit(std::move(batch)).receipts)
            EXPECT_EQ(status, ReceiptStatus::done);
          left -= static_cast<int>(got.size());
        }
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(had.size(), size_t{2 * kThreads * kEach});
    EXPECT_EQ(store->counts(plain).visible + store->counts(line).visible, 0u);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace belfry::queue
