#include "http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "base/bytes.h"
#include "http/server.h"

namespace belfry::http {
namespace {

using testing::HasSubstr;

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    auto started = Server::start(
        {}, [this](ServerRequest request, Respond respond) { serve(request, respond); });
    EXPECT_TRUE(started) << started.error().message;
    server_ = std::move(*started);
  }

  void serve(ServerRequest& request, Respond& respond) {
    if (request.path == "/echo") {
      ServerResponse response{201, {{"X-Method", request.method}}, request.body, {}};
      for (const char* name : {"Authorization", "Content-Type", "X-Mine", "Expect", "User-Agent"})
        if (const auto* value = request.header(name))
          response.headers.emplace_back("Got-" + std::string(name), *value);
      return respond(std::move(response));
    }
    if (request.path == "/redirect")
      return respond({302, {{"Location", "/echo"}}, "over there", {}});
    if (request.path == "/long") return respond({200, {}, std::string(5000, 'x'), {}});
    if (request.path == "/never") return waiting_.push_back(std::move(respond));
    respond({404, {}, "", {}});
  }

  Request request(const std::string& path) {
    Request request;
    request.url = "http://127.0.0.1:" + std::to_string(server_->port()) + path;
    return request;
  }

  std::vector<Respond> waiting_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_ = Client::create({.allow_private_networks = true});
};

TEST_F(ClientTest, SendsWhatWasAskedAndNothingMore) {
  Request post = request("/echo");
  post.method = "POST";
  post.body = std::string("a\0b", 3);
  post.headers = {{"X-Mine", "yes"}};
  post.user = "me";
  post.password = "pass word";
  const Response response = client_->send(std::move(post));
  EXPECT_EQ(response.status, 201) << response.error;
  EXPECT_EQ(response.body, std::string("a\0b", 3));
  EXPECT_EQ(*response.header("x-method"), "POST");
  EXPECT_EQ(*response.header("Got-X-Mine"), "yes");
  EXPECT_EQ(*response.header("Got-Authorization"), "Basic " + base64("me:pass word"));
  EXPECT_EQ(*response.header("Got-User-Agent"), "belfry");
  EXPECT_FALSE(response.header("Got-Content-Type"));
  EXPECT_FALSE(response.header("Got-Expect"));
}

TEST_F(ClientTest, KnowsTheMethods) {
  for (const std::string method : {"GET", "PUT", "PATCH", "DELETE", "HEAD", "POST"}) {
    Request asked = request("/echo");
    asked.method = method;
    const Response response = client_->send(std::move(asked));
    EXPECT_EQ(response.status, 201) << method << response.error;
    EXPECT_EQ(*response.header("x-method"), method);
  }
}

TEST_F(ClientTest, ReusesConnections) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client_->send(request("/echo")).status, 201);
  EXPECT_EQ(server_->connections(), 1u);
}

TEST_F(ClientTest, ManyAtOnceWaitForTheirTurn) {
  client_ = Client::create({.allow_private_networks = true, .connections = 4});
  std::vector<std::promise<int>> answers(200);
  for (auto& answer : answers)
    client_->send(request("/echo"), [&](Response response) { answer.set_value(response.status); });
  for (auto& answer : answers) EXPECT_EQ(answer.get_future().get(), 201);
  EXPECT_LE(server_->connections(), 4u);
}

TEST_F(ClientTest, AHostThatHangsHoldsUpNoOther) {
  client_ =
      Client::create({.allow_private_networks = true, .connections = 4, .connections_per_host = 2});
  std::atomic<int> left = 100;
  for (int i = 0; i < 100; ++i) client_->send(request("/never"), [&](Response) { --left; });
  Request other = request("/echo");
  other.url.replace(other.url.find("127.0.0.1"), 9, "localhost");
  EXPECT_EQ(client_->send(std::move(other)).status, 201);
  client_.reset();
  EXPECT_EQ(left, 0);
}

TEST_F(ClientTest, TooManyWaitingIsAnError) {
  client_ = Client::create({.allow_private_networks = true, .waiting = 0});
  EXPECT_EQ(client_->send(request("/echo")).error, "too many HTTP requests wait already");
}

TEST_F(ClientTest, RefusesPrivateNetworks) {
  client_ = Client::create({});
  for (const std::string host :
       {"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1"}) {
    Request asked;
    asked.url = "http://" + host + ":" + std::to_string(server_->port()) + "/echo";
    const Response response = client_->send(std::move(asked));
    EXPECT_EQ(response.status, 0);
    EXPECT_TRUE(response.refused) << host;
    EXPECT_THAT(response.error, HasSubstr("private or special network")) << host;
  }
  EXPECT_EQ(server_->connections(), 0u);
}

TEST_F(ClientTest, RefusesWhatIsMalformed) {
  for (const std::string url :
       {"ftp://127.0.0.1/", "file:///etc/passwd", "127.0.0.1", "http://a b/",
        "http://me:pass@127.0.0.1/", "http://127.0.0.1\r\nX: y/", "http://"}) {
    Request asked;
    asked.url = url;
    const Response response = client_->send(std::move(asked));
    EXPECT_EQ(response.status, 0) << url;
    EXPECT_TRUE(response.refused) << url << ": " << response.error;
  }
  Request injected = request("/echo");
  injected.headers = {{"X", "a\r\nY: b"}};
  EXPECT_EQ(client_->send(std::move(injected)).error, "the header field X has control characters");
}

TEST_F(ClientTest, FollowsRedirectsOnlyWhenAsked) {
  EXPECT_EQ(client_->send(request("/redirect")).status, 302);
  Request follow = request("/redirect");
  follow.redirects = 1;
  const Response response = client_->send(std::move(follow));
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, "");
  EXPECT_FALSE(response.header("location"));
}

TEST_F(ClientTest, LimitsTheAnswer) {
  Request asked = request("/long");
  asked.response_limit = 4999;
  EXPECT_EQ(client_->send(std::move(asked)).error, "the answer is longer than 4999 bytes");
  asked = request("/long");
  asked.response_limit = 5000;
  EXPECT_EQ(client_->send(std::move(asked)).body.size(), 5000u);
}

TEST_F(ClientTest, TimesOut) {
  Request asked = request("/never");
  asked.timeout = std::chrono::milliseconds(30);
  const Response response = client_->send(std::move(asked));
  EXPECT_EQ(response.status, 0);
  EXPECT_FALSE(response.refused);
  EXPECT_THAT(response.error, HasSubstr("timed out"));
}

TEST_F(ClientTest, OutstandingRequestsEndWithTheClient) {
  std::promise<std::string> ended;
  client_->send(request("/never"), [&](Response response) { ended.set_value(response.error); });
  client_.reset();
  EXPECT_EQ(ended.get_future().get(), "the HTTP client is stopping");
}

TEST_F(ClientTest, NobodyListensIsAnErrorThatMayPass) {
  Request asked = request("/echo");
  server_.reset();
  const Response response = client_->send(std::move(asked));
  EXPECT_EQ(response.status, 0);
  EXPECT_FALSE(response.refused);
  EXPECT_THAT(response.error, HasSubstr("connect"));
}

TEST(RetryAfter, InSecondsOrAsADate) {
  const WallTime now{std::chrono::seconds(784111777)};  // Sun, 06 Nov 1994 08:49:37 GMT
  const auto asks = [&](std::string value) {
    return retry_after({429, {{"retry-after", value}}, "", "", false}, now);
  };
  EXPECT_EQ(asks("120"), std::chrono::seconds(120));
  EXPECT_EQ(asks("Sun, 06 Nov 1994 08:50:37 GMT"), std::chrono::seconds(60));
  EXPECT_EQ(asks("Sun, 06 Nov 1994 08:00:00 GMT"), std::chrono::seconds(0));
  EXPECT_EQ(asks("99999999999999"), std::chrono::hours(24));
  EXPECT_EQ(asks("soon"), std::nullopt);
  EXPECT_EQ(asks("-5"), std::nullopt);
  EXPECT_EQ(retry_after({}, now), std::nullopt);
}

}  // namespace
}  // namespace belfry::http
