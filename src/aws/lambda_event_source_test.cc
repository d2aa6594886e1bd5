// From a queue to a function and what comes of it. The functions are real processes.
#include "aws/lambda_event_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "aws/lambda_records.h"
#include "base/executor.h"
#include "pipeline/store_destination.h"
#include "pipeline/worker.h"

namespace belfry::aws::lambda {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

queue::Received message(std::string id, std::string body) {
  queue::Received it;
  it.message.id = std::move(id);
  it.message.body = std::move(body);
  it.receipt = "handle";
  it.receives = 1;
  it.sequence = 7;
  it.sent = it.first_received = WallTime(seconds(1'700'000'000));
  return it;
}

const RecordSource kSource{"arn:aws:sqs:eu-west-1:000000000000:in", "eu-west-1", "000000000000",
                           false, false};

TEST(Records, AreAsLambdaWritesThem) {
  auto it = message("id-1", "hello");
  it.message.attributes = {{"city", {"String", "Bern"}},
                           {"raw", {"Binary", std::string("\0\1", 2)}}};
  EXPECT_EQ(boost::json::parse(record_of(it, kSource)), boost::json::parse(R"({
    "messageId": "id-1", "receiptHandle": "handle", "body": "hello",
    "attributes": {"SenderId": "000000000000", "SentTimestamp": "1700000000000", "ApproximateReceiveCount": "1",
                   "ApproximateFirstReceiveTimestamp": "1700000000000"},
    "messageAttributes": {
      "city": {"stringValue": "Bern", "stringListValues": [], "binaryListValues": [], "dataType": "String"},
      "raw": {"binaryValue": "AAE=", "stringListValues": [], "binaryListValues": [], "dataType": "Binary"}},
    "md5OfMessageAttributes": "31c9bd7cedff62c97ad3519632c9cf3b", "md5OfBody": "5d41402abc4b2a76b9719d911017c592",
    "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:in", "awsRegion": "eu-west-1"})"));
}

TEST(Records, OfFifoQueuesSayGroupAndNumber) {
  auto it = message("id-1", "hello");
  it.message.group = "g";
  it.message.deduplication = "d";
  RecordSource source = kSource;
  source.fifo = source.window = true;
  const auto record = boost::json::parse(record_of(it, source)).as_object();
  const auto& attributes = record.at("attributes").as_object();
  EXPECT_EQ(attributes.at("MessageGroupId"), "g");
  EXPECT_EQ(attributes.at("MessageDeduplicationId"), "d");
  EXPECT_EQ(attributes.at("SequenceNumber"), "00000000000000000007");
  EXPECT_TRUE(record.at("md5OfMessageAttributes").is_null());
  EXPECT_FALSE(
      boost::json::parse(record_of(it, kSource)).as_object().contains("md5OfMessageAttributes"));
}

TEST(Filters, LookIntoBodiesAndRecords) {
  const auto wants = [](const char* pattern, std::string body) {
    RecordFilter filter({*match::Pattern::parse(pattern, match::Dialect::listener)});
    auto it = message("id-1", std::move(body));
    it.message.attributes["city"] = {"String", "Bern"};
    return filter.wants(it, kSource);
  };
  EXPECT_TRUE(wants(R"({"body":{"kind":["gift"]}})", R"({"kind":"gift"})"));
  EXPECT_FALSE(wants(R"({"body":{"kind":["gift"]}})", R"({"kind":"loan"})"));
  EXPECT_FALSE(wants(R"({"body":{"kind":["gift"]}})", "gift"));
  EXPECT_TRUE(wants(R"({"body":["gift"]})", "gift"));
  EXPECT_TRUE(wants(R"({"messageAttributes":{"city":{"stringValue":[{"prefix":"B"}]}}})", "x"));
  EXPECT_FALSE(wants(R"({"messageAttributes":{"town":{"stringValue":[{"prefix":"B"}]}}})", "x"));
  EXPECT_TRUE(RecordFilter().wants(message("a", "b"), kSource));
}

TEST(BatchItemFailures, AreReadAsLambdaReadsThem) {
  const std::vector<queue::Received> two = {message("a", "1"), message("b", "2")};
  for (const char* fine :
       {"null", "{}", "\"\"", R"({"batchItemFailures":[]})", R"({"batchItemFailures":null})"})
    EXPECT_THAT(failures_in(fine, two), ElementsAre(false, false)) << fine;
  EXPECT_THAT(failures_in(R"({"batchItemFailures":[{"itemIdentifier":"b"}]})", two),
              ElementsAre(false, true));
  for (const char* all :
       {R"({"batchItemFailures":[{"itemIdentifier":"c"}]})",
        R"({"batchItemFailures":[{"itemIdentifier":""}]})",
        R"({"batchItemFailures":[{"itemIdentifier":null}]})",
        R"({"batchItemFailures":[{"id":"a"}]})", R"({"batchItemFailures":"a"})", "{broken"})
    EXPECT_THAT(failures_in(all, two), ElementsAre(true, true)) << all;
}

// Writes down what it is given and does as a message's body says.
constexpr std::string_view kBootstrap = R"(#!/usr/bin/env python3
import http.client, json, os, sys
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
def call(method, path, body=None):
    api.request(method, "/2018-06-01/runtime/" + path, body)
    answer = api.getresponse()
    return answer, answer.read()
while True:
    answer, event = call("GET", "invocation/next")
    mine = "invocation/" + answer.headers["Lambda-Runtime-Aws-Request-Id"] + "/"
    records = json.loads(event)["Records"]
    with open("calls", "a") as calls:
        calls.write(" ".join(it["body"] + "/" + it["attributes"]["ApproximateReceiveCount"] for it in records) + "\n")
    failed = [it["messageId"] for it in records if it["body"].startswith("bad")]
    if any(it["body"] == "exit" for it in records): sys.exit(1)
    if failed and os.environ.get("REPORT"):
        call("POST", mine + "response", json.dumps({"batchItemFailures": [{"itemIdentifier": it} for it in failed]}))
    elif failed:
        call("POST", mine + "error", json.dumps({"errorType": "Bad", "errorMessage": "a bad one"}))
    else:
        call("POST", mine + "response", json.dumps("+".join(it["body"] for it in records)))
)";

class EventSourceTest : public testing::Test {
 protected:
  EventSourceTest() {
    std::string pattern = testing::TempDir() + "sourceXXXXXX";
    folder = ::mkdtemp(pattern.data());
    for (const char* name : {"code", "log"}) std::filesystem::create_directories(folder / name);
    std::ofstream(folder / "code/bootstrap") << kBootstrap;
    ::chmod((folder / "code/bootstrap").c_str(), 0755);
    store = std::move(*queue::Store::open(posix_files(), system_clock(), secure_random(),
                                          (folder / "log").string(), {}));
    host = std::move(*functions::LambdaHost::start(posix_files(), system_clock(), secure_random(),
                                                   {(folder / "functions").string()}));
    put(false);
    settings.queue = "in";
    settings.function = "ring";
    settings.concurrency = 1;
    settings.function_timeout = milliseconds(1);
  }
  ~EventSourceTest() override {
    if (worker) worker->stop(seconds(10));
    worker.reset();
    host.reset();
    executor.reset();
    store.reset();
    std::filesystem::remove_all(folder);
  }

  void put(bool report) {
    functions::LambdaSettings it;
    it.name = "ring";
    it.arn = "arn:aws:lambda:eu-west-1:000000000000:function:ring";
    it.runtime = "provided";
    it.code = (folder / "code").string();
    it.timeout = seconds(60);
    it.memory = 512;
    if (report) it.environment = {{"REPORT", "1"}};
    ASSERT_TRUE(host->put(it));
  }
  queue::QueueId make(const std::string& name, queue::QueueSettings of = {}) {
    return *store->open_queue(name, of);
  }
  void send(queue::QueueId queue, std::vector<std::string> bodies, const std::string& group = {}) {
    queue::Batch batch;
    for (auto& body : bodies) {
      queue::Message it;
      it.deduplication = body;
      it.body = std::move(body);
      it.group = group;
      batch.send(queue, std::move(it));
    }
    ASSERT_EQ(store->commit(std::move(batch)).status, queue::CommitStatus::durable);
  }
  void start() {
    worker = event_source(*store, *host, *executor, system_clock(), settings);
    worker->start();
  }
  void until(const std::function<bool()>& so) {
    const auto limit = std::chrono::steady_clock::now() + seconds(60);
    while (!so() && std::chrono::steady_clock::now() < limit)
      std::this_thread::sleep_for(milliseconds(5));
    ASSERT_TRUE(so());
  }
  void until_empty(queue::QueueId queue) {
    until([&] {
      const auto counts = store->counts(queue);
      return counts.visible + counts.in_flight + counts.delayed == 0;
    });
  }
  // A batch's removals show before its sends, which wait for the disk.
  void until_holds(queue::QueueId queue, uint64_t messages) {
    until([&] { return store->counts(queue).visible == messages; });
  }
  std::vector<std::string> calls() {
    std::ifstream in(folder / "code/calls");
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  std::vector<std::string> bodies(queue::QueueId queue) {
    std::vector<std::string> out;
    for (const auto& it : store->peek(queue, 0, 100)) out.push_back(it.message.body);
    return out;
  }

  std::filesystem::path folder;
  std::unique_ptr<queue::Store> store;
  std::unique_ptr<Executor> executor = thread_executor(2);
  std::unique_ptr<functions::LambdaHost> host;
  EventSourceSettings settings;
  std::unique_ptr<pipeline::Worker> worker;
};

TEST_F(EventSourceTest, HandsOverBatchesAndRemovesWhatWasHandled) {
  const auto in = make("in");
  send(in, {"1", "2", "3", "4", "5"});
  settings.batch = 3;
  start();
  until_empty(in);
  EXPECT_THAT(calls(), ElementsAre("1/1 2/1 3/1", "4/1 5/1"));
  EXPECT_EQ(worker->status().done, 5u);
}

TEST_F(EventSourceTest, AWindowLetsABatchFill) {
  const auto in = make("in");
  send(in, {"1", "2"});
  settings.batch = 3;
  settings.window = std::chrono::hours(1);
  start();
  until([&] { return store->counts(in).in_flight == 2; });
  EXPECT_TRUE(calls().empty());
  send(in, {"3"});
  until_empty(in);
  EXPECT_THAT(calls(), ElementsAre("1/1 2/1 3/1"));
}

TEST_F(EventSourceTest, WhatFailsComesBackAndEndsWithTheDeadLettersAndTheReason) {
  const auto dead = make("dead");
  queue::QueueSettings of;
  of.visibility_timeout = seconds(3);
  of.dead_letter = queue::DeadLetter{"dead", 3};
  const auto in = make("in", of);
  send(in, {"bad"});
  start();
  until_empty(in);
  EXPECT_THAT(calls(), ElementsAre("bad/1", "bad/2", "bad/3"));
  until_holds(dead, 1);
  ASSERT_THAT(bodies(dead), ElementsAre("bad"));
  EXPECT_EQ(store->peek(dead, 0, 1)[0].message.system.at("belfry.reason"),
            "after 3 attempts: Bad: a bad one");
}

TEST_F(EventSourceTest, APoisonMessageTakesOnlyItselfAlongWhereFailuresAreReported) {
  put(true);
  const auto dead = make("dead");
  queue::QueueSettings of;
  of.visibility_timeout = seconds(3);
  of.dead_letter = queue::DeadLetter{"dead", 2};
  const auto in = make("in", of);
  send(in, {"1", "bad", "3"});
  settings.report_failures = true;
  start();
  until_empty(in);
  EXPECT_THAT(calls(), ElementsAre("1/1 bad/1 3/1", "bad/2"));
  until_holds(dead, 1);
  EXPECT_THAT(bodies(dead), ElementsAre("bad"));
  EXPECT_EQ(worker->status().done, 2u);
}

TEST_F(EventSourceTest, ACrashOfTheFunctionLosesNothing) {
  queue::QueueSettings of;
  of.visibility_timeout = seconds(3);
  const auto in = make("in", of);
  settings.attempts = 2;
  settings.batch = 1;
  send(in, {"exit", "2"});
  start();
  until_empty(in);
  EXPECT_THAT(calls(), testing::Contains("2/1"));
  const auto dead = store->find_queue(pipeline::kDeadQueue);
  ASSERT_TRUE(dead);
  until_holds(*dead, 1);
  EXPECT_THAT(bodies(*dead), ElementsAre("exit"));
}

TEST_F(EventSourceTest, FiltersDropWhatTheyDoNotLetThrough) {
  const auto in = make("in");
  send(in, {R"({"kind":"gift"})", R"({"kind":"loan"})", "text"});
  settings.filters = {
      *match::Pattern::parse(R"({"body":{"kind":["gift"]}})", match::Dialect::listener)};
  start();
  until_empty(in);
  EXPECT_THAT(calls(), ElementsAre(R"({"kind":"gift"}/1)"));
}

TEST_F(EventSourceTest, AFifoGroupStaysInOrderThroughFailures) {
  put(true);
  queue::QueueSettings of;
  of.fifo = true;
  of.visibility_timeout = seconds(3);
  const auto in = make("in.fifo", of);
  settings.queue = "in.fifo";
  settings.batch = 1;
  settings.report_failures = true;
  settings.attempts = 3;
  settings.concurrency = 3;
  send(in, {"bad1", "2", "3"}, "g");
  start();
  until_empty(in);
  EXPECT_THAT(calls(), ElementsAre("bad1/1", "bad1/2", "bad1/3", "2/1", "3/1"));
}

TEST_F(EventSourceTest, TheResultIsSentOnWithTheRemoval) {
  const auto in = make("in"), out = make("out");
  settings.effects = [&](const std::string& result,
                         const std::vector<queue::Received>& messages) -> Result<queue::Batch> {
    queue::Batch batch;
    queue::Message sent;
    sent.body = result + "/" + std::to_string(messages.size());
    batch.send(out, std::move(sent));
    return batch;
  };
  send(in, {"1", "2"});
  start();
  until_empty(in);
  until_holds(out, 1);
  EXPECT_THAT(bodies(out), ElementsAre("\"1+2\"/2"));
}

TEST_F(EventSourceTest, ItWaitsForItsQueueAndGivesBackWhatItHolds) {
  settings.batch = 5;
  settings.window = std::chrono::hours(1);
  start();
  const auto in = make("in");
  send(in, {"1"});
  until([&] { return store->counts(in).in_flight == 1; });
  worker->stop(seconds(10));
  until([&] { return store->counts(in).visible == 1; });
  EXPECT_TRUE(calls().empty());
}

}  // namespace
}  // namespace belfry::aws::lambda
