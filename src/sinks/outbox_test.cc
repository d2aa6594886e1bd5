#include "sinks/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "queue/store_harness.h"
#include "sinks/sms_handler.h"

namespace belfry::sinks {
namespace {

using pipeline::Outcome;
using testing::ElementsAre;

// A subscription's queue and a queue of notes in one store, worked by hand as a worker would.
class NotesTest : public queue::StoreHarness, public testing::Test {
 protected:
  NoteQueue notes(const char* name, NoteRetention retention = {}) {
    return NoteQueue::open(*store, name, retention).value();
  }

  queue::Received received(std::string body) {
    queue::Message message;
    message.id = "m1";
    message.body = std::move(body);
    message.system["belfry.topic"] = "news";
    queue::Batch batch;
    batch.send(subscription_, std::move(message));
    (void)store->commit(std::move(batch));
    return store->receive(subscription_, 1).at(0);
  }

  Outcome handle(pipeline::Handler& handler, const queue::Received& message) {
    std::optional<Outcome> outcome;
    handler.handle(message, [&](Outcome got) { outcome = std::move(got); });
    EXPECT_TRUE(outcome);
    return std::move(*outcome);
  }

  void acknowledge(const queue::Received& message, Outcome outcome) {
    outcome.effects.remove(subscription_, message.receipt);
    EXPECT_EQ(store->commit(std::move(outcome.effects)).status, queue::CommitStatus::durable);
  }

  std::vector<std::string> entries(const NoteQueue& notes) {
    std::vector<std::string> bodies;
    for (const auto& entry : store->peek(notes.id(), 0, 1000)) bodies.push_back(entry.message.body);
    return bodies;
  }

  const queue::QueueId subscription_ = make(".sub.news.phone");
};

TEST_F(NotesTest, AnEntryBecomesDurableWithTheAcknowledgement) {
  NoteQueue outbox = notes(kOutboxQueue);
  const auto handler = outbox_handler(outbox, clock, "sms", "+15555550100");
  const auto message = received("Olga gave \"100\"");
  Outcome outcome = handle(*handler, message);
  EXPECT_EQ(outcome.next, Outcome::Next::done);
  EXPECT_THAT(entries(outbox), ElementsAre());
  acknowledge(message, std::move(outcome));
  reopen();
  NoteQueue again = notes(kOutboxQueue);
  EXPECT_THAT(entries(again),
              ElementsAre("{\"time\":\"" + to_rfc3339(clock.now()) +
                          R"(","protocol":"sms","to":"+15555550100","text":"Olga gave \"100\"",)"
                          R"("parts":1,"topic":"news","message_id":"m1"})"));
  EXPECT_EQ(store->counts(subscription_).visible + store->counts(subscription_).in_flight, 0u);
}

TEST_F(NotesTest, AMessageThatCarriesItsEventNamesIt) {
  NoteQueue outbox = notes(kOutboxQueue);
  const auto handler = outbox_handler(outbox, clock, "outbox", "board");
  auto message = received("block 1");
  message.message.system[std::string(queue::kEventAttribute)] = "9f/1/0/block/0";
  acknowledge(message, handle(*handler, message));
  EXPECT_THAT(entries(outbox).at(0), testing::EndsWith(R"("event_id":"9f/1/0/block/0"})"));
  EXPECT_THAT(entries(outbox).at(0), testing::Not(testing::HasSubstr("parts")));
}

TEST_F(NotesTest, WhatIsNoPhoneNumberIsRefusedForGood) {
  NoteQueue outbox = notes(kOutboxQueue);
  const auto handler = outbox_handler(outbox, clock, "sms", "5555550100");
  const Outcome outcome = handle(*handler, received("x"));
  EXPECT_EQ(outcome.next, Outcome::Next::permanent);
  EXPECT_THAT(outcome.reason, testing::HasSubstr("'5555550100' is no phone number"));
}

TEST_F(NotesTest, TheOldestLeaveWhenThereAreTooMany) {
  NoteQueue outbox = notes(kOutboxQueue, {.count = 20});
  const auto add = [&](int number) {
    queue::Batch batch;
    outbox.add(batch, std::to_string(number));
    (void)store->commit(std::move(batch));
  };
  int next = 0;
  while (next < 100) add(next++);
  // Removals follow in their own time: each addition sees to it that they are under way.
  while (entries(outbox).size() > 31 && next < 10'000) add(next++);
  const auto left = entries(outbox);
  EXPECT_LE(left.size(), 31u);  // the count, the slack, and the last
  EXPECT_GE(left.size(), 20u);
  EXPECT_EQ(left.back(), std::to_string(next - 1));
}

TEST_F(NotesTest, OldEntriesLeave) {
  NoteQueue outbox = notes(kOutboxQueue, {.age = std::chrono::hours(1)});
  queue::Batch batch;
  outbox.add(batch, "old");
  (void)store->commit(std::move(batch));
  clock.advance(std::chrono::hours(2));
  store->clock_moved();
  EXPECT_TRUE(store->receive(outbox.id(), 1).empty());
  batch = {};
  batch.put("so that the removal is durable", "");
  (void)store->commit(std::move(batch));
  EXPECT_THAT(entries(outbox), ElementsAre());
}

// Answers as it is told.
class ScriptedSender final : public SmsSender {
 public:
  void send(Sms sms, Callback<SmsResult> done) override {
    sent.push_back(std::move(sms));
    done(answer);
  }
  SmsSenderStatus status() const override { return {.provider = "smpp centre:2775"}; }
  SmsResult answer;
  std::vector<Sms> sent;
};

TEST_F(NotesTest, AnAcceptedMessageIsLoggedWithItsAcknowledgement) {
  NoteQueue log = notes(kSentQueue);
  ScriptedSender sender;
  const auto handler = sms_handler(sender, log, clock, "+15555550100");
  sender.answer = {SmsResult::Next::accepted, "", {}, {"a", "b"}, 2};
  const auto message = received("hi");
  acknowledge(message, handle(*handler, message));
  EXPECT_EQ(sender.sent.at(0).text, "hi");
  EXPECT_THAT(
      entries(log),
      ElementsAre("{\"time\":\"" + to_rfc3339(clock.now()) +
                  R"(","kind":"accepted","protocol":"sms","provider":"smpp centre:2775",)"
                  R"("to":"+15555550100","parts":2,"provider_ids":["a","b"],"topic":"news",)"
                  R"("message_id":"m1"})"));
}

TEST_F(NotesTest, OtherAnswersAreHandedOn) {
  NoteQueue log = notes(kSentQueue);
  ScriptedSender sender;
  const auto handler = sms_handler(sender, log, clock, "+15555550100");
  const auto message = received("hi");
  sender.answer = {SmsResult::Next::retry, "busy", std::chrono::seconds(3), {}, 1};
  const Outcome retry = handle(*handler, message);
  EXPECT_EQ(retry.next, Outcome::Next::retry);
  EXPECT_EQ(retry.retry_after, std::chrono::seconds(3));
  sender.answer = {SmsResult::Next::permanent, "barred", {}, {}, 1};
  EXPECT_EQ(handle(*handler, message).reason, "barred");
}

TEST_F(NotesTest, AReceiptIsDurableBeforeItIsKept) {
  NoteQueue log = notes(kSentQueue);
  const KeepReceipt keep = receipt_keeper(log, clock, "smpp centre:2775");
  std::promise<bool> kept;
  keep({"b", "DELIVERED", "000", "+15555550100"}, [&](bool good) { kept.set_value(good); });
  EXPECT_TRUE(kept.get_future().get());
  EXPECT_THAT(
      entries(log).at(0),
      testing::EndsWith(R"("kind":"receipt","provider":"smpp centre:2775","provider_id":"b",)"
                        R"("state":"DELIVERED","error":"000","to":"+15555550100"})"));
}

}  // namespace
}  // namespace belfry::sinks
