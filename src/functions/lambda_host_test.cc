#include "functions/lambda_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>

namespace belfry::functions {
namespace {

using testing::HasSubstr;
using testing::Not;

// A bootstrap in Python, as a custom runtime is: small, and it starts quickly.
constexpr std::string_view kBootstrap = R"(#!/usr/bin/env python3
import http.client, json, os, signal, sys, time
address = os.environ["AWS_LAMBDA_RUNTIME_API"]
def call(method, path, body=None, headers={}):
    connection = http.client.HTTPConnection(address)
    connection.request(method, "/2018-06-01/runtime/" + path, body, headers)
    answer = connection.getresponse()
    return answer, answer.read()
handler = os.environ["_HANDLER"]
if handler == "broken":
    call("POST", "init/error", json.dumps({"errorType": "Broken", "errorMessage": "no good"}))
    sys.exit(1)
if handler == "exits": sys.exit(3)
print("started", flush=True)
count = 0
while True:
    answer, event = call("GET", "invocation/next")
    event = json.loads(event)
    count += 1
    mine = "invocation/" + answer.headers["Lambda-Runtime-Aws-Request-Id"] + "/"
    print("got", event, flush=True)
    do = event.get("do")
    if do == "hang": time.sleep(1000)
    if do == "exit": os._exit(7)
    if do == "kill": os.kill(os.getpid(), signal.SIGKILL)
    if do == "eat": hog = bytearray(400 << 20); [hog.__setitem__(i, 1) for i in range(0, len(hog), 4096)]; time.sleep(1000)
    if do == "fail": call("POST", mine + "error", json.dumps({"errorType": "Failed", "errorMessage": "told to"})); continue
    if do == "large": call("POST", mine + "response", b"x" * (6291556 + 1)); continue
    if do == "wait":
        while not os.path.exists(event["for"]): time.sleep(0.01)
    if do == "next":
        event["status"] = call("GET", "invocation/next")[0].status
    if do == "wrong":
        event["status"] = call("POST", "invocation/other/response", "{}")[0].status
    if do == "web":
        event["status"] = call("GET", "invocation/next", None, {"Origin": "http://example.org"})[0].status
    event.update(count=count, pid=os.getpid(), arn=answer.headers["Lambda-Runtime-Invoked-Function-Arn"],
                 trace=answer.headers["Lambda-Runtime-Trace-Id"], left=int(answer.headers["Lambda-Runtime-Deadline-Ms"]) - time.time() * 1000,
                 environment={k: v for k, v in os.environ.items()}, cwd=os.getcwd())
    call("POST", mine + "response", json.dumps(event))
)";

class LambdaHostTest : public testing::Test {
 protected:
  LambdaHostTest() {
    std::string pattern = testing::TempDir() + "lambdaXXXXXX";
    folder = ::mkdtemp(pattern.data());
    code = folder + "/code";
    std::filesystem::create_directories(code);
    write("bootstrap", kBootstrap);
    auto started =
        LambdaHost::start(posix_files(), system_clock(), secure_random(), {folder + "/functions"});
    EXPECT_TRUE(started) << started.error().message;
    host = std::move(*started);
    host->set_endpoint("http://127.0.0.1:4566");
  }
  ~LambdaHostTest() override {
    host.reset();
    std::filesystem::remove_all(folder);
  }

  void write(const std::string& name, std::string_view text) {
    std::ofstream(code + "/" + name) << text;
    ::chmod((code + "/" + name).c_str(), 0755);
  }

  LambdaSettings settings(std::string handler = "handler") {
    LambdaSettings it;
    it.name = "ring";
    it.arn = "arn:aws:lambda:eu-west-1:000000000000:function:ring";
    it.region = "eu-west-1";
    it.runtime = "provided.al2023";
    it.handler = std::move(handler);
    it.code = code;
    it.timeout = std::chrono::seconds(60);
    it.memory = 256;
    return it;
  }

  std::future<InvocationResult> begin(std::string event,
                                      LambdaHost::Wait wait = LambdaHost::Wait::yes) {
    auto promise = std::make_shared<std::promise<InvocationResult>>();
    host->invoke("ring", {std::move(event), "Root=1-2-3", {}}, wait,
                 [promise](InvocationResult result) { promise->set_value(std::move(result)); });
    return promise->get_future();
  }
  InvocationResult invoke(std::string event) { return begin(std::move(event)).get(); }

  std::string folder, code;
  std::unique_ptr<LambdaHost> host;
};

TEST_F(LambdaHostTest, AFunctionGetsEventsOneAfterTheOtherInOneProcess) {
  auto it = settings();
  it.environment = {{"COLOUR", "green"}, {"AWS_REGION", "mine"}};
  ASSERT_TRUE(host->put(it));
  const auto first = invoke(R"({"a":1})");
  EXPECT_EQ(first.kind, InvocationResult::Kind::done);
  EXPECT_THAT(first.payload, HasSubstr(R"("count": 1)"));
  EXPECT_THAT(first.payload,
              HasSubstr(R"("arn": "arn:aws:lambda:eu-west-1:000000000000:function:ring")"));
  EXPECT_THAT(first.payload, HasSubstr(R"("trace": "Root=1-2-3")"));
  EXPECT_THAT(first.payload, HasSubstr(R"("COLOUR": "green")"));
  EXPECT_THAT(first.payload, HasSubstr(R"("AWS_REGION": "eu-west-1")"));
  EXPECT_THAT(first.payload, HasSubstr(R"("AWS_ENDPOINT_URL": "http://127.0.0.1:4566")"));
  EXPECT_THAT(first.payload, HasSubstr("\"cwd\": \"" + std::filesystem::canonical(code).string()));
  EXPECT_THAT(first.payload, Not(HasSubstr("GTEST")));  // a clean environment
  EXPECT_THAT(invoke("{}").payload, HasSubstr(R"("count": 2)"));
  EXPECT_EQ(host->counts("ring").cold_starts, 1u);
}

TEST_F(LambdaHostTest, TheLogHasLambdasLines) {
  ASSERT_TRUE(host->put(settings()));
  const auto result = invoke("{}");
  EXPECT_THAT(result.log_tail, testing::StartsWith("START RequestId: " + result.request_id +
                                                   " Version: $LATEST\ngot {}\nEND RequestId: "));
  EXPECT_THAT(
      result.log_tail,
      testing::ContainsRegex("REPORT RequestId: .*\tDuration: .* ms\tBilled Duration: .* "
                             "ms\tMemory Size: 256 MB\tMax Memory Used: .* MB\tInit Duration: "));
  EXPECT_THAT(host->log("ring")->read(0).text,
              HasSubstr("Z INIT_START Runtime Version: provided.al2023\n"));
  EXPECT_THAT(host->log("ring")->read(0).text, HasSubstr("Z started\n"));
}

TEST_F(LambdaHostTest, AnErrorOfTheHandlerIsItsResult) {
  ASSERT_TRUE(host->put(settings()));
  const auto failed = invoke(R"({"do":"fail"})");
  EXPECT_EQ(failed.kind, InvocationResult::Kind::error);
  EXPECT_EQ(failed.reason(), "Failed: told to");
  EXPECT_THAT(invoke("{}").payload, HasSubstr(R"("count": 2)"));  // the process goes on
}

TEST_F(LambdaHostTest, WhoeverTakesTooLongIsEndedAndTheNextStartsCold) {
  auto it = settings();
  it.timeout = std::chrono::seconds(1);
  ASSERT_TRUE(host->put(it));
  const auto late = invoke(R"({"do":"hang"})");
  EXPECT_EQ(late.kind, InvocationResult::Kind::error);
  EXPECT_THAT(late.reason(),
              testing::MatchesRegex(
                  "Sandbox.Timedout: RequestId: .* Error: Task timed out after 1.00 seconds"));
  EXPECT_THAT(late.log_tail, HasSubstr(" Task timed out after 1.00 seconds\n"));
  it.timeout = std::chrono::seconds(60);
  ASSERT_TRUE(host->put(it));
  EXPECT_THAT(invoke("{}").payload, HasSubstr(R"("count": 1)"));
}

TEST_F(LambdaHostTest, ACrashIsToldAndHarmsNobodyElse) {
  ASSERT_TRUE(host->put(settings()));
  EXPECT_THAT(
      invoke(R"({"do":"exit"})").reason(),
      testing::MatchesRegex(
          "Runtime.ExitError: RequestId: .* Error: Runtime exited with error: exit status 7"));
  EXPECT_THAT(invoke(R"({"do":"kill"})").reason(),
              HasSubstr("Runtime exited with error: signal: killed"));
  EXPECT_EQ(invoke("{}").kind, InvocationResult::Kind::done);
  EXPECT_EQ(host->counts("ring").cold_starts, 3u);
}

TEST_F(LambdaHostTest, WhoeverTakesTooMuchMemoryIsEnded) {
  ASSERT_TRUE(host->put(settings()));
  const auto result = invoke(R"({"do":"eat"})");
  EXPECT_THAT(result.reason(), HasSubstr("Runtime.OutOfMemory"));
  EXPECT_THAT(result.log_tail, HasSubstr("MB of its 256 MB and is ended"));
}

TEST_F(LambdaHostTest, AStartThatFailsIsToldToTheEventThatWaits) {
  ASSERT_TRUE(host->put(settings("broken")));
  EXPECT_EQ(invoke("{}").reason(), "Broken: no good");
  ASSERT_TRUE(host->put(settings("exits")));
  EXPECT_THAT(invoke("{}").reason(), HasSubstr("Runtime exited with error: exit status 3"));
  std::filesystem::remove(code + "/bootstrap");
  EXPECT_THAT(invoke("{}").reason(), HasSubstr("there is no file bootstrap in "));
  write("bootstrap", kBootstrap);
  ASSERT_TRUE(host->put(settings()));
  EXPECT_EQ(invoke("{}").kind, InvocationResult::Kind::done);
}

TEST_F(LambdaHostTest, ConcurrencyIsBounded) {
  auto it = settings();
  it.concurrency = 2;
  ASSERT_TRUE(host->put(it));
  const std::string gate = folder + "/gate";
  const std::string event = R"({"do":"wait","for":")" + gate + "\"}";
  auto first = begin(event), second = begin(event), third = begin(event);
  EXPECT_EQ(begin("{}", LambdaHost::Wait::no).get().kind, InvocationResult::Kind::throttled);
  EXPECT_EQ(host->counts("ring").environments, 2u);
  std::ofstream(gate) << "open";
  for (auto* it : {&first, &second, &third})
    EXPECT_EQ(it->get().kind, InvocationResult::Kind::done);
  EXPECT_EQ(host->counts("ring").cold_starts, 2u);
}

TEST_F(LambdaHostTest, NewCodeServesTheNextEvent) {
  ASSERT_TRUE(host->put(settings()));
  EXPECT_EQ(invoke("{}").kind, InvocationResult::Kind::done);
  auto it = settings();
  it.environment = {{"VERSION", "two"}};
  ASSERT_TRUE(host->put(it));
  EXPECT_THAT(invoke("{}").payload, HasSubstr(R"("VERSION": "two")"));
}

TEST_F(LambdaHostTest, TheRuntimeApiIsStrict) {
  ASSERT_TRUE(host->put(settings()));
  EXPECT_THAT(invoke(R"({"do":"next"})").payload, HasSubstr("\"status\": 403"));
  EXPECT_THAT(invoke(R"({"do":"wrong"})").payload, HasSubstr("\"status\": 400"));
  EXPECT_THAT(invoke(R"({"do":"web"})").payload, HasSubstr("\"status\": 403"));
  EXPECT_THAT(invoke(R"({"do":"large"})").reason(),
              "Function.ResponseSizeTooLarge: Response payload size exceeded maximum allowed "
              "payload size (6291556 bytes).");
}

TEST_F(LambdaHostTest, ProcessesEndWithTheirFunctionAndTheHost) {
  ASSERT_TRUE(host->put(settings()));
  auto pid_in = [](const std::string& payload) {
    return static_cast<pid_t>(std::stol(payload.substr(payload.find("\"pid\": ") + 7)));
  };
  const pid_t first = pid_in(invoke("{}").payload);
  host->remove("ring");
  EXPECT_EQ(begin("{}").get().kind, InvocationResult::Kind::unknown);
  ASSERT_TRUE(host->put(settings()));
  const pid_t second = pid_in(invoke("{}").payload);
  auto hanging = begin(R"({"do":"hang"})");
  host.reset();
  EXPECT_NE(hanging.get().kind, InvocationResult::Kind::done);
  EXPECT_EQ(::kill(first, 0), -1);
  EXPECT_EQ(::kill(second, 0), -1);
}

TEST(FunctionName, IsFoundInNamesAndArns) {
  EXPECT_EQ(function_name("ring"), "ring");
  EXPECT_EQ(function_name("arn:aws:lambda:eu-west-1:000000000000:function:ring"), "ring");
  EXPECT_EQ(function_name("arn:aws:lambda:eu-west-1:000000000000:function:ring:$LATEST"), "ring");
  EXPECT_EQ(function_name("000000000000:function:ring"), "ring");
  EXPECT_EQ(function_name("ring:live"), std::nullopt);
  EXPECT_EQ(function_name("../ring"), std::nullopt);
}

}  // namespace
}  // namespace belfry::functions
