#include "topic/topics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "queue/store_harness.h"
#include "topic/records.h"

namespace belfry::topic {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

match::Pattern filter(std::string_view json) {
  return match::Pattern::parse(json, match::Dialect::sns_body).value();
}

Subscription subscription(std::string id, std::optional<match::Pattern> filter = {},
                          FilterScope scope = FilterScope::attributes) {
  Subscription made;
  made.id = std::move(id);
  made.topic = "news";
  made.protocol = "sms";
  made.endpoint = "+15555550100";
  made.filter = std::move(filter);
  made.scope = scope;
  return made;
}

class TopicsTest : public queue::StoreHarness, public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(topics->open_topic("news")); }

  size_t publish(const Publication& publication, const std::string& topic = "news") {
    queue::Batch batch;
    const size_t copies = topics->publish(topic, publication, batch);
    EXPECT_EQ(store->commit(std::move(batch)).status, queue::CommitStatus::durable);
    return copies;
  }
  std::vector<queue::Received> copies(const std::string& id, const std::string& topic = "news") {
    return store->peek(*store->find_queue(subscription_queue(topic, id)), 0, 100);
  }

  std::unique_ptr<Topics> topics = Topics::over(*store);
};

TEST_F(TopicsTest, EachSubscriptionThatWantsItGetsACopy) {
  ASSERT_TRUE(topics->subscribe(subscription("all")));
  ASSERT_TRUE(
      topics->subscribe(subscription("big", filter(R"({"amount":[{"numeric":[">=",100]}]})"))));
  ASSERT_TRUE(topics->subscribe(subscription("tags", filter(R"({"tags":["red"]})"))));
  ASSERT_TRUE(topics->subscribe(
      subscription("body", filter(R"({"who":{"name":["alice"]}})"), FilterScope::body)));
  Publication publication;
  publication.body = R"({"who":{"name":"alice"}})";
  publication.subject = "News";
  publication.attributes["amount"] = {"Number", "99.5"};
  publication.attributes["tags"] = {"String.Array", R"(["blue","red"])"};
  EXPECT_EQ(publish(publication), 3u);
  EXPECT_THAT(copies("big"), IsEmpty());
  ASSERT_THAT(copies("all"), SizeIs(1));
  const queue::Message copy = copies("all")[0].message;
  EXPECT_EQ(copy.id, copies("tags")[0].message.id);
  EXPECT_EQ(copy.id, copies("body")[0].message.id);
  EXPECT_EQ(copy.body, publication.body);
  EXPECT_EQ(copy.attributes.at("amount").value, "99.5");
  EXPECT_EQ(copy.system.at(std::string(kTopic)), "news");
  EXPECT_EQ(copy.system.at(std::string(kSubject)), "News");

  publication.attributes["amount"].value = "100";
  publication.body = "no json";
  publication.id = "11111111-2222-4333-8444-555555555555";
  EXPECT_EQ(publish(publication), 3u);
  EXPECT_EQ(copies("big").at(0).message.id, publication.id);
  EXPECT_THAT(copies("body"), SizeIs(1));
}

TEST_F(TopicsTest, SurviveARestart) {
  Subscription stored = subscription("s", filter(R"({"a":["x"]})"), FilterScope::body);
  stored.raw = true;
  stored.policy = DeliveryPolicy{7, std::chrono::seconds(2), std::chrono::seconds(9)};
  stored.dead_letter_queue = "letters";
  ASSERT_TRUE(topics->subscribe(stored));
  publish({.body = R"({"a":"x"})"});
  topics.reset();
  reopen();
  topics = Topics::over(*store);
  EXPECT_THAT(topics->topics(), ElementsAre("news"));
  const auto found = topics->subscriptions("news");
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(encode(found[0]), encode(stored));
  EXPECT_EQ(publish({.body = R"({"a":"x"})"}), 1u);
  EXPECT_EQ(publish({.body = R"({"a":"y"})"}), 0u);
  EXPECT_THAT(copies("s"), SizeIs(2));
}

TEST_F(TopicsTest, ASubscriptionIsReplacedAndEnded) {
  ASSERT_TRUE(topics->subscribe(subscription("s", filter(R"({"a":["x"]})"), FilterScope::body)));
  ASSERT_TRUE(topics->subscribe(subscription("s")));
  EXPECT_EQ(publish({.body = "anything"}), 1u);
  EXPECT_THAT(topics->subscriptions("news"), SizeIs(1));
  topics->unsubscribe("news", "s");
  topics->unsubscribe("news", "s");
  EXPECT_EQ(publish({.body = "anything"}), 0u);
  EXPECT_THAT(topics->subscriptions("news"), IsEmpty());
  EXPECT_FALSE(store->find_queue(subscription_queue("news", "s")));
  EXPECT_THAT(store->list(kSubscriptionPrefix), IsEmpty());
}

TEST_F(TopicsTest, AFifoTopicNumbersAndSwallowsBeforeItFansOut) {
  ASSERT_TRUE(topics->open_topic("orders.fifo"));
  Subscription s = subscription("s");
  s.topic = "orders.fifo";
  ASSERT_TRUE(topics->subscribe(s));
  Publication publication;
  publication.body = "one";
  publication.group = "g";
  publication.deduplication = "d";
  publish(publication, "orders.fifo");
  publish(publication, "orders.fifo");
  const auto queue = *store->find_queue(topic_queue("orders.fifo"));
  const auto waiting = store->receive(queue, 10);
  ASSERT_THAT(waiting, SizeIs(1));
  queue::Batch batch;
  EXPECT_EQ(topics->fan_out("orders.fifo", waiting[0], batch), 1u);
  store->commit(std::move(batch));
  ASSERT_THAT(copies("s", "orders.fifo"), SizeIs(1));
  const queue::Message copy = copies("s", "orders.fifo")[0].message;
  EXPECT_EQ(copy.group, "g");
  EXPECT_EQ(copy.id, waiting[0].message.id);
  EXPECT_EQ(copy.system.at(std::string(kSequence)), "00000000000000000001");
}

TEST_F(TopicsTest, QueuesGetTheirCopyAtOnce) {
  make("raw");
  make("letters");
  Subscription raw = subscription("raw"), lost = subscription("lost");
  raw.protocol = lost.protocol = "sqs";
  raw.raw = true;
  raw.endpoint = "arn:aws:sqs:us-east-1:000000000000:raw";
  lost.endpoint = "arn:aws:sqs:us-east-1:000000000000:gone";
  lost.dead_letter_queue = "letters";
  ASSERT_TRUE(topics->subscribe(raw));
  ASSERT_TRUE(topics->subscribe(lost));
  Publication publication;
  publication.body = "hello";
  publication.bodies["sqs"] = "hello, queue";
  publication.attributes["n"] = {"Number", "1"};
  publication.group = "fair";
  EXPECT_EQ(publish(publication), 2u);
  const auto got = store->receive(*store->find_queue("raw"), 10);
  ASSERT_THAT(got, SizeIs(1));
  EXPECT_EQ(got[0].message.body, "hello, queue");
  EXPECT_EQ(got[0].message.attributes.at("n").value, "1");
  EXPECT_EQ(got[0].message.group, "fair");
  const auto dead = store->receive(*store->find_queue("letters"), 10);
  ASSERT_THAT(dead, SizeIs(1));
  EXPECT_THAT(dead[0].message.body, testing::HasSubstr("\"Type\" : \"Notification\""));
  EXPECT_EQ(dead[0].message.system.at("belfry.reason"), "the queue gone does not exist");
}

TEST_F(TopicsTest, APendingSubscriptionGetsNothing) {
  Subscription pending = subscription("s");
  pending.pending = true;
  ASSERT_TRUE(topics->subscribe(pending));
  EXPECT_EQ(publish({.body = "early"}), 0u);
  std::vector<std::string> seen;
  topics->watch(
      [&](const std::string& topic, const std::string& id) { seen.push_back(topic + "/" + id); });
  pending.pending = false;
  ASSERT_TRUE(topics->subscribe(pending));
  EXPECT_EQ(publish({.body = "now"}), 1u);
  topics->delete_topic("news");
  EXPECT_THAT(seen, ElementsAre("news/s", "news/", "news/s"));
  EXPECT_THAT(store->queue_names(), IsEmpty());
  EXPECT_THAT(store->list(""), IsEmpty());
}

TEST_F(TopicsTest, RefusesWhatIsNotThereOrNoName) {
  Subscription lost = subscription("s");
  lost.topic = "nowhere";
  EXPECT_EQ(topics->subscribe(lost).error().message, "there is no topic nowhere");
  EXPECT_FALSE(topics->open_topic("a/b"));
  EXPECT_FALSE(topics->open_topic(""));
  EXPECT_FALSE(topics->subscribe(subscription("a/b")));
  queue::Batch batch;
  EXPECT_EQ(topics->publish("nowhere", {}, batch), 0u);
}

TEST_F(TopicsTest, ARecordOfANewerBelfryIsLeftAlone) {
  ASSERT_TRUE(topics->subscribe(subscription("s")));
  put("subscription/news/s", R"({"version":2})");
  topics = Topics::over(*store);
  EXPECT_THAT(topics->subscriptions("news"), IsEmpty());
  EXPECT_TRUE(store->find_queue(subscription_queue("news", "s")));
  EXPECT_EQ(store->get("subscription/news/s"), R"({"version":2})");
}

}  // namespace
}  // namespace belfry::topic
