#include "http/request_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belfry::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RequestQueueTest : public testing::Test {
 protected:
  void add(const std::string& url) {
    Request request;
    request.url = url;
    queue.add({std::move(request), [](Response) {}});
  }
  // All that may go now.
  std::vector<std::string> go() {
    std::vector<std::string> urls;
    while (auto next = queue.next()) {
      urls.push_back(next->request.url);
      last = next->host;
    }
    return urls;
  }

  RequestQueue queue{2};
  std::string last;
};

TEST_F(RequestQueueTest, HostsTakeTurns) {
  for (const char* url : {"http://a/1", "http://a/2", "http://A/3", "http://b/1", "http://b:1/1"})
    add(url);
  EXPECT_THAT(go(), ElementsAre("http://a/1", "http://b/1", "http://b:1/1"));
  queue.ended("http://a", true);
  EXPECT_THAT(go(), ElementsAre("http://a/2", "http://A/3"));
}

TEST_F(RequestQueueTest, AHostEarnsItsShareByAnswers) {
  for (int i = 0; i < 10; ++i) add("http://a/" + std::to_string(i));
  EXPECT_THAT(go(), ElementsAre("http://a/0"));
  queue.ended("http://a", true);
  EXPECT_THAT(go(), ElementsAre("http://a/1", "http://a/2"));
  queue.ended("http://a", true);
  EXPECT_THAT(go(), ElementsAre("http://a/3"));  // two are the most
  queue.ended("http://a", false);
  EXPECT_THAT(go(), IsEmpty());
  queue.ended("http://a", false);
  EXPECT_THAT(go(), ElementsAre("http://a/4"));
  queue.ended("http://a", false);
  EXPECT_THAT(go(), ElementsAre("http://a/5"));
  queue.ended("http://a", true);
  EXPECT_THAT(go(), ElementsAre("http://a/6", "http://a/7"));
}

TEST_F(RequestQueueTest, WhatAHostHasEarnedOutlastsAPause) {
  add("http://a/1");
  go();
  queue.ended("http://a", true);
  add("http://a/2");
  add("http://a/3");
  EXPECT_THAT(go(), ElementsAre("http://a/2", "http://a/3"));
}

TEST_F(RequestQueueTest, RemembersSoManyHosts) {
  for (int i = 0; i < 10'000; ++i) {
    add("http://" + std::to_string(i) + "/");
    ASSERT_THAT(go(), testing::SizeIs(1));
    queue.ended(last, true);
  }
  EXPECT_LE(queue.hosts(), 4096u);
}

}  // namespace
}  // namespace belfry::http
