#include "queue/store.h"

#include <gtest/gtest.h>

#include <future>
#include <map>

#include "base/forgetful_files.h"
#include "queue/store_harness.h"

namespace belfry::queue {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class StoreTest : public StoreHarness, public testing::Test {};

TEST_F(StoreTest, SendReceiveRemove) {
  const auto queue = make("orders");
  const auto sent = send(queue, "one");
  EXPECT_EQ(sent.id.size(), 36u);
  auto got = store->receive(queue, 10);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].message.body, "one");
  EXPECT_EQ(got[0].message.id, sent.id);
  EXPECT_EQ(got[0].receives, 1u);
  EXPECT_EQ(got[0].sequence, sent.sequence);
  EXPECT_EQ(store->counts(queue).in_flight, 1u);
  EXPECT_TRUE(store->receive(queue, 10).empty());
  EXPECT_EQ(remove(queue, got[0].receipt), ReceiptStatus::done);
  EXPECT_EQ(store->counts(queue).in_flight, 0u);
  EXPECT_EQ(remove(queue, got[0].receipt), ReceiptStatus::done);
}

TEST_F(StoreTest, EverythingOfAMessageComesBack) {
  const auto queue = make("orders");
  Message message;
  message.id = "not-a-uuid";
  message.body = std::string(100'000, 'x') + '\0';
  message.attributes["count"] = {"Number.int", "7"};
  message.attributes["raw"] = {"Binary", std::string("\0\x01", 2)};
  message.system["AWSTraceHeader"] = "Root=1";
  message.group = "g";
  Batch batch;
  batch.send(queue, message);
  EXPECT_EQ(store->commit(std::move(batch)).sent.at(0).id, "not-a-uuid");
  for (int i = 0; i < 2; ++i) {
    const auto got = store->receive(queue, 1, seconds(0));
    ASSERT_EQ(got.size(), 1u);
    EXPECT_EQ(got[0].message.body, message.body);
    EXPECT_EQ(got[0].message.attributes.at("raw").value, message.attributes.at("raw").value);
    EXPECT_EQ(got[0].message.attributes.at("count").type, "Number.int");
    EXPECT_EQ(got[0].message.system, message.system);
    EXPECT_EQ(got[0].message.group, "g");
    clock.advance(seconds(1));
    reopen();
  }
}

TEST_F(StoreTest, ALeaseEndsAndTheCountGoesOn) {
  const auto queue = make("orders");
  send(queue, "one");
  auto first = store->receive(queue, 1);
  clock.advance(seconds(29));
  EXPECT_TRUE(store->receive(queue, 1).empty());
  clock.advance(seconds(1));
  auto second = store->receive(queue, 1);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].receives, 2u);
  EXPECT_EQ(second[0].first_received, first[0].first_received);
  EXPECT_EQ(remove(queue, first[0].receipt),
            ReceiptStatus::done);  // any handle of a standard queue deletes
  clock.advance(hours(1));
  EXPECT_TRUE(store->receive(queue, 1).empty());
}

TEST_F(StoreTest, SurvivesReopening) {
  const auto queue = make("orders");
  for (int i = 0; i < 100; ++i) send(queue, std::to_string(i));
  auto got = store->receive(queue, 10);
  ASSERT_EQ(got.size(), 10u);
  for (int i = 0; i < 5; ++i) (void)remove(queue, got[i].receipt);
  put("place", "42");
  reopen();
  ASSERT_EQ(store->find_queue("orders"), queue);
  EXPECT_EQ(store->get("place"), "42");
  EXPECT_EQ(store->counts(queue).visible, 90u);
  EXPECT_EQ(store->counts(queue).in_flight, 5u);
  const auto sent = send(queue, "later");
  EXPECT_EQ(sent.sequence, 101u);
  EXPECT_EQ(remove(queue, got[5].receipt), ReceiptStatus::done);
  EXPECT_EQ(store->counts(queue).in_flight, 4u);
}

TEST_F(StoreTest, WaitersWakeOnSendLeaseEndAndReturn) {
  const auto queue = make("orders");
  auto waiting = receive_later(queue, seconds(20));
  send(queue, "one");
  auto got = waiting.get();
  ASSERT_EQ(got.size(), 1u);

  waiting = receive_later(queue, hours(1));
  clock.advance(seconds(30));
  store->clock_moved();
  got = waiting.get();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].receives, 2u);

  waiting = receive_later(queue, hours(1));
  EXPECT_EQ(change_visibility(queue, got[0].receipt, seconds(0)), ReceiptStatus::done);
  got = waiting.get();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].receives, 3u);

  waiting = receive_later(queue, seconds(5));
  clock.advance(seconds(5));
  store->clock_moved();
  EXPECT_TRUE(waiting.get().empty());
}

TEST_F(StoreTest, DelaysAndRetention) {
  QueueSettings settings;
  settings.delay = seconds(10);
  settings.retention = minutes(1);
  const auto queue = make("slow", settings);
  send(queue, "one");
  EXPECT_EQ(store->counts(queue).delayed, 1u);
  auto waiting = receive_later(queue, hours(1), seconds(0));
  clock.advance(seconds(10));
  store->clock_moved();
  EXPECT_EQ(waiting.get().size(), 1u);
  clock.advance(seconds(50));
  store->clock_moved();
  EXPECT_TRUE(store->receive(queue, 1).empty());
  put("so that the removal is durable", "");
  EXPECT_EQ(store->counts(queue).visible, 0u);
}

TEST_F(StoreTest, DeadLetters) {
  make("dead");
  QueueSettings settings;
  settings.dead_letter = DeadLetter{"dead", 2};
  const auto queue = make("orders", settings);
  const auto dead = *store->find_queue("dead");
  const auto sent = send(queue, "poison");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(store->receive(queue, 1, seconds(0)).size(), 1u);
  EXPECT_TRUE(store->receive(queue, 1).empty());
  auto got = store->receive(dead, 1, seconds(30), seconds(20));
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].message.id, sent.id);
  EXPECT_EQ(got[0].receives, 3u);
  EXPECT_EQ(got[0].message.system.at("belfry.dead-letter-source"), "orders");
  reopen();
  EXPECT_EQ(store->counts(queue).visible, 0u);
  clock.advance(seconds(30));
  got = store->receive(dead, 1, seconds(0));
  ASSERT_EQ(got.size(), 1u);
  Batch batch;
  batch.redrive(dead, got[0].sequence, queue);
  EXPECT_EQ(store->commit(std::move(batch)).receipts.at(0), ReceiptStatus::done);
  got = store->receive(queue, 1);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].receives, 1u);
  EXPECT_TRUE(got[0].message.system.empty());
  batch.move(queue, got[0].receipt, dead, "cannot be parsed");
  EXPECT_EQ(store->commit(std::move(batch)).receipts.at(0), ReceiptStatus::done);
  EXPECT_EQ(store->peek(dead, 0, 10).at(0).message.system.at("belfry.reason"), "cannot be parsed");
}

TEST_F(StoreTest, ReceiptsTellGarbage) {
  const auto queue = make("orders");
  const auto other = make("other");
  send(queue, "one");
  const auto got = store->receive(queue, 1);
  EXPECT_EQ(store->check(queue, got.at(0).receipt), ReceiptStatus::done);
  EXPECT_EQ(store->check(other, got.at(0).receipt), ReceiptStatus::malformed);
  EXPECT_EQ(store->check(queue, "garbage"), ReceiptStatus::malformed);
  EXPECT_EQ(remove(queue, got[0].receipt + "0"), ReceiptStatus::malformed);
  EXPECT_EQ(change_visibility(queue, got[0].receipt, hours(13)), ReceiptStatus::beyond_limit);
  EXPECT_EQ(change_visibility(queue, got[0].receipt, hours(12)), ReceiptStatus::done);
  clock.advance(hours(1));
  EXPECT_EQ(change_visibility(queue, got[0].receipt, hours(12)), ReceiptStatus::beyond_limit);
  EXPECT_EQ(change_visibility(queue, got[0].receipt, seconds(0)), ReceiptStatus::done);
  EXPECT_EQ(change_visibility(queue, got[0].receipt, seconds(9)), ReceiptStatus::not_held);
  EXPECT_EQ(remove(queue, got[0].receipt), ReceiptStatus::done);
  EXPECT_EQ(change_visibility(queue, got[0].receipt, seconds(9)), ReceiptStatus::gone);
}

TEST_F(StoreTest, WhoeverWentAwayWhileWaitingTakesNothing) {
  const auto queue = make("orders");
  const auto gone = std::make_shared<std::atomic<bool>>(false);
  std::promise<size_t> first;
  store->receive(
      queue, 1, seconds(30), seconds(20),
      [&](std::vector<Received> got) { first.set_value(got.size()); }, gone);
  auto second = receive_later(queue, seconds(20));
  *gone = true;
  send(queue, "one");
  EXPECT_EQ(second.get().at(0).receives, 1u);
  EXPECT_EQ(first.get_future().get(), 0u);
}

TEST_F(StoreTest, FifoOrderAndGroups) {
  const auto queue = make("orders.fifo", fifo());
  for (const char* text : {"a1", "b1", "a2", "a3", "b2"}) send(queue, text, {text[0]});
  auto got = store->receive(queue, 2);
  EXPECT_EQ(bodies(got), (std::vector<std::string>{"a1", "a2"}));
  auto more = store->receive(queue, 10);
  EXPECT_EQ(bodies(more), (std::vector<std::string>{"b1", "b2"}));
  EXPECT_TRUE(store->receive(queue, 10).empty());
  EXPECT_EQ(change_visibility(queue, got[1].receipt, seconds(0)), ReceiptStatus::done);
  EXPECT_TRUE(store->receive(queue, 10).empty());  // a1 is still in flight
  EXPECT_EQ(remove(queue, got[0].receipt), ReceiptStatus::done);
  reopen();
  EXPECT_EQ(bodies(store->receive(queue, 10)), (std::vector<std::string>{"a2", "a3"}));
  clock.advance(seconds(31));
  EXPECT_EQ(remove(queue, more[0].receipt), ReceiptStatus::expired);
  EXPECT_EQ(bodies(store->receive(queue, 10)), (std::vector<std::string>{"b1", "b2", "a2", "a3"}));
}

TEST_F(StoreTest, FifoGroupsTakeTurns) {
  const auto queue = make("orders.fifo", fifo());
  for (const char* text : {"a1", "b1", "b2", "c1", "a2"}) send(queue, text, {text[0]});
  EXPECT_EQ(bodies(store->receive(queue, 3, seconds(0))),
            (std::vector<std::string>{"a1", "a2", "b1"}));
  // Who was served stands behind who was not, whatever came first.
  EXPECT_EQ(bodies(store->receive(queue, 10, seconds(0))),
            (std::vector<std::string>{"c1", "a1", "a2", "b1", "b2"}));
}

TEST_F(StoreTest, FifoGroupWaitsOnlyForItsFirstMessage) {
  const auto queue = make("orders.fifo", fifo());
  for (const char* text : {"a1", "a2", "a3", "b1"}) send(queue, text, {text[0]});
  const auto got = store->receive(queue, 2);
  EXPECT_EQ(bodies(got), (std::vector<std::string>{"a1", "a2"}));
  // The first is back, the second still out: the third may not overtake it.
  EXPECT_EQ(change_visibility(queue, got[0].receipt, seconds(0)), ReceiptStatus::done);
  EXPECT_EQ(bodies(store->receive(queue, 10)), (std::vector<std::string>{"b1", "a1"}));
}

TEST_F(StoreTest, FifoDeduplication) {
  const auto queue = make("orders.fifo", fifo());
  const auto first = send(queue, "one", "g", "id");
  auto got = store->receive(queue, 1);
  EXPECT_EQ(remove(queue, got.at(0).receipt), ReceiptStatus::done);
  reopen();
  auto again = send(queue, "two", "g", "id");
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(again.sequence, first.sequence);
  clock.advance(minutes(5));
  EXPECT_FALSE(send(queue, "two", "g", "id").duplicate);
  EXPECT_TRUE(store->purge(queue));
  again = send(queue, "three", "g", "id");
  EXPECT_FALSE(again.duplicate);
  EXPECT_EQ(again.sequence, 3u);
}

TEST_F(StoreTest, QueuesComeAndGo) {
  EXPECT_FALSE(store->open_queue("no spaces", {}));
  const auto queue = make("one");
  make(".own");
  EXPECT_EQ(store->queue_names(), (std::vector<std::string>{".own", "one"}));
  send(queue, "x");
  EXPECT_TRUE(store->delete_queue(queue));
  EXPECT_FALSE(store->find_queue("one"));
  const auto anew = make("one");
  EXPECT_NE(anew, queue);
  EXPECT_EQ(store->counts(anew).visible, 0u);
  Batch batch;
  batch.send(queue, Message{});
  EXPECT_TRUE(store->commit(std::move(batch)).sent.at(0).no_queue);
  reopen();
  EXPECT_EQ(store->find_queue("one"), anew);
}

TEST_F(StoreTest, RecordsAndFollowers) {
  const auto queue = make("outbox");
  put("a/1", "x");
  put("a/2", "y");
  put("b", "z");
  Batch batch;
  batch.erase("a/1");
  EXPECT_EQ(store->commit(std::move(batch)).status, CommitStatus::durable);
  EXPECT_EQ(store->list("a/").size(), 1u);
  std::promise<void> told;
  store->when_above(queue, 0, [&] { told.set_value(); });
  send(queue, "one");
  told.get_future().get();
  bool now = false;
  store->when_above(queue, 0, [&] { now = true; });
  EXPECT_TRUE(now);
  EXPECT_EQ(store->peek(queue, 0, 10).size(), 1u);
  EXPECT_TRUE(store->peek(queue, 1, 10).empty());
}

TEST_F(StoreTest, ADeepQueuesMiddleIsPutAsideAndComesBack) {
  store.reset();
  options.index_bytes = 1;
  options.segment_bytes = 1 << 20;
  open();
  constexpr uint64_t kDeep = 20'000;
  for (const char* name : {"deep", "deep.fifo"}) {
    auto settings = std::string(name) == "deep" ? QueueSettings{} : fifo();
    settings.visibility_timeout = hours(1);
    const auto queue = make(name, settings);
    for (uint64_t i = 0; i < kDeep; i += 100) {
      Batch batch;
      for (uint64_t j = i; j < i + 100; ++j) {
        Message message;
        message.body = std::to_string(j);
        message.group = std::to_string(j % 7);
        batch.send(queue, std::move(message));
      }
      ASSERT_EQ(store->commit(std::move(batch)).status, CommitStatus::durable);
    }
    if (settings.fifo) crash();
    EXPECT_EQ(store->counts(queue).visible, kDeep);
    EXPECT_EQ(store->peek(queue, kDeep - 1, 10).size(), 1u);
    reopen();
    std::map<std::string, uint64_t> last;
    uint64_t count = 0;
    for (;;) {
      const auto got = store->receive(queue, 250);
      if (got.empty()) break;
      Batch batch;
      for (const auto& one : got) {
        const uint64_t number = std::stoull(one.message.body) + 1;
        auto& before = last[settings.fifo ? one.message.group : ""];
        ASSERT_LT(before, number);
        before = number;
        batch.remove(queue, one.receipt);
      }
      count += got.size();
      (void)store->commit(std::move(batch));
    }
    EXPECT_EQ(count, kDeep);
  }
}

TEST_F(StoreTest, ClosingTwiceOverAndCrashingKeepsSequencesUnique) {
  const auto queue = make("line.fifo", fifo());
  uint64_t last = 0;
  for (int i = 0; i < 6; ++i) {
    const auto sent = send(queue, "x", "g");
    EXPECT_GT(sent.sequence, last);
    last = sent.sequence;
    (void)remove(queue, store->receive(queue, 1).at(0).receipt);
    i % 2 ? reopen() : crash();
  }
}

TEST_F(StoreTest, ADeepQueueIsPurgedOrDeletedAndItsRoomUsedAgain) {
  store.reset();
  options.index_bytes = 1;
  options.maximum_bytes = 8 << 20;
  open();
  const auto other = make("other");
  send(other, "stays");
  for (int round = 0; round < 6; ++round) {
    const auto queue = make("deep", round % 2 == 0 ? fifo() : QueueSettings{});
    for (int batches = 0; batches < 30;) {
      Batch batch;
      for (int i = 0; i < 200; ++i) {
        Message message;
        message.body.assign(500, 'x');
        message.group = std::to_string(i);
        batch.send(queue, std::move(message));
      }
      // Full: until the keeper has let go of what was purged.
      batches += store->commit(std::move(batch)).status == CommitStatus::durable;
    }
    const auto held = store->receive(queue, 10);
    ASSERT_EQ(held.size(), 10u);
    ASSERT_TRUE(store->purge(queue));
    const auto counts = store->counts(queue);
    EXPECT_EQ(counts.visible + counts.in_flight + counts.delayed, 0u);
    EXPECT_TRUE(store->receive(queue, 1).empty());
    remove(queue, held[0].receipt);
    const auto sent = send(queue, "after", "1");
    EXPECT_EQ(sent.sequence, 6001u);
    if (round == 2) crash();
    if (round == 3) reopen();
    EXPECT_EQ(bodies(store->peek(queue, 0, 10)), std::vector<std::string>{"after"});
    EXPECT_EQ(bodies(store->receive(queue, 10)), std::vector<std::string>{"after"});
    ASSERT_TRUE(store->delete_queue(queue));
  }
  EXPECT_EQ(bodies(store->receive(other, 10)), std::vector<std::string>{"stays"});
}

TEST_F(StoreTest, WhoWaitsAtADeletedQueueIsAnswered) {
  const auto queue = make("orders");
  auto waiter = receive_later(queue, std::chrono::hours(1));
  ASSERT_TRUE(store->delete_queue(queue));
  EXPECT_TRUE(waiter.get().empty());
}

}  // namespace
}  // namespace belfry::queue
