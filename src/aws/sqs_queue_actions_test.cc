// Queues, their attributes, tags and policies, in both protocols.
#include <gmock/gmock.h>

#include "aws/sqs_harness.h"

namespace belfry::aws::sqs {
namespace {

using boost::json::object;
using std::chrono::seconds;
using testing::HasSubstr;

class SqsQueues : public testing::TestWithParam<Protocol> {
 protected:
  SqsHarness sqs{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Protocols, SqsQueues, testing::Values(Protocol::json, Protocol::query),
                         [](const auto& info) {
                           return info.param == Protocol::json ? "json" : "query";
                         });

TEST_P(SqsQueues, AreMadeFoundAndListed) {
  EXPECT_EQ(sqs.make_queue("donations"), "http://localhost:4566/000000000000/donations");
  sqs.make_queue("donors");
  sqs.make("from.the-file");
  sqs.make(".belfry-own");
  EXPECT_EQ(sqs.call("GetQueueUrl", "{'QueueName':'donors'}").text("QueueUrl"),
            "http://localhost:4566/000000000000/donors");
  EXPECT_EQ(sqs.call("ListQueues", "{}").count("QueueUrls"), 3u);
  EXPECT_EQ(sqs.call("ListQueues", "{'QueueNamePrefix':'don'}").count("QueueUrls"), 2u);
  EXPECT_FALSE(sqs.call("ListQueues", "{'QueueNamePrefix':'x'}").body.contains("QueueUrls"));

  const auto first = sqs.call("ListQueues", "{'MaxResults':2}");
  EXPECT_EQ(first.count("QueueUrls"), 2u);
  const auto second =
      sqs.call("ListQueues", object{{"MaxResults", 2}, {"NextToken", first.text("NextToken")}});
  EXPECT_EQ(second.count("QueueUrls"), 1u);
  EXPECT_FALSE(second.body.contains("NextToken"));
}

TEST_P(SqsQueues, AreNamedByUrlPathOrName) {
  sqs.make_queue("donations");
  for (const char* name : {"donations", "http://elsewhere:1/000000000000/donations",
                           "https://sqs.eu-west-1.amazonaws.com/123456789012/donations/"})
    EXPECT_EQ(sqs.call("ListQueueTags", object{{"QueueUrl", name}}).status, 200) << name;
  sqs.path = "/000000000000/donations";
  EXPECT_EQ(sqs.call("ListQueueTags", "{}").status, 200);
  const auto other = sqs.call("ListQueueTags", "{'QueueUrl':'other'}");
  EXPECT_EQ(other.code, "AWS.SimpleQueueService.NonExistentQueue") << "the body beats the path";
  EXPECT_EQ(other.status, 400);
  EXPECT_TRUE(other.message == "The specified queue does not exist." ||
              other.message == "The specified queue does not exist for this wsdl version.")
      << other.message;
  sqs.path = "/";
  EXPECT_EQ(sqs.call("ListQueueTags", "{}").code, "MissingParameter");
}

TEST_P(SqsQueues, HaveAwsDefaults) {
  const auto url = sqs.make_queue("donations");
  auto shown =
      sqs.call("GetQueueAttributes", object{{"QueueUrl", url}, {"AttributeNames", {"All"}}})
          .body.at("Attributes")
          .as_object();
  EXPECT_EQ(shown, quoted("{'ApproximateNumberOfMessages':'0',"
                          "'ApproximateNumberOfMessagesDelayed':'0',"
                          "'ApproximateNumberOfMessagesNotVisible':'0',"
                          "'CreatedTimestamp':'1700000000','DelaySeconds':'0',"
                          "'LastModifiedTimestamp':'1700000000','MaximumMessageSize':'1048576',"
                          "'MessageRetentionPeriod':'345600',"
                          "'QueueArn':'arn:aws:sqs:us-east-1:000000000000:donations',"
                          "'ReceiveMessageWaitTimeSeconds':'0','SqsManagedSseEnabled':'true',"
                          "'VisibilityTimeout':'30'}"));
  const auto fifo = sqs.make_queue("orders.fifo", "{'FifoQueue':'true'}");
  EXPECT_EQ(sqs.attribute(fifo, "DeduplicationScope"), "queue");
  EXPECT_EQ(sqs.attribute(fifo, "FifoThroughputLimit"), "perQueue");
  EXPECT_EQ(sqs.attribute(fifo, "ContentBasedDeduplication"), "false");
  EXPECT_FALSE(
      sqs.call("GetQueueAttributes", object{{"QueueUrl", url}}).body.contains("Attributes"));
}

TEST_P(SqsQueues, KeepWhatWasSetAcrossARestart) {
  const auto url = sqs.make_queue("donations", "{'DelaySeconds':'5','VisibilityTimeout':'7'}");
  sqs.advance(seconds(10));
  ASSERT_EQ(sqs.call("SetQueueAttributes",
                     object{{"QueueUrl", url},
                            {"Attributes",
                             {{"KmsMasterKeyId", "alias/mine"},
                              {"ReceiveMessageWaitTimeSeconds", "20"},
                              {"Policy", R"({"Version":"2012-10-17","Statement":[]})"}}}})
                .status,
            200);
  ASSERT_EQ(sqs.call("TagQueue", object{{"QueueUrl", url}, {"Tags", {{"team", "bells"}}}}).status,
            200);
  sqs.restart();
  for (const auto& [name, value] : quoted("{'DelaySeconds':'5','VisibilityTimeout':'7',"
                                          "'KmsMasterKeyId':'alias/mine',"
                                          "'KmsDataKeyReusePeriodSeconds':'300',"
                                          "'SqsManagedSseEnabled':'false',"
                                          "'ReceiveMessageWaitTimeSeconds':'20',"
                                          "'CreatedTimestamp':'1700000000',"
                                          "'LastModifiedTimestamp':'1700000010'}"))
    EXPECT_EQ(sqs.attribute(url, std::string(name)), value.as_string()) << name;
  EXPECT_EQ(sqs.attribute(url, "Policy"), R"({"Version":"2012-10-17","Statement":[]})");
  EXPECT_EQ(sqs.call("ListQueueTags", object{{"QueueUrl", url}}).body,
            quoted("{'Tags':{'team':'bells'}}"));
  ASSERT_EQ(
      sqs.call("UntagQueue", object{{"QueueUrl", url}, {"TagKeys", {"team", "other"}}}).status,
      200);
  EXPECT_EQ(sqs.call("ListQueueTags", object{{"QueueUrl", url}}).body, object());
}

// What CreateQueue refuses, and how.
struct Refused {
  const char* input;
  const char* code;
  const char* message;
};
const Refused kRefused[] = {
    {"{}", "MissingParameter", "The request must contain the parameter QueueName."},
    {"{'QueueName':'a b'}", "InvalidParameterValue",
     "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"},
    {"{'QueueName':'a.fifo'}", "InvalidParameterValue",
     "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"},
    {"{'QueueName':'a','Attributes':{'FifoQueue':'true'}}", "InvalidParameterValue",
     "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
     "must end with .fifo suffix and be 1 to 80 in length."},
    {"{'QueueName':'a','Attributes':{'FifoQueue':'false'}}", "InvalidAttributeName",
     "Unknown Attribute FifoQueue."},
    {"{'QueueName':'a','Attributes':{'ContentBasedDeduplication':'true'}}", "InvalidAttributeName",
     "Unknown Attribute ContentBasedDeduplication."},
    {"{'QueueName':'a','Attributes':{'DeduplicationScope':'queue'}}", "InvalidAttributeName",
     "You can specify the DeduplicationScope only when FifoQueue is set to true."},
    {"{'QueueName':'a','Attributes':{'FifoThroughputLimit':'perQueue'}}", "InvalidAttributeName",
     "You can specify the FifoThroughputLimit only when FifoQueue is set to true."},
    {"{'QueueName':'a','Attributes':{'Colour':'red'}}", "InvalidAttributeName",
     "Unknown Attribute Colour."},
    {"{'QueueName':'a','Attributes':{'VisibilityTimeout':'43201'}}", "InvalidAttributeValue",
     "Invalid value for the parameter VisibilityTimeout."},
    {"{'QueueName':'a','Attributes':{'VisibilityTimeout':'soon'}}", "InvalidAttributeValue",
     "Invalid value for the parameter VisibilityTimeout."},
    {"{'QueueName':'a','Attributes':{'MaximumMessageSize':'1023'}}", "InvalidAttributeValue",
     "Invalid value for the parameter MaximumMessageSize."},
    {"{'QueueName':'a','Attributes':{'MessageRetentionPeriod':'59'}}", "InvalidAttributeValue",
     "Invalid value for the parameter MessageRetentionPeriod."},
    {"{'QueueName':'a','Attributes':{'DelaySeconds':'901'}}", "InvalidAttributeValue",
     "Invalid value for the parameter DelaySeconds."},
    {"{'QueueName':'a','Attributes':{'ReceiveMessageWaitTimeSeconds':'21'}}",
     "InvalidAttributeValue", "Invalid value for the parameter ReceiveMessageWaitTimeSeconds."},
    {"{'QueueName':'a','Attributes':{'Policy':'x'}}", "InvalidAttributeValue",
     "Invalid value for the parameter Policy."},
    {"{'QueueName':'a','Attributes':{'KmsMasterKeyId':'k','SqsManagedSseEnabled':'true'}}",
     "InvalidAttributeName",
     "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS "
     "SSE or SQS SSE."},
    {"{'QueueName':'a.fifo','Attributes':{'FifoQueue':'true','FifoThroughputLimit':'perMessageGroup"
     "Id'}}",
     "InvalidAttributeValue",
     "Invalid value for the parameter FifoThroughputLimit. Reason: perMessageGroupId is allowed "
     "only when DeduplicationScope is messageGroup."},
};

TEST_P(SqsQueues, AreRefusedInAwsWords) {
  for (const auto& [input, code, message] : kRefused) {
    const auto reply = sqs.call("CreateQueue", input);
    EXPECT_EQ(reply.status, 400) << input;
    EXPECT_EQ(reply.code, code) << input;
    EXPECT_EQ(reply.message, message) << input;
  }
  EXPECT_EQ(sqs.call("ListQueues", "{}").count("QueueUrls"), 0u);
}

TEST_P(SqsQueues, AreTheSameOnlyWithTheSameAttributes) {
  const auto url = sqs.make_queue("donations", "{'DelaySeconds':'5'}");
  EXPECT_EQ(sqs.make_queue("donations"), url);
  EXPECT_EQ(sqs.make_queue("donations", "{'DelaySeconds':'5'}"), url);
  const auto other =
      sqs.call("CreateQueue", "{'QueueName':'donations','Attributes':{'DelaySeconds':'6'}}");
  EXPECT_EQ(other.code, "QueueAlreadyExists");
  EXPECT_EQ(other.message,
            "A queue already exists with the same name and a different value for attribute "
            "DelaySeconds");
}

TEST_P(SqsQueues, KeepTheirKind) {
  const auto url = sqs.make_queue("donations");
  const auto fifo = sqs.make_queue("orders.fifo", "{'FifoQueue':'true'}");
  const auto set = [&](const std::string& queue, const char* value) {
    return sqs.call("SetQueueAttributes",
                    object{{"QueueUrl", queue}, {"Attributes", {{"FifoQueue", value}}}});
  };
  EXPECT_EQ(set(url, "true").message, "Unknown Attribute FifoQueue.");
  EXPECT_EQ(set(fifo, "false").code, "InvalidAttributeValue");
  EXPECT_EQ(set(fifo, "false").message,
            "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not "
            "supported.");
}

TEST_P(SqsQueues, AreDeletedAndNotMadeAgainAtOnce) {
  const auto url = sqs.make_queue("donations");
  ASSERT_EQ(sqs.call("DeleteQueue", object{{"QueueUrl", url}}).status, 200);
  EXPECT_EQ(sqs.call("DeleteQueue", object{{"QueueUrl", url}}).code,
            "AWS.SimpleQueueService.NonExistentQueue");
  EXPECT_EQ(sqs.call("CreateQueue", "{'QueueName':'donations'}").code,
            "AWS.SimpleQueueService.QueueDeletedRecently");
  sqs.advance(seconds(60));
  sqs.make_queue("donations");
}

TEST_P(SqsQueues, ArePurgedOnceAMinute) {
  const auto url = sqs.make_queue("donations");
  for (const char* body : {"held", "late", "here"})
    sqs.call("SendMessage", object{{"QueueUrl", url},
                                   {"MessageBody", body},
                                   {"DelaySeconds", body == std::string("late") ? 60 : 0}});
  sqs.call("ReceiveMessage", object{{"QueueUrl", url}});
  ASSERT_EQ(sqs.call("PurgeQueue", object{{"QueueUrl", url}}).status, 200);
  for (const char* count : {"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed",
                            "ApproximateNumberOfMessagesNotVisible"})
    EXPECT_EQ(sqs.attribute(url, count), "0") << count;
  const auto again = sqs.call("PurgeQueue", object{{"QueueUrl", url}});
  EXPECT_EQ(again.code, "AWS.SimpleQueueService.PurgeQueueInProgress");
  EXPECT_EQ(again.status, 403);
  sqs.advance(seconds(60));
  EXPECT_EQ(sqs.call("PurgeQueue", object{{"QueueUrl", url}}).status, 200);
}

TEST_P(SqsQueues, NameTheirDeadLetterQueue) {
  const auto dead = sqs.make_queue("dead");
  const auto url = sqs.make_queue("donations");
  const std::string arn = sqs.attribute(dead, "QueueArn");
  const auto set = [&](const std::string& queue, const char* name, const std::string& policy) {
    return sqs.call("SetQueueAttributes",
                    object{{"QueueUrl", queue}, {"Attributes", {{name, policy}}}});
  };
  ASSERT_EQ(
      set(url, "RedrivePolicy", R"({"deadLetterTargetArn":")" + arn + R"(","maxReceiveCount":"3"})")
          .status,
      200);
  EXPECT_EQ(sqs.attribute(url, "RedrivePolicy"),
            R"({"deadLetterTargetArn":")" + arn + R"(","maxReceiveCount":3})");
  EXPECT_EQ(sqs.call("ListDeadLetterSourceQueues", object{{"QueueUrl", dead}}).body.at("queueUrls"),
            (boost::json::array{url}));

  EXPECT_THAT(set(url, "RedrivePolicy", "{").message, HasSubstr("is not a valid JSON map"));
  EXPECT_THAT(set(url, "RedrivePolicy", R"({"maxReceiveCount":3})").message,
              HasSubstr("does not contain mandatory attribute: deadLetterTargetArn."));
  EXPECT_THAT(set(url, "RedrivePolicy",
                  R"({"deadLetterTargetArn":")" + arn + R"(","maxReceiveCount":1001})")
                  .message,
              HasSubstr("Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 "
                        "both inclusive."));
  EXPECT_THAT(
      set(url, "RedrivePolicy", R"({"deadLetterTargetArn":")" + arn + R"(x","maxReceiveCount":1})")
          .message,
      HasSubstr("Dead letter target does not exist."));
  const auto fifo = sqs.make_queue("orders.fifo", "{'FifoQueue':'true'}");
  EXPECT_THAT(
      set(fifo, "RedrivePolicy", R"({"deadLetterTargetArn":")" + arn + R"(","maxReceiveCount":1})")
          .message,
      HasSubstr("must be same type"));

  ASSERT_EQ(set(dead, "RedriveAllowPolicy", R"({"redrivePermission":"denyAll"})").status, 200);
  const auto other = sqs.make_queue("other");
  EXPECT_EQ(
      set(other, "RedrivePolicy", R"({"deadLetterTargetArn":")" + arn + R"(","maxReceiveCount":1})")
          .code,
      "InvalidParameterValue");
  EXPECT_EQ(set(dead, "RedriveAllowPolicy", R"({"redrivePermission":"byQueue"})").code,
            "InvalidParameterValue");
  ASSERT_EQ(set(url, "RedrivePolicy", "").status, 200);
  EXPECT_EQ(sqs.attribute(url, "RedrivePolicy"), "");
}

TEST_P(SqsQueues, KeepPermissions) {
  const auto url = sqs.make_queue("donations");
  const object permission{{"QueueUrl", url},
                          {"Label", "share"},
                          {"AWSAccountIds", {"111122223333"}},
                          {"Actions", {"SendMessage", "ReceiveMessage"}}};
  ASSERT_EQ(sqs.call("AddPermission", permission).status, 200);
  EXPECT_EQ(boost::json::parse(sqs.attribute(url, "Policy")),
            quoted("{'Version':'2008-10-17',"
                   "'Id':'arn:aws:sqs:us-east-1:000000000000:donations/SQSDefaultPolicy',"
                   "'Statement':[{'Sid':'share','Effect':'Allow',"
                   "'Principal':{'AWS':'arn:aws:iam::111122223333:root'},"
                   "'Action':['SQS:SendMessage','SQS:ReceiveMessage'],"
                   "'Resource':'arn:aws:sqs:us-east-1:000000000000:donations'}]}"));
  EXPECT_EQ(sqs.call("AddPermission", permission).message,
            "Value share for parameter Label is invalid. Reason: Already exists.");
  ASSERT_EQ(sqs.call("RemovePermission", object{{"QueueUrl", url}, {"Label", "share"}}).status,
            200);
  EXPECT_EQ(sqs.attribute(url, "Policy"), "");
  EXPECT_EQ(sqs.call("RemovePermission", object{{"QueueUrl", url}, {"Label", "share"}}).code,
            "InvalidParameterValue");
}

TEST_P(SqsQueues, OfTheConfigurationStay) {
  SqsHarness fixed(GetParam(), {{"donations"}});
  const auto url = fixed.make_queue("donations");
  const auto reply = fixed.call("DeleteQueue", object{{"QueueUrl", url}});
  EXPECT_EQ(reply.code, "AWS.SimpleQueueService.UnsupportedOperation");
  EXPECT_THAT(reply.message, HasSubstr("take it out of there"));
}

}  // namespace
}  // namespace belfry::aws::sqs
