// Sending, receiving, deleting, in both protocols.
#include <gmock/gmock.h>

#include "aws/sqs_harness.h"
#include "aws/sqs_json.h"

namespace belfry::aws::sqs {
namespace {

using boost::json::array;
using boost::json::object;
using std::chrono::seconds;

class SqsMessages : public testing::TestWithParam<Protocol> {
 protected:
  Reply send(const std::string& url, const std::string& body, object more = {}) {
    more["QueueUrl"] = url;
    more["MessageBody"] = body;
    return sqs.call("SendMessage", more);
  }
  Reply receive(const std::string& url, object more = {}) {
    more["QueueUrl"] = url;
    return sqs.call("ReceiveMessage", more);
  }
  static std::string handle(const Reply& reply, size_t index = 0) {
    return std::string(reply.at("Messages", index).at("ReceiptHandle").as_string());
  }
  static std::vector<std::string> bodies(const Reply& reply) {
    std::vector<std::string> out;
    for (size_t i = 0; i < reply.count("Messages"); ++i)
      out.emplace_back(reply.at("Messages", i).at("Body").as_string());
    return out;
  }
  Reply remove(const std::string& url, const std::string& receipt) {
    return sqs.call("DeleteMessage", object{{"QueueUrl", url}, {"ReceiptHandle", receipt}});
  }
  Reply hide(const std::string& url, const std::string& receipt, int64_t timeout) {
    return sqs.call(
        "ChangeMessageVisibility",
        object{{"QueueUrl", url}, {"ReceiptHandle", receipt}, {"VisibilityTimeout", timeout}});
  }

  SqsHarness sqs{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Protocols, SqsMessages, testing::Values(Protocol::json, Protocol::query),
                         [](const auto& info) {
                           return info.param == Protocol::json ? "json" : "query";
                         });

using Bodies = std::vector<std::string>;

TEST_P(SqsMessages, GoThrough) {
  const auto url = sqs.make_queue("donations");
  const auto sent = send(url, "thank you <&> \"Zoë\"\r\n");
  EXPECT_EQ(sent.text("MD5OfMessageBody"), "794383405a5e7309de5102e4aea0727f");
  EXPECT_FALSE(sent.body.contains("SequenceNumber"));
  const auto got = receive(url);
  ASSERT_EQ(got.count("Messages"), 1u);
  const auto& message = got.at("Messages", 0);
  EXPECT_EQ(message.at("Body"), "thank you <&> \"Zoë\"\r\n");
  EXPECT_EQ(text_of(message, "MessageId"), sent.text("MessageId"));
  EXPECT_EQ(text_of(message, "MD5OfBody"), sent.text("MD5OfMessageBody"));
  EXPECT_FALSE(message.contains("Attributes"));
  EXPECT_FALSE(message.contains("MessageAttributes"));
  EXPECT_FALSE(receive(url).body.contains("Messages"));
  EXPECT_EQ(remove(url, handle(got)).status, 200);
  EXPECT_EQ(remove(url, handle(got)).status, 200);
  EXPECT_EQ(sqs.attribute(url, "ApproximateNumberOfMessagesNotVisible"), "0");
  const auto garbage = remove(url, "garbage");
  EXPECT_EQ(garbage.code, "ReceiptHandleIsInvalid");
  EXPECT_EQ(garbage.message, "The input receipt handle \"garbage\" is not a valid receipt handle.");
}

TEST_P(SqsMessages, CarryAttributesAndTheirSums) {
  const auto url = sqs.make_queue("donations");
  const auto sent =
      send(url, "msg",
           quoted("{'MessageAttributes':{'Hello':{'DataType':'String','StringValue':'There'},"
                  "'Help.Me':{'DataType':'Number.int','StringValue':'42'},"
                  "'raw':{'DataType':'Binary','BinaryValue':'AAH/'}},"
                  "'MessageSystemAttributes':{'AWSTraceHeader':{'DataType':'String',"
                  "'StringValue':'Root=1-5759e988-bd862e3fe1be46a994272793'}}}"));
  ASSERT_EQ(sent.status, 200) << sent.message;
  EXPECT_EQ(sent.text("MD5OfMessageAttributes"), "2a28895b60ae4ab4bd49c78d83096926");
  EXPECT_EQ(sent.text("MD5OfMessageSystemAttributes"), "62a56dd927315f2b2e12832b84617ea5");
  const auto look = [&](array names, array system = {}) {
    const auto got = receive(url, {{"VisibilityTimeout", 0},
                                   {"MessageAttributeNames", names},
                                   {"MessageSystemAttributeNames", system}});
    sqs.advance(Duration(1));
    return got.at("Messages", 0);
  };
  const auto all = look({"All"}, {"All"});
  EXPECT_EQ(text_of(all, "MD5OfMessageAttributes"), sent.text("MD5OfMessageAttributes"));
  EXPECT_EQ(all.at("MessageAttributes"),
            quoted("{'Hello':{'StringValue':'There','DataType':'String'},"
                   "'Help.Me':{'StringValue':'42','DataType':'Number.int'},"
                   "'raw':{'BinaryValue':'AAH/','DataType':'Binary'}}"));
  EXPECT_EQ(all.at("Attributes"),
            quoted("{'SenderId':'000000000000','SentTimestamp':'1700000000000',"
                   "'ApproximateReceiveCount':'1',"
                   "'ApproximateFirstReceiveTimestamp':'1700000000000',"
                   "'AWSTraceHeader':'Root=1-5759e988-bd862e3fe1be46a994272793'}"));
  const auto some = look({"Hel.*"}, {"ApproximateReceiveCount"});
  EXPECT_EQ(some.at("MessageAttributes").as_object().size(), 2u);
  EXPECT_NE(some.at("MD5OfMessageAttributes"), all.at("MD5OfMessageAttributes"));
  EXPECT_EQ(some.at("Attributes"), quoted("{'ApproximateReceiveCount':'2'}"));
  EXPECT_EQ(look({".*"}).at("MessageAttributes").as_object().size(), 3u);
  EXPECT_EQ(look({"Hello", "Nobody"}).at("MessageAttributes").as_object().size(), 1u);
  const auto none = look({"Nobody"});
  EXPECT_FALSE(none.contains("MessageAttributes"));
  EXPECT_FALSE(none.contains("MD5OfMessageAttributes"));
  EXPECT_EQ(receive(url, {{"AttributeNames", {"Colour"}}}).code, "InvalidAttributeName");
}

struct Refused {
  const char* input;  // beside the QueueUrl
  const char* code;
  const char* message;
};
const Refused kStandard[] = {
    {"{}", "MissingParameter", "The request must contain the parameter MessageBody."},
    {"{'MessageBody':''}", "MissingParameter",
     "The request must contain the parameter MessageBody."},
    {"{'MessageBody':'a\\u0001b'}", "InvalidMessageContents",
     "Invalid characters was found in the message body. Valid unicode characters are #x9 | #xA | "
     "#xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"},
    {"{'MessageBody':'a','DelaySeconds':901}", "InvalidParameterValue",
     "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= "
     "900."},
    {"{'MessageBody':'a','MessageAttributes':{'x':{'DataType':'String','StringValue':''}}}",
     "InvalidParameterValue",
     "Message (user) attribute 'x' must contain a non-empty value of type 'String'."},
    {"{'MessageBody':'a','MessageAttributes':{'x':{'DataType':'Text','StringValue':'y'}}}",
     "InvalidParameterValue",
     "The type of message (user) attribute 'x' is invalid. You must use only the following "
     "supported type prefixes: Binary, Number, String."},
    {"{'MessageBody':'a','MessageAttributes':{'x':{'DataType':'Number','StringValue':'y'}}}",
     "InvalidParameterValue", "Can't cast the value of message (user) attribute 'x' to a number."},
    {"{'MessageBody':'a','MessageGroupId':'group 123'}", "InvalidParameterValue",
     "Value group 123 for parameter MessageGroupId is invalid. Reason: MessageGroupId can only "
     "include alphanumeric and punctuation characters. 1 to 128 in length."},
    {"{'MessageBody':'a','MessageDeduplicationId':'x'}", "InvalidParameterValue",
     "Value x for parameter MessageDeduplicationId is invalid. Reason: The request includes a "
     "parameter that is not valid for this queue type."},
};
const Refused kFifo[] = {
    {"{'MessageBody':'a','MessageDeduplicationId':'x'}", "MissingParameter",
     "The request must contain the parameter MessageGroupId."},
    {"{'MessageBody':'a','MessageGroupId':'g'}", "InvalidParameterValue",
     "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
     "provided explicitly"},
    {"{'MessageBody':'a','MessageGroupId':'g','MessageDeduplicationId':''}",
     "InvalidParameterValue",
     "Value  for parameter MessageDeduplicationId is invalid. Reason: MessageDeduplicationId can "
     "only include alphanumeric and punctuation characters. 1 to 128 in length."},
    {"{'MessageBody':'a','MessageGroupId':'g','MessageDeduplicationId':'x','DelaySeconds':2}",
     "InvalidParameterValue",
     "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is "
     "not valid for this queue type."},
};

TEST_P(SqsMessages, AreRefusedInAwsWords) {
  const auto check = [&](const std::string& url, const auto& table) {
    for (const auto& [input, code, message] : table) {
      auto request = quoted(input);
      request["QueueUrl"] = url;
      const auto reply = sqs.call("SendMessage", request);
      EXPECT_EQ(reply.status, 400) << input;
      EXPECT_EQ(reply.code, code) << input;
      EXPECT_EQ(reply.message, message) << input;
    }
    EXPECT_EQ(sqs.attribute(url, "ApproximateNumberOfMessages"), "0");
  };
  check(sqs.make_queue("donations"), kStandard);
  check(sqs.make_queue("orders.fifo", "{'FifoQueue':'true'}"), kFifo);
}

TEST_P(SqsMessages, HaveAGreatestSize) {
  const auto url = sqs.make_queue("donations", "{'MaximumMessageSize':'1024'}");
  EXPECT_EQ(send(url, std::string(1024, 'a')).status, 200);
  EXPECT_EQ(send(url, std::string(1025, 'a')).message,
            "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.");
  // Name, type and value of attributes count: 1 + 6 + 3.
  const auto attribute = quoted(
      "{'MessageAttributes':{'n':{'DataType':'String','StringValue':"
      "'abc'}}}");
  EXPECT_EQ(send(url, std::string(1014, 'a'), attribute).status, 200);
  EXPECT_EQ(send(url, std::string(1015, 'a'), attribute).status, 400);
}

TEST_P(SqsMessages, WaitForTheirTime) {
  const auto url = sqs.make_queue("donations", "{'DelaySeconds':'10'}");
  send(url, "late");
  send(url, "now", {{"DelaySeconds", 0}});
  EXPECT_EQ(bodies(receive(url, {{"MaxNumberOfMessages", 10}})), Bodies{"now"});
  EXPECT_EQ(sqs.attribute(url, "ApproximateNumberOfMessagesDelayed"), "1");
  sqs.advance(seconds(10));
  EXPECT_EQ(bodies(receive(url)), Bodies{"late"});
}

TEST_P(SqsMessages, AreHeldAndGivenBack) {
  const auto url = sqs.make_queue("donations");
  send(url, "one");
  auto got = receive(url, {{"VisibilityTimeout", 5}});
  sqs.advance(seconds(4));
  ASSERT_EQ(hide(url, handle(got), 5).status, 200);
  sqs.advance(seconds(4));
  EXPECT_EQ(receive(url).count("Messages"), 0u);
  ASSERT_EQ(hide(url, handle(got), 0).status, 200);
  const auto again = receive(url);
  EXPECT_EQ(bodies(again), Bodies{"one"});
  EXPECT_EQ(hide(url, handle(again), 43'201).message,
            "Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= "
            "43200, if provided.");
  sqs.advance(seconds(10));
  EXPECT_EQ(hide(url, handle(again), 43'200).message,
            "Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total "
            "VisibilityTimeout for the message is beyond the limit [43200 seconds].");
  sqs.advance(seconds(30));
  EXPECT_EQ(hide(url, handle(again), 5).status, 200) << "visible already";
  EXPECT_EQ(hide(url, "garbage", 5).code, "ReceiptHandleIsInvalid");
  ASSERT_EQ(remove(url, handle(got)).status, 200) << "an old handle still deletes";
  const auto gone = hide(url, handle(again), 5);
  EXPECT_EQ(gone.code, "InvalidParameterValue");
  EXPECT_THAT(gone.message,
              testing::EndsWith("Message does not exist or is not available for visibility timeout "
                                "change."));
}

TEST_P(SqsMessages, WakeWhoeverWaits) {
  const auto url = sqs.make_queue("donations");
  const object poll{{"QueueUrl", url}, {"WaitTimeSeconds", 20}};
  auto waiting = sqs.call_later("ReceiveMessage", poll);
  send(url, "one");
  auto reply = waiting.get();
  EXPECT_EQ(bodies(reply), Bodies{"one"});
  waiting = sqs.call_later("ReceiveMessage", poll);
  hide(url, handle(reply), 0);
  EXPECT_EQ(bodies(waiting.get()), Bodies{"one"});
  waiting = sqs.call_later("ReceiveMessage", poll);
  sqs.advance(seconds(20));
  EXPECT_EQ(waiting.get().count("Messages"), 0u);
  EXPECT_EQ(receive(url, {{"WaitTimeSeconds", 21}}).message,
            "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if "
            "provided.");
  EXPECT_EQ(receive(url, {{"MaxNumberOfMessages", 11}}).message,
            "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and "
            "10, if provided.");
}

TEST_P(SqsMessages, AreNotLostOnClientsThatLeft) {
  const auto url = sqs.make_queue("donations");
  auto left = sqs.call_later("ReceiveMessage", {{"QueueUrl", url}, {"WaitTimeSeconds", 20}});
  *sqs.disconnected = true;
  sqs.disconnected = std::make_shared<std::atomic<bool>>(false);
  auto stays = sqs.call_later("ReceiveMessage", {{"QueueUrl", url},
                                                 {"WaitTimeSeconds", 20},
                                                 {"AttributeNames", {"ApproximateReceiveCount"}}});
  send(url, "one");
  EXPECT_EQ(stays.get().at("Messages", 0).at("Attributes"),
            quoted("{'ApproximateReceiveCount':'1'}"));
  EXPECT_EQ(left.get().count("Messages"), 0u);
}

TEST_P(SqsMessages, StayInOrderWithinTheirGroup) {
  const auto url =
      sqs.make_queue("orders.fifo", "{'FifoQueue':'true','ContentBasedDeduplication':'true'}");
  const auto first = send(url, "a1", {{"MessageGroupId", "a"}});
  EXPECT_EQ(first.text("SequenceNumber").size(), 20u);
  send(url, "a2", {{"MessageGroupId", "a"}});
  send(url, "b1", {{"MessageGroupId", "b"}});
  const auto again = send(url, "a1", {{"MessageGroupId", "a"}});
  EXPECT_EQ(again.text("MessageId"), first.text("MessageId"));
  EXPECT_EQ(again.text("SequenceNumber"), first.text("SequenceNumber"));
  const auto got = receive(url, {{"AttributeNames", {"All"}}});
  EXPECT_EQ(bodies(got), Bodies{"a1"});
  const auto& attributes = got.at("Messages", 0).at("Attributes").as_object();
  EXPECT_EQ(attributes.at("MessageGroupId"), "a");
  EXPECT_EQ(text_of(attributes, "SequenceNumber"), first.text("SequenceNumber"));
  EXPECT_EQ(attributes.at("MessageDeduplicationId").as_string().size(), 64u);
  EXPECT_EQ(bodies(receive(url, {{"MaxNumberOfMessages", 10}})), Bodies{"b1"});
  sqs.advance(seconds(30));
  const auto late = remove(url, handle(got));
  EXPECT_EQ(late.code, "InvalidParameterValue");
  EXPECT_THAT(late.message, testing::EndsWith("Reason: The receipt handle has expired."));
}

TEST_P(SqsMessages, GoToTheDeadLetterQueue) {
  const auto dead = sqs.make_queue("dead");
  const auto url = sqs.make_queue(
      "donations",
      R"({'RedrivePolicy':'{\'deadLetterTargetArn\':\'arn:aws:sqs:us-east-1:000000000000:dead\',\'maxReceiveCount\':1}'})");
  const auto sent = send(url, "one");
  receive(url);
  sqs.advance(seconds(30));
  EXPECT_EQ(receive(url).count("Messages"), 0u);
  const auto got = receive(dead, {{"AttributeNames", {"All"}}, {"WaitTimeSeconds", 20}});
  ASSERT_EQ(got.count("Messages"), 1u);
  EXPECT_EQ(text_of(got.at("Messages", 0), "MessageId"), sent.text("MessageId"));
  const auto& attributes = got.at("Messages", 0).at("Attributes").as_object();
  EXPECT_EQ(attributes.at("ApproximateReceiveCount"), "2");
  EXPECT_EQ(attributes.at("DeadLetterQueueSourceArn"),
            "arn:aws:sqs:us-east-1:000000000000:donations");
}

TEST_P(SqsMessages, ComeInBatches) {
  const auto url = sqs.make_queue("donations");
  const auto sent = sqs.call(
      "SendMessageBatch",
      object{{"QueueUrl", url},
             {"Entries",
              {{{"Id", "good"}, {"MessageBody", "a"}},
               {{"Id", "late"}, {"MessageBody", "b"}, {"DelaySeconds", 901}},
               {{"Id", "also"},
                {"MessageBody", "c"},
                {"MessageAttributes", quoted("{'n':{'DataType':'String','StringValue':'v'}}")}}}}});
  ASSERT_EQ(sent.status, 200) << sent.message;
  EXPECT_EQ(sent.count("Successful"), 2u);
  EXPECT_EQ(sent.at("Successful", 0).at("MD5OfMessageBody"), "0cc175b9c0f1b6a831c399e269772661");
  EXPECT_TRUE(sent.at("Successful", 1).contains("MD5OfMessageAttributes"));
  ASSERT_EQ(sent.count("Failed"), 1u);
  EXPECT_EQ(sent.at("Failed", 0).at("Id"), "late");
  EXPECT_EQ(sent.at("Failed", 0).at("Code"), "InvalidParameterValue");
  EXPECT_EQ(sent.at("Failed", 0).at("SenderFault"), true);

  const auto got = receive(url, {{"MaxNumberOfMessages", 10}});
  ASSERT_EQ(bodies(got), (Bodies{"a", "c"}));
  const auto hidden =
      sqs.call("ChangeMessageVisibilityBatch",
               object{{"QueueUrl", url},
                      {"Entries",
                       {{{"Id", "1"}, {"ReceiptHandle", handle(got, 0)}, {"VisibilityTimeout", 60}},
                        {{"Id", "2"}, {"ReceiptHandle", "x"}, {"VisibilityTimeout", 60}}}}});
  EXPECT_EQ(hidden.body.at("Successful"), (array{object{{"Id", "1"}}}));
  EXPECT_EQ(hidden.at("Failed", 0).at("Code"), "ReceiptHandleIsInvalid");
  const auto removed =
      sqs.call("DeleteMessageBatch", object{{"QueueUrl", url},
                                            {"Entries",
                                             {{{"Id", "1"}, {"ReceiptHandle", handle(got, 0)}},
                                              {{"Id", "2"}, {"ReceiptHandle", "x"}},
                                              {{"Id", "3"}, {"ReceiptHandle", handle(got, 1)}}}}});
  EXPECT_EQ(removed.count("Successful"), 2u);
  EXPECT_EQ(removed.count("Failed"), 1u);
  EXPECT_EQ(sqs.attribute(url, "ApproximateNumberOfMessagesNotVisible"), "0");
}

TEST_P(SqsMessages, BatchesFailWhole) {
  const auto url = sqs.make_queue("donations");
  const auto fifo = sqs.make_queue("orders.fifo", "{'FifoQueue':'true'}");
  const auto batch = [&](array entries, const std::string& queue) {
    return sqs.call("SendMessageBatch", object{{"QueueUrl", queue}, {"Entries", entries}});
  };
  const auto entry = [](std::string id, size_t size = 1) {
    return object{{"Id", id}, {"MessageBody", std::string(size, 'a')}};
  };
  EXPECT_EQ(batch({}, url).code, "AWS.SimpleQueueService.EmptyBatchRequest");
  EXPECT_EQ(batch({entry("a"), entry("a")}, url).code,
            "AWS.SimpleQueueService.BatchEntryIdsNotDistinct");
  for (const std::string& id : {std::string(), std::string("in:valid"), std::string(81, 'a')})
    EXPECT_EQ(batch({entry(id)}, url).code, "AWS.SimpleQueueService.InvalidBatchEntryId");
  array many;
  for (int i = 0; i < 11; ++i) many.push_back(entry(std::to_string(i)));
  EXPECT_EQ(batch(many, url).message,
            "Maximum number of entries per request are 10. You have sent 11.");
  const auto large = batch({entry("a", 1'048'576), entry("b")}, url);
  EXPECT_EQ(large.code, "AWS.SimpleQueueService.BatchRequestTooLong");
  EXPECT_EQ(large.message,
            "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.");
  EXPECT_EQ(batch({entry("a")}, fifo).code, "InvalidParameterValue");
  EXPECT_EQ(sqs.attribute(url, "ApproximateNumberOfMessages"), "0");
}

TEST_P(SqsMessages, SurviveARestart) {
  const auto url = sqs.make_queue("donations");
  send(url, "held");
  const auto got = receive(url, {{"VisibilityTimeout", 600}});
  send(url, "free", {{"MessageGroupId", "tenant-1"}});
  sqs.restart();
  const auto rest = receive(url, {{"MaxNumberOfMessages", 10}, {"AttributeNames", {"All"}}});
  EXPECT_EQ(bodies(rest), Bodies{"free"});
  EXPECT_EQ(rest.at("Messages", 0).at("Attributes").at("MessageGroupId"), "tenant-1");
  EXPECT_EQ(remove(url, handle(got)).status, 200);
}

}  // namespace
}  // namespace belfry::aws::sqs
