#include "http/router.h"

#include <gtest/gtest.h>

#include "http/url.h"

namespace belfry::http {
namespace {

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    on("GET", "/");
    on("GET", "/queues");
    on("POST", "/queues");
    on("GET", "/queues/{name}");
    on("GET", "/queues/special");
    on("DELETE", "/queues/{name}/messages/{id}");
    on("GET", "/assets/{path*}");
  }

  ServerResponse ask(std::string method, std::string target) {
    ServerRequest request;
    request.method = std::move(method);
    request.path = percent_decode(target).value_or("");
    request.target = std::move(target);
    ServerResponse answer;
    router_(std::move(request), [&](ServerResponse response) { answer = std::move(response); });
    return answer;
  }

  Router router_;

 private:
  void on(std::string method, std::string pattern) {
    router_.on(method, pattern, [pattern](ServerRequest request, Respond respond) {
      std::string text = pattern;
      for (const auto& [name, value] : request.captures) text += " " + name + "=" + value;
      respond({200, {}, text, {}});
    });
  }
};

TEST_F(RouterTest, FindsTheMostLiteralPattern) {
  EXPECT_EQ(ask("GET", "/").body, "/");
  EXPECT_EQ(ask("GET", "/queues?limit=3").body, "/queues");
  EXPECT_EQ(ask("GET", "/queues/special").body, "/queues/special");
  EXPECT_EQ(ask("GET", "/queues/a").body, "/queues/{name} name=a");
  EXPECT_EQ(ask("DELETE", "/queues/a%2Fb/messages/7").body,
            "/queues/{name}/messages/{id} name=a/b id=7");
  EXPECT_EQ(ask("GET", "/assets/js/x.js").body, "/assets/{path*} path=js/x.js");
}

TEST_F(RouterTest, HeadIsAnsweredByGet) {
  EXPECT_EQ(ask("HEAD", "/queues").status, 200);
}

TEST_F(RouterTest, NoSuchPathIs404) {
  for (const char* path : {"/none", "/queues/", "/queues/a/b", "/assets"})
    EXPECT_EQ(ask("GET", path).status, 404) << path;
  EXPECT_EQ(ask("GET", "/no\"ne").body, "{\"error\":\"there is nothing at /no\\\"ne\"}\n");
}

TEST_F(RouterTest, AnotherMethodIs405WithAllow) {
  const auto answer = ask("PUT", "/queues");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(*find_header(answer.headers, "allow"), "GET, POST");
  EXPECT_EQ(ask("OPTIONS", "/queues").status, 204);
}

}  // namespace
}  // namespace belfry::http
