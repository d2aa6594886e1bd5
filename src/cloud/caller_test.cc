#include "cloud/caller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <mutex>

#include "base/forgetful_files.h"
#include "http/server.h"

namespace belfry::cloud {
namespace {

using testing::HasSubstr;

// A service that answers what the test says, one answer after another, and keeps what was asked.
class CallerTest : public testing::Test {
 protected:
  CallerTest() {
    auto started =
        http::Server::start({}, [this](http::ServerRequest request, http::Respond respond) {
          std::lock_guard lock(mutex_);
          requests_.push_back(std::move(request));
          if (answers_.empty()) return respond({500, {}, "", {}});
          auto answer = std::move(answers_.front());
          answers_.pop_front();
          respond(std::move(answer));
        });
    EXPECT_TRUE(started) << started.error().message;
    server_ = std::move(*started);
    settings_.region = "eu-west-1";
    settings_.endpoint = "http://127.0.0.1:" + std::to_string(server_->port());
    settings_.most_pause = std::chrono::milliseconds(1);
  }

  void answer(int status, std::string body, http::Headers headers = {}) {
    std::lock_guard lock(mutex_);
    answers_.push_back({status, std::move(headers), std::move(body), {}});
  }

  Reply call(const Clock& clock = system_clock()) {
    auto credentials = CredentialChain::create(
        {{"AKID", "secret", "token"}, ""}, [](std::string_view) { return std::nullopt; }, files_,
        system_clock());
    auto executor = thread_executor(1);
    auto caller = Caller::create(
        settings_, *credentials, [](std::string_view) { return std::nullopt; }, clock,
        secure_random(), *executor);
    Reply reply = caller->call(json_call("sqs", "1.0", "AmazonSQS.ListQueues", "{}"));
    caller->stop();
    executor.reset();
    return reply;
  }

  size_t requests() {
    std::lock_guard lock(mutex_);
    return requests_.size();
  }

  ForgetfulFiles files_{1};
  CallerSettings settings_;
  std::mutex mutex_;
  std::deque<http::ServerResponse> answers_;
  std::vector<http::ServerRequest> requests_;
  std::unique_ptr<http::Server> server_;
};

TEST_F(CallerTest, SignsWithTheTokenAndForTheRegion) {
  answer(200, "{}");
  ASSERT_TRUE(std::holds_alternative<Answer>(call()));
  const auto& request = requests_.at(0);
  EXPECT_THAT(*request.header("Authorization"), HasSubstr("AKID/"));
  EXPECT_THAT(*request.header("Authorization"), HasSubstr("/eu-west-1/sqs/aws4_request"));
  EXPECT_EQ(*request.header("X-Amz-Security-Token"), "token");
  EXPECT_EQ(*request.header("X-Amz-Target"), "AmazonSQS.ListQueues");
}

TEST_F(CallerTest, TriesThrottledAndFailedCallsThreeTimes) {
  answer(400,
         R"({"__type": "com.amazon.coral.availability#ThrottlingException", "message": "slow"})");
  answer(503, "");
  answer(200, "{}");
  EXPECT_TRUE(std::holds_alternative<Answer>(call()));
  EXPECT_EQ(requests(), 3u);
}

TEST_F(CallerTest, GivesUpAfterThreeAndSaysThatItMayPass) {
  for (int i = 0; i < 3; ++i) answer(500, R"({"__type": "InternalFailure", "message": "oh"})");
  const Reply reply = call();
  const auto& refusal = std::get<Refusal>(reply);
  EXPECT_TRUE(refusal.passing);
  EXPECT_EQ(describe(refusal), "InternalFailure: oh");
  EXPECT_EQ(requests(), 3u);
}

TEST_F(CallerTest, DoesNotTryAgainWhatWasRefused) {
  answer(400, R"({"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no such queue"})");
  const Reply reply = call();
  const auto& refusal = std::get<Refusal>(reply);
  EXPECT_FALSE(refusal.passing);
  EXPECT_EQ(refusal.code, "QueueDoesNotExist");
  EXPECT_EQ(requests(), 1u);
}

TEST_F(CallerTest, ReadsErrorsOfTheQueryProtocol) {
  answer(403,
         "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error>"
         "<Type>Sender</Type><Code>AuthorizationError</Code><Message>no</Message></Error>"
         "</ErrorResponse>");
  const Reply reply = call();
  EXPECT_EQ(describe(std::get<Refusal>(reply)), "AuthorizationError: no");
}

TEST_F(CallerTest, ReadsErrorsOfLambda) {
  answer(404, R"({"Type":"User","Message":"Function not found: ring"})",
         {{"x-amzn-ErrorType", "ResourceNotFoundException"}});
  const Reply reply = call();
  ASSERT_TRUE(std::holds_alternative<Refusal>(reply));
  EXPECT_EQ(describe(std::get<Refusal>(reply)),
            "ResourceNotFoundException: Function not found: ring");
}

TEST_F(CallerTest, FollowsTheServicesClock) {
  const ManualClock years_ago;  // the server's Date is the machine's
  answer(403, R"({"__type": "RequestTimeTooSkewed", "message": "skewed"})");
  answer(200, "{}");
  EXPECT_TRUE(std::holds_alternative<Answer>(call(years_ago)));
  EXPECT_THAT(*requests_.at(0).header("X-Amz-Date"), testing::StartsWith("20231114T"));
  EXPECT_THAT(*requests_.at(1).header("X-Amz-Date"), testing::Not(testing::StartsWith("2023")));
}

TEST_F(CallerTest, SaysWhyThereWasNoAnswer) {
  server_.reset();
  const Reply reply = call();
  const auto& refusal = std::get<Refusal>(reply);
  EXPECT_TRUE(refusal.passing);
  EXPECT_FALSE(refusal.message.empty());
}

}  // namespace
}  // namespace belfry::cloud
