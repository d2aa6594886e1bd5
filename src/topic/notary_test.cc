#include "topic/notary.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "queue/store_harness.h"
#include "topic/notification.h"

namespace belfry::topic {
namespace {

class NotaryTest : public queue::StoreHarness, public testing::Test {
 protected:
  // As each subscriber's delivery makes it, of a copy of its own.
  std::string document(const std::string& id, const std::string& text, int version = 1) {
    Subscription subscription;
    subscription.topic = "news";
    subscription.id = id;
    Notice notice(notices, {.id = "m-1",
                            .subject = {},
                            .message = text,
                            .time = WallTime(),
                            .attributes = {},
                            .sequence = {},
                            .token = {},
                            .signature_version = version});
    return notice.document(subscription);
  }

  Notices notices{*store, system_clock(), {}};
};

TEST_F(NotaryTest, SignsAMessageOnceForAllSubscribers) {
  EXPECT_NE(document("one", "The bell rang"), document("two", "The bell rang"));
  EXPECT_EQ(notices.notary().made(), 1u);
  document("one", "The bell rang", 2);
  document("two", "The bell rang", 2);
  EXPECT_EQ(notices.notary().made(), 2u);
  document("one", "The bell rang again");
  EXPECT_EQ(notices.notary().made(), 3u);
}

TEST_F(NotaryTest, DoesNotMixUpVersions) {
  EXPECT_NE(notices.notary().sign("text", 1), notices.notary().sign("text", 2));
}

TEST_F(NotaryTest, WhoAsksMeanwhileWaits) {
  std::vector<std::string> signatures(4);
  std::vector<std::thread> threads;
  for (auto& signature : signatures)
    threads.emplace_back([&] { signature = notices.notary().sign("text", 1); });
  for (auto& thread : threads) thread.join();
  for (const auto& signature : signatures) EXPECT_EQ(signature, signatures[0]);
  EXPECT_FALSE(signatures[0].empty());
  EXPECT_EQ(notices.notary().made(), 1u);
}

TEST_F(NotaryTest, ForgetsTheOldest) {
  const auto first = notices.notary().sign("first", 1);
  for (size_t i = 0; i < Notary::kRemembered; ++i) notices.notary().sign(std::to_string(i), 1);
  const size_t made = notices.notary().made();
  EXPECT_EQ(notices.notary().sign("first", 1), first);
  EXPECT_EQ(notices.notary().made(), made + 1);
}

}  // namespace
}  // namespace belfry::topic
