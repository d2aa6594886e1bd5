#include "functions/template_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "queue/store_harness.h"

namespace belfry::functions {
namespace {

using pipeline::Outcome;
using testing::HasSubstr;
using testing::SizeIs;

class TemplateHandlerTest : public queue::StoreHarness, public testing::Test {
 protected:
  Outcome handle(TemplateHandler& handler, const queue::Received& message) {
    Outcome got;
    handler.handle(message, [&](Outcome outcome) { got = std::move(outcome); });
    return got;
  }
  std::unique_ptr<topic::Topics> topics = topic::Topics::over(*store);
};

TEST_F(TemplateHandlerTest, SendsTheTextOnWithTheMessagesAttributes) {
  ASSERT_TRUE(topics->open_topic("news"));
  topic::Subscription phone;
  phone.id = "phone";
  phone.topic = "news";
  phone.filter =
      match::Pattern::parse(R"({"donationAmount":[{"numeric":[">=",10]}]})", match::Dialect::sns)
          .value();
  ASSERT_TRUE(topics->subscribe(phone));
  const auto out = make("out");
  TemplateHandler handler(
      *Template::parse("{{payload.by}} gave ${{payload.donationAmount | number}}",
                       Template::Output::text),
      *Template::parse("From {{payload.by}}", Template::Output::text),
      Sending({ToTopic{"news"}, ToQueue{out}}, *topics));
  queue::Received received;
  received.message.body = R"({"payload":{"by":"alice","donationAmount":1000}})";
  received.message.attributes["donationAmount"] = {"Number", "1000"};
  Outcome outcome = handle(handler, received);
  ASSERT_EQ(outcome.next, Outcome::Next::done) << outcome.reason;
  EXPECT_EQ(store->commit(std::move(outcome.effects)).status, queue::CommitStatus::durable);
  const auto copies =
      store->peek(*store->find_queue(topic::subscription_queue("news", "phone")), 0, 10);
  ASSERT_THAT(copies, SizeIs(1));
  EXPECT_EQ(copies[0].message.body, "alice gave $1,000");
  EXPECT_EQ(copies[0].message.system.at(std::string(topic::kSubject)), "From alice");
  EXPECT_EQ(store->receive(out, 1).at(0).message.attributes.at("donationAmount").value, "1000");
}

TEST_F(TemplateHandlerTest, AMessageItDoesNotFitIsRefusedForGood) {
  TemplateHandler handler(*Template::parse("{{payload.amount}}", Template::Output::text), {},
                          Sending({}, *topics));
  queue::Received received;
  received.message.body = R"({"payload":{"donationAmount":3}})";
  Outcome outcome = handle(handler, received);
  EXPECT_EQ(outcome.next, Outcome::Next::permanent);
  EXPECT_THAT(outcome.reason,
              HasSubstr("there is no field payload.amount; payload has donationAmount"));
  received.message.body = "not json";
  EXPECT_THAT(handle(handler, received).reason, HasSubstr("not a JSON object"));
}

}  // namespace
}  // namespace belfry::functions
