// What the store's tests share: a store on a forgetful file system and a clock moved by hand, and
// short ways to use it.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/forgetful_files.h"
#include "base/random.h"
#include "queue/store.h"

namespace belfry::queue {

class StoreHarness {
 public:
  StoreHarness() { open(); }

  void open() {
    auto opened = Store::open(files, clock, *random, "data", options);
    ASSERT_TRUE(opened) << opened.error().message;
    store = std::move(*opened);
  }
  void reopen() {
    store.reset();
    open();
  }

  // The process is killed: no checkpoint at the end, but nothing written is forgotten.
  void crash() {
    files.cut_power();
    store.reset();
    files.kill();
    open();
  }

  QueueId make(const std::string& name, const QueueSettings& settings = {}) {
    return store->open_queue(name, settings).value();
  }
  static QueueSettings fifo() {
    QueueSettings settings;
    settings.fifo = true;
    return settings;
  }
  Committed::Sent send(QueueId queue, std::string body, std::string group = {},
                       std::string deduplication = {}) {
    Message message;
    message.body = std::move(body);
    message.group = std::move(group);
    message.deduplication = std::move(deduplication);
    Batch batch;
    batch.send(queue, std::move(message));
    auto committed = store->commit(std::move(batch));
    EXPECT_EQ(committed.status, CommitStatus::durable) << committed.reason;
    return committed.sent.at(0);
  }
  ReceiptStatus remove(QueueId queue, std::string receipt) {
    Batch batch;
    batch.remove(queue, std::move(receipt));
    return store->commit(std::move(batch)).receipts.at(0);
  }
  ReceiptStatus change_visibility(QueueId queue, std::string receipt, Duration from_now) {
    Batch batch;
    batch.change_visibility(queue, std::move(receipt), from_now);
    return store->commit(std::move(batch)).receipts.at(0);
  }
  void put(std::string key, std::string value) {
    Batch batch;
    batch.put(std::move(key), std::move(value));
    EXPECT_EQ(store->commit(std::move(batch)).status, CommitStatus::durable);
  }
  std::future<std::vector<Received>> receive_later(QueueId queue, Duration wait,
                                                   Duration visibility = Duration(-1)) {
    auto done = std::make_shared<std::promise<std::vector<Received>>>();
    auto future = done->get_future();
    store->receive(queue, 1, visibility, wait,
                   [done](std::vector<Received> got) { done->set_value(std::move(got)); });
    return future;
  }
  static std::vector<std::string> bodies(const std::vector<Received>& received) {
    std::vector<std::string> out;
    for (const auto& one : received) out.push_back(one.message.body);
    return out;
  }

  ForgetfulFiles files{1};
  ManualClock clock;
  std::unique_ptr<Random> random = seeded_random(1);
  Store::Options options{.segment_bytes = 256 << 10};
  std::unique_ptr<Store> store;
};

}  // namespace belfry::queue
