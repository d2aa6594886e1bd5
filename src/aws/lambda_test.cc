// Lambda's REST API without a process: names, refusals, and what a restart finds. Functions at work
// are in tests/lambda, with AWS's own clients.
#include "aws/lambda.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "base/bytes.h"
#include "functions/code_archive.h"
#include "queue/store_harness.h"

namespace belfry::aws::lambda {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

class LambdaTest : public queue::StoreHarness, public testing::Test {
 protected:
  LambdaTest() {
    std::string pattern = testing::TempDir() + "lambdaXXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    std::filesystem::create_directories(folder_ / "code");
    std::ofstream(folder_ / "code/bootstrap") << "#!/bin/sh\n";
    code_ = base64(*functions::pack_code((folder_ / "code").string()));
    host_ = std::move(*functions::LambdaHost::start(posix_files(), clock, *random_,
                                                    {(folder_ / "functions").string()}));
    open();
  }
  ~LambdaTest() override {
    lambda_.reset();
    host_.reset();
    std::filesystem::remove_all(folder_);
  }

  void open() {
    Lambda::Options options;
    options.folder = (folder_ / "functions").string();
    lambda_ = std::make_unique<Lambda>(
        Lambda::Parts{*store, *host_, posix_files(), clock, *random_, executor_}, options);
    ASSERT_TRUE(lambda_->resume());
  }

  struct Answer {
    int status = 0;
    json::object body;
    std::string error;  // its type
  };
  Answer ask(const std::string& method, const std::string& path, const json::object& body = {}) {
    const auto answer = begin(method, path, body);
    settle([&] { return is_there(answer); });
    return answer.get();
  }
  // Without waiting for the answer.
  std::shared_future<Answer> begin(const std::string& method, const std::string& path,
                                   const json::object& body = {}) {
    http::ServerRequest request;
    request.method = method;
    request.path = path.substr(0, path.find('?'));
    if (const size_t mark = path.find('?'); mark != path.npos)
      request.query.emplace_back("Qualifier", path.substr(mark + 1));
    if (!body.empty()) request.body = json::serialize(body);
    Caller caller;
    caller.region = "eu-west-1";
    std::promise<Answer> promise;
    const std::shared_future<Answer> answer = promise.get_future().share();
    lambda_->handle(std::move(request), caller,
                    [promise = std::move(promise)](http::ServerResponse response) mutable {
                      Answer given{response.status, {}, {}};
                      boost::system::error_code error;
                      if (auto parsed = json::parse(response.body, error);
                          !error && parsed.is_object())
                        given.body = parsed.as_object();
                      for (const auto& [name, value] : response.headers)
                        if (name == "x-amzn-ErrorType") given.error = value;
                      promise.set_value(std::move(given));
                    });
    return answer;
  }
  static bool is_there(const std::shared_future<Answer>& answer) {
    return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }
  // The store answers on a thread of its own.
  void settle(const std::function<bool()>& so) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!so() && std::chrono::steady_clock::now() < limit)
      if (executor_.run() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_TRUE(so());
  }
  Answer create(const std::string& name) {
    return ask("POST", "/2015-03-31/functions",
               {{"FunctionName", name},
                {"Runtime", "provided.al2023"},
                {"Role", "arn:aws:iam::000000000000:role/any"},
                {"Handler", "any"},
                {"Code", {{"ZipFile", code_}}}});
  }

  std::filesystem::path folder_;
  std::string code_;
  std::unique_ptr<Random> random_ = seeded_random(7);
  ManualExecutor executor_{clock};
  std::unique_ptr<functions::LambdaHost> host_;
  std::unique_ptr<Lambda> lambda_;
};

TEST_F(LambdaTest, FunctionsAreFoundUnderEachOfTheirNames) {
  ASSERT_EQ(create("ring").status, 201);
  for (const char* name : {"ring", "ring:$LATEST", "000000000000:function:ring", "function:ring",
                           "arn:aws:lambda:eu-west-1:000000000000:function:ring"})
    EXPECT_EQ(ask("GET", std::string("/2015-03-31/functions/") + name).status, 200) << name;
  const std::string arn = "arn:aws:lambda:eu-west-1:000000000000:function:ring";
  EXPECT_EQ(ask("GET", "/2015-03-31/functions/ring?1").body.at("Message"),
            json::value("Function not found: " + arn + ":1"));
  EXPECT_EQ(ask("GET", "/2015-03-31/functions/ring:1?2").body.at("message"),
            "The derived qualifier from the function name does not match the specified qualifier.");
  EXPECT_EQ(ask("GET", "/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:ring")
                .body.at("Message"),
            "Functions from 'us-east-1' are not reachable in this region ('eu-west-1')");
  const Answer bad = ask("GET", "/2015-03-31/functions/ri@ng");
  EXPECT_EQ(bad.error, "ValidationException");
  EXPECT_THAT(std::string(bad.body.at("message").as_string()),
              HasSubstr("Value 'ri@ng' at 'functionName' failed to satisfy constraint"));
  EXPECT_EQ(ask("DELETE", "/2015-03-31/functions/ring:$LATEST").body.at("message"),
            "$LATEST version cannot be deleted without deleting the function.");
}

TEST_F(LambdaTest, NamesAreRefusedInAwsWords) {
  const auto message = [](const Answer& answer) {
    return std::string(answer.body.at("message").as_string());
  };
  const std::string base = "/2015-03-31/functions/";
  for (const char* name : {"arn:aws:lambda::000000000000:function:ring", "my:a:b", "ring:$LATES",
                           "arn:aws:sqs:eu-west-1:000000000000:ring"})
    EXPECT_THAT(message(ask("GET", base + name)),
                HasSubstr("(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"))
        << name;
  EXPECT_EQ(ask("GET", base + "arn:aws:lambda:eu-west-1:000000000000:function").body.at("Message"),
            "Function not found: arn:aws:lambda:eu-west-1:000000000000:function:function");
  EXPECT_THAT(message(create("a.b")), HasSubstr("([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?"));
  const Answer longer = create(std::string(65, 'a'));
  EXPECT_EQ(longer.error, "InvalidParameterValueException");
  EXPECT_THAT(message(longer), HasSubstr("Member must have length less than or equal to 64"));
  EXPECT_THAT(message(create(std::string(141, '.'))), HasSubstr("2 validation errors detected: "));
}

TEST_F(LambdaTest, AChangeAndItsEndAreTwoRevisions) {
  const auto made = create("ring").body.at("RevisionId");
  const std::string configuration = "/2015-03-31/functions/ring/configuration";
  const auto settled = ask("GET", configuration).body.at("RevisionId");
  EXPECT_NE(made, settled);
  EXPECT_EQ(ask("GET", configuration).body.at("RevisionId"), settled);
  EXPECT_EQ(made.as_string().size(), settled.as_string().size());
  EXPECT_EQ(ask("PUT", configuration, {{"Timeout", 7}, {"RevisionId", made}}).status, 412);
  EXPECT_EQ(ask("PUT", configuration, {{"Timeout", 7}, {"RevisionId", settled}}).status, 200);
}

TEST_F(LambdaTest, AVersionThatIsNotThereIsDeleted) {
  ASSERT_EQ(create("ring").status, 201);
  EXPECT_EQ(ask("DELETE", "/2015-03-31/functions/ring?12").status, 204);
  EXPECT_EQ(ask("DELETE", "/2015-03-31/functions/none?12").status, 404);
  EXPECT_EQ(ask("GET", "/2015-03-31/functions/ring").status, 200);
}

TEST_F(LambdaTest, LoggingIsKeptAndShown) {
  ASSERT_EQ(create("ring").status, 201);
  const auto update = [&](boost::json::object logging) {
    return ask("PUT", "/2015-03-31/functions/ring/configuration",
               {{"LoggingConfig", std::move(logging)}})
        .body;
  };
  using boost::json::value;
  EXPECT_EQ(update({{"LogFormat", "JSON"}, {"SystemLogLevel", "DEBUG"}}).at("LoggingConfig"),
            (value{{"LogFormat", "JSON"},
                   {"LogGroup", "/aws/lambda/ring"},
                   {"ApplicationLogLevel", "INFO"},
                   {"SystemLogLevel", "DEBUG"}}));
  EXPECT_EQ(update({{"LogFormat", "Text"}, {"LogGroup", "other"}}).at("LoggingConfig"),
            (value{{"LogFormat", "Text"}, {"LogGroup", "other"}}));
}

TEST_F(LambdaTest, NoUpdateUndoesAnother) {
  ASSERT_EQ(create("ring").status, 201);
  const std::string base = "/2015-03-31/functions/";
  const auto first = begin("PUT", base + "ring/configuration", {{"Timeout", 7}});
  const auto second = begin("PUT", base + "function:ring/configuration", {{"MemorySize", 256}});
  const auto third =
      begin("PUT", "/2017-10-31/functions/ring/concurrency", {{"ReservedConcurrentExecutions", 3}});
  settle([&] { return is_there(first) && is_there(second) && is_there(third); });
  const json::object now = ask("GET", base + "ring").body;
  EXPECT_EQ(now.at("Configuration").at("Timeout"), 7);
  EXPECT_EQ(now.at("Configuration").at("MemorySize"), 256);
  EXPECT_EQ(now.at("Concurrency").at("ReservedConcurrentExecutions"), 3);
}

TEST_F(LambdaTest, WhatIsNotThereSaysSo) {
  for (const auto& [method, path] :
       {std::pair{"POST", "/2015-03-31/functions/ring/versions"},
        std::pair{"GET", "/2018-10-31/layers"}, std::pair{"PATCH", "/2015-03-31/functions"},
        std::pair{"GET", "/2021-10-31/functions/x/url"}}) {
    const Answer answer = ask(method, path);
    EXPECT_EQ(answer.error, "UnsupportedOperation") << path;
    EXPECT_EQ(answer.status, 400);
  }
}

TEST_F(LambdaTest, ARestartFindsFunctionsAndMappingsAndClearsUp) {
  ASSERT_EQ(create("ring").status, 201);
  const std::string code(store->get(std::string(kFunctionPrefix) + "ring").value());
  const std::string folder = decode_function_record(code)->code;
  ASSERT_TRUE(store->open_queue("in", {}));
  const Answer mapping =
      ask("POST", "/2015-03-31/event-source-mappings",
          {{"FunctionName", "ring"}, {"EventSourceArn", "arn:aws:sqs:eu-west-1:000000000000:in"}});
  ASSERT_EQ(mapping.status, 202);
  std::filesystem::create_directories(folder_ / "functions/ring/code-left-over");
  lambda_.reset();
  host_->remove("ring");
  open();
  EXPECT_TRUE(host_->find("ring"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "functions/ring/code-left-over"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "functions/ring" / folder / "bootstrap"));
  const std::string uuid(mapping.body.at("UUID").as_string());
  EXPECT_EQ(ask("GET", "/2015-03-31/event-source-mappings/" + uuid).body.at("State"), "Enabled");
  const Answer again =
      ask("POST", "/2015-03-31/event-source-mappings",
          {{"FunctionName", "ring"}, {"EventSourceArn", "arn:aws:sqs:eu-west-1:000000000000:in"}});
  EXPECT_EQ(again.error, "ResourceConflictException");
}

TEST_F(LambdaTest, WhoMayNotIsTold) {
  ASSERT_EQ(create("ring").status, 201);
  lambda_->set_allowed([](const Caller&, std::string_view action,
                          std::string_view resource) -> std::optional<Fault> {
    if (action == "lambda:GetFunction" &&
        resource == "arn:aws:lambda:eu-west-1:000000000000:function:ring")
      return {};
    return Fault{"AccessDenied", {}, "no", 403};
  });
  EXPECT_EQ(ask("GET", "/2015-03-31/functions/ring").status, 200);
  EXPECT_EQ(ask("DELETE", "/2015-03-31/functions/ring").status, 403);
}

}  // namespace
}  // namespace belfry::aws::lambda
