#include "aws/sqs_move_tasks.h"

#include "aws/sqs_harness.h"
#include "aws/sqs_json.h"

namespace belfry::aws::sqs {
namespace {

using boost::json::object;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kArn[] = "arn:aws:sqs:us-east-1:000000000000:";

class SqsMoveTasks : public testing::TestWithParam<Protocol> {
 protected:
  SqsMoveTasks() {
    sqs.make_queue("dead");
    sqs.make_queue("other");
    make_source("donations");
  }
  void make_source(const std::string& name) {
    const auto made = sqs.call(
        "CreateQueue", object{{"QueueName", name},
                              {"Attributes",
                               {{"RedrivePolicy", std::string(R"({"deadLetterTargetArn":")") +
                                                      kArn + R"(dead","maxReceiveCount":1})"}}}});
    ASSERT_EQ(made.status, 200) << made.message;
  }
  void fail_messages(const std::string& queue, int count) {
    for (int i = 0; i < count; ++i)
      sqs.call("SendMessage", object{{"QueueUrl", queue}, {"MessageBody", std::to_string(i)}});
    for (int round = 0; round < 2; ++round) {
      for (int i = 0; i < count; ++i)
        sqs.call("ReceiveMessage", object{{"QueueUrl", queue}, {"MaxNumberOfMessages", 10}});
      sqs.advance(seconds(30));
    }
  }
  std::string visible(const std::string& queue) {
    return sqs.attribute(queue, "ApproximateNumberOfMessages");
  }
  object task(size_t index = 0) {
    const auto tasks =
        sqs.call("ListMessageMoveTasks", object{{"SourceArn", arn("dead")}, {"MaxResults", 10}});
    return tasks.at("Results", index);
  }
  static std::string arn(const std::string& name) { return kArn + name; }

  SqsHarness sqs{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Protocols, SqsMoveTasks, testing::Values(Protocol::json, Protocol::query),
                         [](const auto& info) {
                           return info.param == Protocol::json ? "json" : "query";
                         });

TEST_P(SqsMoveTasks, BringMessagesBackWhereTheyCameFrom) {
  make_source("gifts");
  fail_messages("donations", 2);
  fail_messages("gifts", 1);
  ASSERT_EQ(visible("dead"), "3");
  const auto started = sqs.call("StartMessageMoveTask", object{{"SourceArn", arn("dead")}});
  ASSERT_EQ(started.status, 200) << started.message;
  for (int i = 0; i < 5; ++i) sqs.advance(milliseconds(100));
  EXPECT_EQ(visible("dead"), "0");
  EXPECT_EQ(visible("donations"), "2");
  EXPECT_EQ(visible("gifts"), "1");
  const auto done = task();
  EXPECT_EQ(done.at("Status"), "COMPLETED");
  EXPECT_EQ(done.at("ApproximateNumberOfMessagesMoved"), 3);
  EXPECT_EQ(done.at("ApproximateNumberOfMessagesToMove"), 3);
  EXPECT_EQ(text_of(done, "SourceArn"), arn("dead"));
  EXPECT_FALSE(done.contains("TaskHandle"));
  EXPECT_FALSE(done.contains("DestinationArn"));
  // The count of receives begins anew.
  const auto got =
      sqs.call("ReceiveMessage", object{{"QueueUrl", "gifts"}, {"AttributeNames", {"All"}}});
  const auto& attributes = got.at("Messages", 0).at("Attributes").as_object();
  EXPECT_EQ(attributes.at("ApproximateReceiveCount"), "1");
  EXPECT_FALSE(attributes.contains("DeadLetterQueueSourceArn"));
}

TEST_P(SqsMoveTasks, KeepToTheirRateAndStopWhenCancelled) {
  fail_messages("donations", 5);
  const auto started =
      sqs.call("StartMessageMoveTask", object{{"SourceArn", arn("dead")},
                                              {"DestinationArn", arn("other")},
                                              {"MaxNumberOfMessagesPerSecond", 1}});
  ASSERT_EQ(started.status, 200) << started.message;
  const auto twice = sqs.call("StartMessageMoveTask", object{{"SourceArn", arn("dead")}});
  EXPECT_EQ(twice.code, "InvalidParameterValue");
  EXPECT_EQ(twice.message,
            "There is already a task running. Only one active task is allowed for a source queue "
            "arn at a given time.");
  sqs.advance(seconds(1));
  EXPECT_EQ(visible("other"), "2");
  const auto running = task();
  EXPECT_EQ(running.at("Status"), "RUNNING");
  EXPECT_EQ(text_of(running, "TaskHandle"), started.text("TaskHandle"));
  EXPECT_EQ(text_of(running, "DestinationArn"), arn("other"));
  EXPECT_EQ(running.at("MaxNumberOfMessagesPerSecond"), 1);
  const object handle{{"TaskHandle", started.text("TaskHandle")}};
  EXPECT_EQ(sqs.call("CancelMessageMoveTask", handle).body,
            quoted("{'ApproximateNumberOfMessagesMoved':2}"));
  sqs.advance(seconds(5));
  EXPECT_EQ(visible("other"), "2");
  EXPECT_EQ(task().at("Status"), "CANCELLED");
  const auto again = sqs.call("CancelMessageMoveTask", handle);
  EXPECT_EQ(again.code, "ResourceNotFoundException");
  EXPECT_EQ(again.status, 404);
}

TEST_P(SqsMoveTasks, GoOnAfterARestart) {
  fail_messages("donations", 3);
  sqs.call("StartMessageMoveTask", object{{"SourceArn", arn("dead")},
                                          {"DestinationArn", arn("other")},
                                          {"MaxNumberOfMessagesPerSecond", 1}});
  sqs.restart();
  for (int i = 0; i < 4; ++i) sqs.advance(seconds(1));
  EXPECT_EQ(visible("other"), "3");
  EXPECT_EQ(task().at("Status"), "COMPLETED");
}

TEST_P(SqsMoveTasks, FailWhenTheDestinationGoes) {
  fail_messages("donations", 3);
  sqs.call("StartMessageMoveTask", object{{"SourceArn", arn("dead")},
                                          {"DestinationArn", arn("other")},
                                          {"MaxNumberOfMessagesPerSecond", 1}});
  sqs.advance(seconds(1));
  sqs.call("DeleteQueue", object{{"QueueUrl", "other"}});
  sqs.advance(seconds(1));
  EXPECT_EQ(task().at("Status"), "FAILED");
  EXPECT_EQ(task().at("FailureReason"), "AWS.SimpleQueueService.NonExistentQueue");
  EXPECT_EQ(visible("dead"), "1");
}

TEST_P(SqsMoveTasks, AreRefusedInAwsWords) {
  const auto start = [&](object input) { return sqs.call("StartMessageMoveTask", input); };
  const auto no_source = start({{"SourceArn", arn("nowhere")}});
  EXPECT_EQ(no_source.status, 404);
  EXPECT_EQ(no_source.message,
            "The resource that you specified for the SourceArn parameter doesn't exist.");
  EXPECT_EQ(start({{"SourceArn", arn("dead")}, {"DestinationArn", arn("nowhere")}}).message,
            "The resource that you specified for the DestinationArn parameter doesn't exist.");
  EXPECT_EQ(start({{"SourceArn", arn("other")}}).message,
            "Source queue must be configured as a Dead Letter Queue.");
  EXPECT_EQ(start({{"SourceArn", arn("dead")}, {"MaxNumberOfMessagesPerSecond", 501}}).code,
            "InvalidParameterValue");
  EXPECT_EQ(sqs.call("CancelMessageMoveTask", "{'TaskHandle':'garbage'}").code,
            "InvalidParameterValue");
  const std::string foreign = to_text({"some-id", arn("nowhere")});
  const auto cancel = sqs.call("CancelMessageMoveTask", object{{"TaskHandle", foreign}});
  EXPECT_EQ(cancel.code, "ResourceNotFoundException");
  EXPECT_EQ(cancel.message,
            "The resource that you specified for the SourceArn parameter doesn't exist.");
}

}  // namespace
}  // namespace belfry::aws::sqs
