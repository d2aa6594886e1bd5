// What the tests of the secrets' services share: a front over a store on a forgetful file system,
// and tables of calls with what they must answer.
#pragma once

#include <gtest/gtest.h>

#include "aws/front.h"
#include "aws/secrets_manager.h"
#include "aws/ssm.h"
#include "aws/sts.h"
#include "queue/store_harness.h"

namespace belfry::aws {

class SecretsHarness : public testing::Test {
 protected:
  SecretsHarness() { start(); }

  void start() {
    secrets = std::make_unique<SecretsStore>(*disk.store, disk.clock, *random, key);
    front = std::make_unique<Front>(disk.clock, *random, Front::Options());
    front->add(secrets_manager(*secrets));
    front->add(ssm(*secrets));
    front->add(sts());
  }
  void reopen() {
    front.reset();
    secrets.reset();
    disk.reopen();
    start();
  }

  http::ServerResponse ask(http::ServerRequest request) {
    http::ServerResponse got;
    request.method = "POST";
    request.target = request.path = "/";
    request.peer = "127.0.0.1";
    request.headers.emplace_back("Host", "localhost:4566");
    front->handle(std::move(request),
                  [&](http::ServerResponse response) { got = std::move(response); });
    return got;
  }
  // The answer's object; a fault's has "__type". Gives the token that clients make up.
  boost::json::object call(const std::string& target, std::string body) {
    if (target.ends_with("Secret") || target.ends_with("PutSecretValue")) {
      auto input = boost::json::parse(body).as_object();
      if (!input.contains("ClientRequestToken")) input["ClientRequestToken"] = random->uuid();
      body = boost::json::serialize(input);
    }
    return call_as_is(target, std::move(body));
  }
  boost::json::object call_as_is(const std::string& target, std::string body) {
    http::ServerRequest request;
    request.headers = {{"X-Amz-Target", target}};
    request.body = std::move(body);
    return boost::json::parse(ask(std::move(request)).body).as_object();
  }

  struct Step {
    const char *action, *input, *expected;
  };
  // Runs the steps in order. Of each answer the members of `expected` must be there and equal; "*"
  // is anything that is there, and null what must not be there. $NAME! stands for what an
  // earlier answer's member "$NAME=member" kept.
  void play(const std::string& prefix, const std::vector<Step>& steps) {
    for (size_t at = 0; at < steps.size(); ++at) {
      const Step& step = steps[at];
      const auto answer = call(prefix + "." + step.action, filled(step.input));
      const auto expected = boost::json::parse(filled(step.expected)).as_object();
      for (const auto& [name, value] : expected) {
        const std::string what = "step " + std::to_string(at) + " " + step.action + " " +
                                 std::string(name) + " in " + boost::json::serialize(answer);
        if (name.starts_with("$")) {
          const auto* found = answer.if_contains(value.as_string());
          ASSERT_TRUE(found) << what;
          kept_[name] = std::string(found->as_string());
          continue;
        }
        const auto* found = answer.if_contains(name);
        if (value.is_null()) {
          EXPECT_FALSE(found) << what;
          continue;
        }
        ASSERT_TRUE(found) << what;
        EXPECT_TRUE(value == "*" || *found == value) << what;
      }
    }
  }

  queue::StoreHarness disk;
  std::unique_ptr<Random> random = seeded_random(11);
  MasterKey key = MasterKey::make(*random);
  std::unique_ptr<SecretsStore> secrets;
  std::unique_ptr<Front> front;

 private:
  std::string filled(std::string text) const {
    for (const auto& [name, value] : kept_)
      for (size_t at = 0; (at = text.find(name + "!", at)) != std::string::npos;)
        text.replace(at, name.size() + 1, value);
    return text;
  }
  std::map<std::string, std::string> kept_;
};

}  // namespace belfry::aws
