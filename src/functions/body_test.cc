#include "functions/body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belfry::functions {
namespace {

using testing::HasSubstr;

event::Event donation(std::string_view payload) {
  event::Event event;
  event.position = {"ab", 128, 3, event::Kind::chaincode_event, 0};
  event.network = "charity";
  event.channel = "mychannel";
  event.transaction_id = "7d1e";
  event.chaincode = "ngo";
  event.event_name = "donationCreated";
  event.payload = payload;
  event.has_payload = true;
  return event;
}

TEST(Body, TheNgoSampleHasTheSampleListenersFields) {
  const auto body = make_body("ngo-sample");
  ASSERT_TRUE(body);
  const auto made = (*body)(donation(
      R"({"createdAt":"2026-11-24T02:43:09.000Z","createdBy":"donor23","donationAmount":33,"ngoRegistrationNumber":"6303"})"));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(
      *made,
      R"({"type":"donationCreated","transactionId":"7d1e","donationAmount":33,"ngoRegistrationNumber":"6303",)"
      R"("createdBy":"donor23","createdAt":"2026-11-24T02:43:09.000Z"})");
  const auto lacking = (*body)(donation(R"({"createdBy":"donor23"})"));
  ASSERT_FALSE(lacking);
  EXPECT_THAT(lacking.error().message,
              HasSubstr("there is no field payload.donationAmount; payload has createdBy"));
}

TEST(Body, TheEventItselfNeedsNoFunction) {
  EXPECT_FALSE(*make_body("event"));
  EXPECT_FALSE(*make_body(""));
}

TEST(Body, CloudEventsAreAPreset) {
  const auto made = (*make_body("cloudevents"))(donation("{}"));
  ASSERT_TRUE(made);
  EXPECT_THAT(*made, HasSubstr("\"specversion\":\"1.0\""));
}

TEST(Body, AnyTemplateWillDo) {
  const auto made =
      (*make_body(R"({"who":{{payload.by}},"at":"block {{block}}"})"))(donation(R"({"by":"x"})"));
  ASSERT_TRUE(made);
  EXPECT_EQ(*made, R"({"who":"x","at":"block 128"})");
}

TEST(Body, AMisspeltPresetIsNamedWithTheNearest) {
  const auto wrong = make_body("ngo-smaple");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("did you mean ngo-sample?"));
}

}  // namespace
}  // namespace belfry::functions
