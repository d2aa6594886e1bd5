#include "pipeline/fan_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "queue/store_harness.h"

namespace belfry::pipeline {
namespace {

class FanOutTest : public queue::StoreHarness, public testing::Test {
 protected:
  void SetUp() override {
    make("out.fifo", fifo());
    ASSERT_TRUE(topics->open_topic("orders.fifo"));
    topic::Subscription subscription;
    subscription.id = "s";
    subscription.topic = "orders.fifo";
    subscription.protocol = "sqs";
    subscription.endpoint = "out.fifo";
    subscription.raw = true;
    ASSERT_TRUE(topics->subscribe(subscription));
  }
  void publish(const std::string& body, const std::string& group) {
    topic::Publication publication;
    publication.body = publication.deduplication = body;
    publication.group = group;
    queue::Batch batch;
    topics->publish("orders.fifo", publication, batch);
    ASSERT_EQ(store->commit(std::move(batch)).status, queue::CommitStatus::durable);
  }
  std::vector<queue::Received> out() {
    return store->peek(*store->find_queue("out.fifo"), 0, 10'000);
  }
  void wait_for(size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (out().size() < count && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_EQ(out().size(), count);
  }

  std::unique_ptr<topic::Topics> topics = topic::Topics::over(*store);
};

TEST_F(FanOutTest, KeepsOrderThroughStopsAndStarts) {
  constexpr int kMessages = 300;
  for (int round = 0; round < 3; ++round) {
    const auto executor = thread_executor(2);
    auto fan_out = FanOut::make(*store, *topics, *executor, "orders.fifo");
    ASSERT_TRUE(fan_out);
    (*fan_out)->start();
    for (int i = 0; i < kMessages / 3; ++i)
      publish(std::to_string(round * kMessages / 3 + i), i % 2 == 0 ? "even" : "odd");
    if (round == 2) wait_for(kMessages);
    std::promise<void> stopped;
    (*fan_out)->stop([&] { stopped.set_value(); });
    stopped.get_future().wait();
  }
  std::map<std::string, int> last{{"even", -1}, {"odd", -1}};
  for (const auto& received : out()) {
    const int number = std::stoi(received.message.body);
    EXPECT_GT(number, last.at(received.message.group));
    last[received.message.group] = number;
  }
}

TEST_F(FanOutTest, NeedsAFifoTopic) {
  ASSERT_TRUE(topics->open_topic("plain"));
  ManualExecutor executor(clock);
  EXPECT_EQ(FanOut::make(*store, *topics, executor, "plain").error().message,
            "there is no FIFO topic plain");
}

}  // namespace
}  // namespace belfry::pipeline
