#include "sinks/gateway_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belfry::sinks {
namespace {

using testing::ElementsAre;
using Next = SmsResult::Next;

const WallTime kNow{std::chrono::seconds(1'700'000'000)};

http::Response answer(int status, std::string body, http::Headers headers = {}) {
  return {status, std::move(headers), std::move(body), "", false};
}

TEST(GatewayAnswer, TheStatusDecides) {
  const std::pair<int, Next> cases[] = {
      {200, Next::accepted},  {202, Next::accepted}, {301, Next::permanent}, {400, Next::permanent},
      {401, Next::retry},     {403, Next::retry},    {404, Next::permanent}, {408, Next::retry},
      {422, Next::permanent}, {429, Next::retry},    {500, Next::retry},     {503, Next::retry}};
  for (const auto& [status, next] : cases)
    EXPECT_EQ(judge_answer(answer(status, ""), {}, kNow).next, next) << status;
}

TEST(GatewayAnswer, RetryAfterIsHonoured) {
  EXPECT_EQ(judge_answer(answer(503, "", {{"Retry-After", "7"}}), {}, kNow).retry_after,
            std::chrono::seconds(7));
}

TEST(GatewayAnswer, NoAnswerIsRetriedButARefusalOfOursIsNot) {
  http::Response none;
  none.error = "timed out";
  EXPECT_EQ(judge_answer(none, {}, kNow).next, Next::retry);
  none.refused = true;
  EXPECT_EQ(judge_answer(none, {}, kNow).next, Next::permanent);
}

TEST(GatewayAnswer, TheIdIsFoundByItsPointer) {
  const AnswerRules rules{"", "/data/0/id"};
  EXPECT_THAT(judge_answer(answer(200, R"({"data":[{"id":42}]})"), rules, kNow).ids,
              ElementsAre("42"));
  EXPECT_EQ(judge_answer(answer(200, "not json"), rules, kNow).next, Next::accepted);
}

TEST(GatewayAnswer, AGoodStatusMustAlsoReadWell) {
  const AnswerRules rules{"^OK", ""};
  EXPECT_EQ(judge_answer(answer(200, "OK 1234"), rules, kNow).next, Next::accepted);
  const auto bad = judge_answer(answer(200, "ERR 7"), rules, kNow);
  EXPECT_EQ(bad.next, Next::permanent);
  EXPECT_EQ(bad.reason, "the gateway answered 200 but not as `accepted` wants: ERR 7");
}

TEST(GatewayAnswer, ReasonsAreShortAndOnOneLine) {
  const auto bad = judge_answer(answer(400, std::string(1000, 'x') + "\n"), {}, kNow);
  EXPECT_LT(bad.reason.size(), 250u);
}

TEST(TwilioAnswer, GivesItsOwnReason) {
  EXPECT_THAT(
      judge_twilio(answer(201, R"({"sid":"SM1","status":"queued","error_code":null})"), kNow).ids,
      ElementsAre("SM1"));
  const auto bad = judge_twilio(
      answer(400, R"({"code":21211,"message":"Invalid 'To' Phone Number","status":400})"), kNow);
  EXPECT_EQ(bad.next, Next::permanent);
  EXPECT_EQ(bad.reason, "Twilio refused with 400 (error 21211): Invalid 'To' Phone Number");
  EXPECT_EQ(judge_twilio(answer(429, R"({"code":20429,"message":"Too Many Requests"})"), kNow).next,
            Next::retry);
}

std::string vonage(std::initializer_list<const char*> statuses) {
  std::string body = R"({"message-count":"1","messages":[)";
  const char* comma = "";
  for (const char* status : statuses) {
    body += std::string(comma) + R"({"status":")" + status + R"(","message-id":"id)" + status +
            R"(","error-text":"why"})";
    comma = ",";
  }
  return body + "]}";
}

TEST(VonageAnswer, A200MayBeARefusal) {
  EXPECT_THAT(judge_vonage(answer(200, vonage({"0"})), kNow).ids, ElementsAre("id0"));
  EXPECT_EQ(judge_vonage(answer(200, vonage({"0", "0"})), kNow).parts, 2u);
  for (const char* status : {"1", "4", "5", "9"})
    EXPECT_EQ(judge_vonage(answer(200, vonage({status})), kNow).next, Next::retry) << status;
  for (const char* status : {"2", "3", "6", "7", "15", "29", "99"})
    EXPECT_EQ(judge_vonage(answer(200, vonage({status})), kNow).next, Next::permanent) << status;
  const auto partly = judge_vonage(answer(200, vonage({"0", "1"})), kNow);
  EXPECT_EQ(partly.next, Next::retry);
  EXPECT_EQ(partly.reason, "Vonage refused part 2 of 2 with status 1: why (1 parts were accepted)");
  EXPECT_EQ(judge_vonage(answer(200, "<html>"), kNow).next, Next::retry);
  EXPECT_EQ(judge_vonage(answer(429, ""), kNow).next, Next::retry);
}

}  // namespace
}  // namespace belfry::sinks
