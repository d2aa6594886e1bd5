#include "sinks/sms_gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <mutex>

#include "base/bytes.h"
#include "http/server.h"
#include "http/url.h"
#include "sinks/sms_template.h"

namespace belfry::sinks {
namespace {

using testing::HasSubstr;

class GatewayTest : public testing::Test {
 protected:
  GatewayTest() {
    auto started =
        http::Server::start({}, [this](http::ServerRequest request, http::Respond respond) {
          std::lock_guard lock(mutex_);
          requests_.push_back(std::move(request));
          respond(answer_);
        });
    server_ = std::move(*started);
    base_ = "http://127.0.0.1:" + std::to_string(server_->port());
  }

  SmsResult send(GatewaySettings settings, Sms sms) {
    auto gateway = make_sms_gateway(std::move(settings), *client_, system_clock());
    EXPECT_TRUE(gateway) << gateway.error().message;
    std::promise<SmsResult> result;
    (*gateway)->send(std::move(sms), [&](SmsResult got) { result.set_value(std::move(got)); });
    return result.get_future().get();
  }

  std::mutex mutex_;
  std::vector<http::ServerRequest> requests_;
  http::ServerResponse answer_{200, {}, "{}", {}};
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Client> client_ = http::Client::create({.allow_private_networks = true});
  std::string base_;
};

TEST_F(GatewayTest, SpeaksToTwilio) {
  answer_ = {201, {}, R"({"sid":"SM9"})", {}};
  const auto result = send({.preset = "twilio",
                            .from = "+15555550199",
                            .account = "AC1",
                            .password = "token",
                            .url = base_ + "/2010-04-01/Accounts/{{account}}/Messages.json"},
                           {"+15555550100", "50% & more é"});
  EXPECT_EQ(result.next, SmsResult::Next::accepted) << result.reason;
  EXPECT_EQ(result.ids, std::vector<std::string>{"SM9"});
  const auto& request = requests_.at(0);
  EXPECT_EQ(request.path, "/2010-04-01/Accounts/AC1/Messages.json");
  EXPECT_EQ(*request.header("content-type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(*request.header("authorization"), "Basic " + base64("AC1:token"));
  const http::Query form = {
      {"To", "+15555550100"}, {"From", "+15555550199"}, {"Body", "50% & more é"}};
  EXPECT_EQ(http::parse_query(request.body), form);
}

TEST_F(GatewayTest, SpeaksToVonage) {
  answer_ = {200, {}, R"({"messages":[{"status":"0","message-id":"v1"}]})", {}};
  const auto result = send({.preset = "vonage",
                            .from = "belfry",
                            .user = "key",
                            .password = "secr\"et",
                            .url = base_ + "/sms/json"},
                           {"+15555550100", "говорит \"да\"\n"});
  EXPECT_EQ(result.next, SmsResult::Next::accepted) << result.reason;
  const auto& request = requests_.at(0);
  EXPECT_EQ(*request.header("content-type"), "application/json");
  EXPECT_FALSE(request.header("authorization"));
  EXPECT_EQ(
      request.body,
      R"({"api_key": "key", "api_secret": "secr\"et", "from": "belfry", "to": "15555550100", )"
      R"("text": "говорит \"да\"\n", "type": "unicode"})");
}

TEST_F(GatewayTest, SpeaksToAnyOther) {
  const auto result = send({.user = "me",
                            .method = "GET",
                            .url = base_ + "/send?to={{to_digits}}&text={{ text }}",
                            .headers = {{"X-Key", "k {{to}}"}}},
                           {"+15555550100", "a&b"});
  EXPECT_EQ(result.next, SmsResult::Next::accepted);
  EXPECT_EQ(requests_.at(0).method, "GET");
  EXPECT_EQ(requests_[0].target, "/send?to=15555550100&text=a%26b");
  EXPECT_EQ(*requests_[0].header("x-key"), "k +15555550100");
}

TEST_F(GatewayTest, ABadNumberIsNotSent) {
  const auto result = send({.url = base_}, {"12", "x"});
  EXPECT_EQ(result.next, SmsResult::Next::permanent);
  EXPECT_TRUE(requests_.empty());
}

TEST_F(GatewayTest, CountsWhatHappens) {
  answer_ = {429, {{"Retry-After", "3"}}, "", {}};
  auto gateway = make_sms_gateway({.url = base_ + "/x"}, *client_, system_clock());
  std::promise<SmsResult> result;
  (*gateway)->send({"+15555550100", "x"}, [&](SmsResult got) { result.set_value(std::move(got)); });
  EXPECT_EQ(result.get_future().get().retry_after, std::chrono::seconds(3));
  const auto status = (*gateway)->status();
  EXPECT_EQ(status.retried, 1u);
  EXPECT_EQ(status.throttled, 1u);
  EXPECT_FALSE(status.ready);
  EXPECT_EQ(status.problem, "the gateway answered 429");
}

TEST_F(GatewayTest, SettingsThatMakeNoSenseAreRefused) {
  const std::pair<GatewaySettings, const char*> cases[] = {
      {{.preset = "twillio"},
       "there is no SMS gateway preset 'twillio': expected twilio or vonage"},
      {{.preset = "twilio", .from = "x"}, "the twilio preset needs `account`, the account SID"},
      {{.preset = "vonage"}, "the vonage preset needs `from`, the sender"},
      {{.url = ""}, "an SMS gateway needs a url"},
      {{.url = "https://x/{{too}}"},
       "url: there is no 'too' here: expected one of to, to_digits, from, text, type, account, "
       "user, password"},
      {{.url = "https://x/", .body = "{{to"}, "body: '{{to' is not closed: }} is missing"},
      {{.url = "https://x/", .accepted = "("}, "accepted: '(' is no pattern: missing ): ("}};
  for (const auto& [settings, message] : cases) {
    const auto gateway = make_sms_gateway(settings, *client_, system_clock());
    ASSERT_FALSE(gateway) << message;
    EXPECT_EQ(gateway.error().message, message);
  }
}

}  // namespace
}  // namespace belfry::sinks
