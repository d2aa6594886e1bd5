#include "sinks/webhook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "http/server.h"
#include "queue/store_harness.h"
#include "topic/topics.h"

namespace belfry::sinks {
namespace {

using pipeline::Outcome;
using testing::HasSubstr;

class WebhookTest : public queue::StoreHarness, public testing::Test {
 protected:
  WebhookTest() {
    auto started =
        http::Server::start({}, [this](http::ServerRequest request, http::Respond respond) {
          seen_ = std::move(request);
          respond(answer_);
        });
    server_ = std::move(*started);
    subscription_.id = "s";
    subscription_.topic = "news";
    subscription_.protocol = "http";
    subscription_.endpoint = "http://127.0.0.1:" + std::to_string(server_->port()) + "/hook";
    copy_.message.id = "message-1";
    copy_.message.body = "hello";
    copy_.message.system[std::string(topic::kSubject)] = "News";
    copy_.message.attributes["n"] = {"Number", "1"};
    copy_.sent = clock.now();
  }

  Outcome deliver(const topic::DeliveryPolicy& policy = {}) {
    ManualExecutor executor(clock);
    const auto handler =
        webhook_handler(*client_, clock, executor, {notices_, subscription_, 1}, policy);
    std::promise<Outcome> got;
    handler->handle(copy_, [&](Outcome outcome) { got.set_value(std::move(outcome)); });
    return got.get_future().get();
  }

  topic::Notices notices_{*store, clock, {}};
  topic::Subscription subscription_;
  queue::Received copy_;
  http::ServerRequest seen_;
  http::ServerResponse answer_{200, {}, "", {}};
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Client> client_ = http::Client::create({.allow_private_networks = true});
};

TEST_F(WebhookTest, PostsTheDocument) {
  EXPECT_EQ(deliver().next, Outcome::Next::done);
  EXPECT_EQ(*seen_.header("x-amz-sns-message-type"), "Notification");
  EXPECT_EQ(*seen_.header("x-amz-sns-message-id"), "message-1");
  EXPECT_EQ(*seen_.header("x-amz-sns-topic-arn"), "arn:aws:sns:us-east-1:000000000000:news");
  EXPECT_EQ(*seen_.header("x-amz-sns-subscription-arn"),
            "arn:aws:sns:us-east-1:000000000000:news:s");
  EXPECT_EQ(seen_.header("x-amz-sns-rawdelivery"), nullptr);
  EXPECT_THAT(seen_.body,
              HasSubstr("\"Message\" : \"hello\",\n  \"Timestamp\" : "
                        "\"2023-11-14T22:13:20.000Z\",\n  \"SignatureVersion\" : \"1\""));
  EXPECT_THAT(seen_.body, testing::EndsWith("\"MessageAttributes\" : {\n    \"n\" : "
                                            "{\"Type\":\"Number\",\"Value\":\"1\"}\n  }\n}"));
}

TEST_F(WebhookTest, PostsTheBodyAloneWhenRaw) {
  subscription_.raw = true;
  EXPECT_EQ(deliver({.content_type = "application/json"}).next, Outcome::Next::done);
  EXPECT_EQ(seen_.body, "hello");
  EXPECT_EQ(*seen_.header("x-amz-sns-rawdelivery"), "true");
  EXPECT_EQ(*seen_.header("content-type"), "application/json");
}

TEST_F(WebhookTest, TellsWhatMayPassFromWhatWillNot) {
  for (const auto& [status, next] : {std::pair(204, Outcome::Next::done),
                                     {429, Outcome::Next::retry},
                                     {500, Outcome::Next::retry},
                                     {503, Outcome::Next::retry},
                                     {400, Outcome::Next::permanent},
                                     {404, Outcome::Next::permanent},
                                     {304, Outcome::Next::permanent}}) {
    answer_.status = status;
    EXPECT_EQ(deliver().next, next) << status;
  }
  answer_.status = 503;
  answer_.headers = {{"Retry-After", "7"}};
  EXPECT_EQ(deliver().retry_after, std::chrono::seconds(7));
}

TEST_F(WebhookTest, APrivateNetworkIsRefusedForGood) {
  client_ = http::Client::create({});
  const Outcome outcome = deliver();
  EXPECT_EQ(outcome.next, Outcome::Next::permanent);
  EXPECT_THAT(outcome.reason, HasSubstr("private or special network"));
}

TEST_F(WebhookTest, DeadLettersLookAsAQueuesCopy) {
  ManualExecutor executor(clock);
  const Subscriber subscriber{notices_, subscription_, 1};
  const auto handler =
      with_letters(webhook_handler(*client_, clock, executor, subscriber, {}), subscriber);
  EXPECT_THAT(handler->dead_letter(copy_)->body, HasSubstr("\"Type\" : \"Notification\""));
  subscription_.raw = true;
  const Subscriber raw{notices_, subscription_, 1};
  const auto letter =
      with_letters(webhook_handler(*client_, clock, executor, raw, {}), raw)->dead_letter(copy_);
  EXPECT_EQ(letter->body, "hello");
  EXPECT_EQ(letter->attributes.size(), 1u);
}

}  // namespace
}  // namespace belfry::sinks
