// What the store does when the disk is full, fails or was damaged.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <thread>

#include "base/crc32c.h"
#include "queue/log_format.h"
#include "queue/store_harness.h"

namespace belfry::queue {
namespace {

using std::chrono::seconds;

class StoreFaultTest : public StoreHarness, public testing::Test {
 protected:
  Committed try_send(QueueId queue, size_t size) {
    Message message;
    message.body.assign(size, 'x');
    Batch batch;
    batch.send(queue, std::move(message));
    batch.put("last", std::to_string(size));
    return store->commit(std::move(batch));
  }
  // Sends until there is no room; the number that went in.
  size_t fill(QueueId queue) {
    for (size_t sent = 0;; ++sent) {
      const auto committed = try_send(queue, 3000);
      if (committed.status == CommitStatus::full) return sent;
      EXPECT_EQ(committed.status, CommitStatus::durable);
      EXPECT_LT(sent, 10'000u);
    }
  }
  // Removes everything, which must be possible however full the disk is.
  size_t drain(QueueId queue) {
    for (size_t removed = 0;;) {
      const auto got = store->receive(queue, 10);
      if (got.empty()) return removed;
      Batch batch;
      for (const auto& one : got) batch.remove(queue, one.receipt);
      EXPECT_EQ(store->commit(std::move(batch)).status, CommitStatus::durable);
      removed += got.size();
    }
  }
  // The keeper finds the room that was made in its own time; each refusal has it look again.
  bool can_send_again(QueueId queue) {
    while (try_send(queue, 3000).status != CommitStatus::durable) std::this_thread::yield();
    return true;
  }
  std::string open_error() {
    store.reset();
    auto opened = Store::open(files, clock, *random, "data", options);
    if (!opened) return opened.error().message;
    store = std::move(*opened);
    return {};
  }
  // Flips a bit of a stored body and opens again; recovery does not read what a checkpoint covers.
  void damage(const std::string& body) {
    store.reset();
    for (const auto& path : segments()) {
      auto bytes = files.contents(path);
      const auto at = bytes.find(body);
      if (at == std::string::npos) continue;
      bytes[at] ^= 1;
      files.set_contents(path, bytes);
    }
    open();
  }
  std::vector<std::string> names() { return files.list("data").value(); }
  std::vector<std::string> segments() {
    std::vector<std::string> out;
    for (const auto& name : names())
      if (name.starts_with("segment.")) out.push_back("data/" + name);
    return out;
  }
};

TEST_F(StoreFaultTest, AFullDiskRefusesSendsAndTakesRemovals) {
  const auto queue = make("orders");
  files.set_capacity(files.used() + (2 << 20));
  const size_t sent = fill(queue);
  EXPECT_GT(sent, 300u);
  EXPECT_EQ(store->counts(queue).visible, sent);
  EXPECT_EQ(drain(queue), sent);
  EXPECT_TRUE(can_send_again(queue));
  reopen();
  EXPECT_EQ(store->counts(queue).visible, 1u);
}

TEST_F(StoreFaultTest, WhenFullABatchMayBringWhatItRemoves) {
  const auto queue = make("orders");
  files.set_capacity(files.used() + (2 << 20));
  fill(queue);
  EXPECT_TRUE(store->full());
  const auto exchange = [&](size_t size) {
    Batch batch;
    batch.remove(queue, store->receive(queue, 1).at(0).receipt);
    batch.put("note", std::string(size, 'n'));
    return store->commit(std::move(batch));
  };
  EXPECT_EQ(exchange(2000).status, CommitStatus::durable);
  EXPECT_EQ(store->get("note")->size(), 2000u);
  auto refused = exchange(4000);
  ASSERT_EQ(refused.status, CommitStatus::full);
  drain(queue);
  ASSERT_TRUE(can_send_again(queue));
  EXPECT_FALSE(store->full());
  EXPECT_EQ(store->commit(std::move(refused.refused)).status, CommitStatus::durable);
  EXPECT_EQ(store->get("note")->size(), 4000u);
}

TEST_F(StoreFaultTest, OpeningAQueueAsItIsNeedsNoRoom) {
  QueueSettings settings;
  settings.dead_letter = DeadLetter{"dead", 2};
  const auto queue = make("orders", settings);
  files.set_capacity(files.used() + (2 << 20));
  fill(queue);
  while (try_send(queue, 1).status == CommitStatus::durable) {
  }
  EXPECT_EQ(make("orders", settings), queue);
  settings.dead_letter->after = 3;
  EXPECT_FALSE(store->open_queue("orders", settings));
  EXPECT_FALSE(store->open_queue("orders", settings));  // nor does asking again make it so
}

TEST_F(StoreFaultTest, TheStoresOwnLimitIsLikeAFullDisk) {
  store.reset();
  options.maximum_bytes = 3 << 20;
  open();
  const auto queue = make("orders");
  for (int round = 0; round < 3; ++round) {
    const size_t sent = fill(queue);
    EXPECT_GT(sent, 300u);
    EXPECT_EQ(store->get("last"), "3000");
    EXPECT_EQ(drain(queue), sent);
    ASSERT_TRUE(can_send_again(queue));
    drain(queue);
  }
}

// A third of every segment is gone: too little to be worth copying the rest, unless nothing else
// gives room.
TEST_F(StoreFaultTest, WhenFullEvenALittleGarbageGivesRoom) {
  store.reset();
  options.maximum_bytes = 8 << 20;
  open();
  const auto queue = make("orders");
  const size_t sent = fill(queue);
  const auto got = store->receive(queue, 10'000, std::chrono::hours(1));
  ASSERT_EQ(got.size(), sent);
  Batch batch;
  for (size_t i = 0; i < got.size(); i += 3) batch.remove(queue, got[i].receipt);
  ASSERT_EQ(store->commit(std::move(batch)).status, CommitStatus::durable);
  size_t more = 0;
  while (more < sent / 8 && can_send_again(queue)) ++more;
  EXPECT_EQ(more, sent / 8);
  reopen();
  EXPECT_EQ(store->peek(queue, 0, 10'000).size(), sent - (sent + 2) / 3 + more);
  EXPECT_EQ(remove(queue, got[1].receipt), ReceiptStatus::done);
}

TEST_F(StoreFaultTest, SpaceOfRemovedMessagesIsUsedAgain) {
  const auto queue = make("orders");
  const auto straggler = make("straggler");
  for (int round = 0; round < 200; ++round) {
    send(straggler, std::to_string(round));  // one long-lived message in every segment or two
    for (int i = 0; i < 20; ++i) (void)try_send(queue, 10'000);
    drain(queue);
  }
  // The keeper may be behind; each round of work has it go on.
  for (int i = 0; i < 2000 && files.used() >= 30u * options.segment_bytes; ++i) {
    (void)try_send(queue, 100'000);
    drain(queue);
  }
  EXPECT_LT(files.used(), 30u * options.segment_bytes);  // of 160 segments written
  reopen();
  EXPECT_EQ(store->counts(straggler).visible, 200u);
  const auto got = store->receive(straggler, 200);
  ASSERT_EQ(got.size(), 200u);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(got[i].message.body, std::to_string(i));
}

TEST_F(StoreFaultTest, ABatchLargerThanASegmentGetsOneOfItsOwn) {
  const auto queue = make("orders");
  EXPECT_EQ(try_send(queue, 5 << 20).status, CommitStatus::durable);
  send(queue, "small");
  reopen();
  const auto got = store->receive(queue, 10);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].message.body.size(), size_t{5 << 20});
}

TEST_F(StoreFaultTest, AFailedSyncIsTheEnd) {
  const auto queue = make("orders");
  send(queue, "kept");
  // The keeper may meet the failure instead; then the segment that it was preparing is not used.
  Committed committed;
  for (int i = 0; i < 1000 && committed.reason.find("start again") == std::string::npos; ++i) {
    files.fail_sync_after(0);
    committed = try_send(queue, 100);
  }
  files.fail_sync_after(UINT64_MAX);
  EXPECT_EQ(committed.status, CommitStatus::failed);
  EXPECT_EQ(try_send(queue, 10).status, CommitStatus::failed);
  EXPECT_TRUE(store->receive(queue, 1).empty());
  reopen();
  EXPECT_EQ(store->receive(queue, 1).at(0).message.body, "kept");
}

TEST_F(StoreFaultTest, ALaterFormatIsRefused) {
  send(make("orders"), "one");
  store.reset();
  const auto path = segments().front();
  auto bytes = files.contents(path);
  const uint32_t later = kFormatVersion + 1;
  bytes.replace(8, 4, reinterpret_cast<const char*>(&later), 4);
  const uint32_t checksum = crc32c(std::string_view(bytes).substr(0, 32));
  bytes.replace(32, 4, reinterpret_cast<const char*>(&checksum), 4);
  const auto before = files.contents(path);
  files.set_contents(path, bytes);
  EXPECT_EQ(open_error(),
            "data was written by a later belfry (format 2, this one knows 1): use that belfry, or "
            "another folder");
  files.set_contents(path, before);
  bytes = files.contents("data/checkpoint");
  bytes.replace(8, 4, reinterpret_cast<const char*>(&later), 4);
  files.set_contents("data/checkpoint", bytes);
  EXPECT_EQ(open_error(),
            "data was written by a later belfry (format 2, this one knows 1): use that belfry, or "
            "another folder");
}

// Whatever byte of the folder flips, the store either says so, or has lost nothing but the very end
// of the log.
TEST_F(StoreFaultTest, AFlippedByteIsFoundOrHarmless) {
  store.reset();
  for (const auto& name : names()) (void)files.remove("data/" + name);
  options.segment_bytes = 16 << 10;
  open();
  const auto queue = make("orders");
  constexpr int kMessages = 60;
  for (int i = 0; i < kMessages; ++i) send(queue, fmt::format("{}:{}", i, std::string(700, 'x')));
  const auto removed = store->receive(queue, 3);
  for (const auto& one : removed) (void)remove(queue, one.receipt);
  put("last", "1");
  // As a killed process leaves it: the log's tail has not become a checkpoint.
  std::map<std::string, std::string> image;
  for (const auto& name : names()) image["data/" + name] = files.contents("data/" + name);
  store.reset();
  size_t found = 0, harmless = 0;
  for (int attempt = 0; attempt < 400; ++attempt) {
    for (const auto& name : names()) (void)files.remove("data/" + name);
    size_t total = 0;
    for (const auto& [path, bytes] : image) total += bytes.size();
    size_t at = random->below(total);
    for (auto [path, bytes] : image) {
      if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << random->below(8)));
      at = at < bytes.size() ? SIZE_MAX : at - bytes.size();
      files.set_contents(path, bytes);
    }
    if (!open_error().empty()) {
      ++found;
      continue;
    }
    ++harmless;
    const auto peeked = store->peek(queue, 0, 1000);
    // Only the last group could be taken for one that was never finished.
    EXPECT_GE(peeked.size() + 1, static_cast<size_t>(kMessages - 3));
    found += peeked.size() + 3 < static_cast<size_t>(kMessages);  // and said so in the log
    for (const auto& one : peeked)
      EXPECT_EQ(one.message.body, fmt::format("{}:{}", one.sequence - 1, std::string(700, 'x')));
  }
  EXPECT_GT(found, 40u);
  EXPECT_GT(harmless, 10u);
}

TEST_F(StoreFaultTest, ADamagedMessageIsNotDelivered) {
  const auto queue = make("orders");
  send(queue, "to be damaged");
  send(queue, "whole");
  damage("to be damaged");
  EXPECT_EQ(store->counts(queue).unreadable, 0u);
  EXPECT_EQ(bodies(store->receive(queue, 10)), std::vector<std::string>{"whole"});
  EXPECT_EQ(store->counts(queue).in_flight, 1u);
  EXPECT_EQ(store->counts(queue).unreadable, 1u);
  reopen();  // it is tried again: the disk may have been mended
  EXPECT_EQ(store->counts(queue).unreadable, 0u);
  EXPECT_TRUE(store->receive(queue, 1).empty());
  EXPECT_EQ(store->counts(queue).unreadable, 1u);
  clock.advance(store->settings(queue).retention + seconds(1));
  store->clock_moved();
  while (store->counts(queue).unreadable != 0) put("time", "passes");
}

TEST_F(StoreFaultTest, ADamagedMessageDoesNotHoldUpItsGroup) {
  const auto queue = make("orders.fifo", fifo());
  for (const char* body : {"first", "to be damaged", "last"}) send(queue, body, "group");
  damage("to be damaged");
  EXPECT_EQ(bodies(store->receive(queue, 1)), std::vector<std::string>{"first"});
  EXPECT_TRUE(store->receive(queue, 1).empty());
  clock.advance(seconds(31));
  EXPECT_EQ(bodies(store->receive(queue, 1)), std::vector<std::string>{"first"});
  clock.advance(seconds(31));
  const auto got = store->receive(queue, 3);
  EXPECT_EQ(bodies(got), (std::vector<std::string>{"first", "last"}));
  EXPECT_EQ(store->counts(queue).unreadable, 1u);
}

}  // namespace
}  // namespace belfry::queue
