// What SNS answers, scenario by scenario, as the API reference and AWS itself have it.
#include "aws/sns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "aws/front.h"
#include "queue/store_harness.h"
#include "topic/confirmation.h"
#include "topic/direct.h"

namespace belfry::aws {
namespace {

using boost::json::object;
using testing::HasSubstr;

constexpr char kTopic[] = "arn:aws:sns:us-east-1:000000000000:t";
constexpr char kFifo[] = "arn:aws:sns:us-east-1:000000000000:t.fifo";

// JSON with ' for ".
object quoted(std::string text) {
  std::replace(text.begin(), text.end(), '\'', '"');
  return boost::json::parse(text).get_object();
}

class SnsTest : public queue::StoreHarness, public testing::Test {
 protected:
  SnsTest() {
    EXPECT_TRUE(topic::open_confirmations(*store));
    EXPECT_TRUE(topic::open_direct_queues(*store));
    call("CreateTopic", "{'Name':'t'}");
    call("CreateTopic", "{'Name':'t.fifo','Attributes':{'FifoTopic':'true'}}");
    make("q");
    make("q.fifo", fifo());
  }

  Answer answer(const std::string& action, object input, bool signed_by_somebody = true) {
    Caller caller;
    if (signed_by_somebody) caller.access_key = "AKIDEXAMPLE";
    std::promise<Answer> got;
    service_.actions.at(action).run(std::move(input), caller,
                                    [&](Answer it) { got.set_value(std::move(it)); });
    return got.get_future().get();
  }

  // "Code: message", or the output as JSON.
  std::string call(const std::string& action, const std::string& input) {
    const Answer it = answer(action, quoted(input));
    if (const auto* fault = std::get_if<Fault>(&it)) return fault->code + ": " + fault->message;
    return boost::json::serialize(std::get<object>(it));
  }
  object output(const std::string& action, const std::string& input) {
    return std::get<object>(answer(action, quoted(input)));
  }
  std::string subscribe(const std::string& rest) {
    const object out = output("Subscribe", "{'TopicArn':'" + std::string(kTopic) +
                                               "','ReturnSubscriptionArn':true," + rest + "}");
    return std::string(out.at("SubscriptionArn").get_string());
  }
  std::string token() {  // of the last confirmation that was asked for
    const auto asked = store->peek(*store->find_queue(topic::kConfirmationQueue), 0, 100);
    return topic::read_confirmation(asked.back().message)->token;
  }

  topic::Notices notices_{*store, clock, {}};
  std::unique_ptr<topic::Topics> topics_ = topic::Topics::over(*store, &notices_);
  Sns sns_{*store, *topics_, notices_, clock, *random, {{"declared"}}};
  Service service_ = sns_.service();
};

struct Scenario {
  const char* action;
  const char* input;
  const char* answer;
};

TEST_F(SnsTest, RefusesInAwsWords) {
  constexpr Scenario kScenarios[] = {
      {"CreateTopic", "{'Name':''}", "InvalidParameter: Invalid parameter: Topic Name"},
      {"CreateTopic", "{'Name':'a.b'}", "InvalidParameter: Invalid parameter: Topic Name"},
      {"CreateTopic", "{'Name':'x.fifo'}", "InvalidParameter: Invalid parameter: Topic Name"},
      {"CreateTopic", "{'Name':'x','Attributes':{'FifoTopic':'true'}}",
       "InvalidParameter: Invalid parameter: Topic Name"},
      {"CreateTopic", "{'Name':'x','Tags':[{'Key':'a','Value':'1'},{'Key':'a','Value':'2'}]}",
       "InvalidParameter: Invalid parameter: Duplicated keys are not allowed."},
      {"CreateTopic", "{'Name':'t','Attributes':{'DisplayName':'d'}}",
       "InvalidParameter: Invalid parameter: Attributes Reason: Topic already exists with "
       "different "
       "attributes"},
      {"CreateTopic", "{}",
       "ValidationError: 1 validation error detected: Value null at 'name' failed to satisfy "
       "constraint: Member must not be null"},
      {"DeleteTopic", "{'TopicArn':'arn:aws:sns:us-east-1:000000000000:declared'}",
       "AuthorizationError: The topic declared is named by belfry.yaml, which alone may change it"},
      {"GetTopicAttributes", "{'TopicArn':'arn:aws:sns:us-east-1:000000000000:none'}",
       "NotFound: Topic does not exist"},
      {"SetTopicAttributes", "{'TopicArn':'T','AttributeName':'Nothing','AttributeValue':'x'}",
       "InvalidParameter: Invalid parameter: AttributeName"},
      {"AddPermission",
       "{'TopicArn':'T','Label':'l','AWSAccountId':['111111111111'],'ActionName':['Fly']}",
       "InvalidParameter: Invalid parameter: Policy statement action out of service scope!"},
      {"PutDataProtectionPolicy", "{'ResourceArn':'T','DataProtectionPolicy':'{}'}",
       "UnsupportedOperation: belfry does not look into messages: data protection policies are "
       "refused"},
      {"ListTagsForResource", "{'ResourceArn':'arn:aws:sns:us-east-1:000000000000:none'}",
       "ResourceNotFound: Resource does not exist"},
      {"ListTopics", "{'NextToken':'***'}", "InvalidParameter: Invalid parameter: NextToken"},

      {"Subscribe", "{'TopicArn':'T','Protocol':'pigeon','Endpoint':'roof'}",
       "InvalidParameter: Invalid parameter: Amazon SNS does not support this protocol string: "
       "pigeon"},
      {"Subscribe", "{'TopicArn':'T','Protocol':'http','Endpoint':'https://example.org'}",
       "InvalidParameter: Invalid parameter: Endpoint must match the specified protocol"},
      {"Subscribe", "{'TopicArn':'T','Protocol':'sms','Endpoint':'+15--551234567'}",
       "InvalidParameter: Invalid SMS endpoint: +15--551234567"},
      {"Subscribe", "{'TopicArn':'T','Protocol':'email','Endpoint':'nobody'}",
       "InvalidParameter: Invalid parameter: Email address"},
      {"Subscribe",
       "{'TopicArn':'T','Protocol':'sqs','Endpoint':'arn:aws:sqs:us-east-1:000000000000:q.fifo'}",
       "InvalidParameter: Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues "
       "can "
       "not be subscribed to standard SNS topics"},
      {"Subscribe",
       "{'TopicArn':'T','Protocol':'sms','Endpoint':'+15555550100','Attributes':"
       "{'RawMessageDelivery':'yes'}}",
       "InvalidParameter: Invalid parameter: Attributes Reason: RawMessageDelivery: Invalid value "
       "[yes]. Must be true or false."},
      {"Subscribe",
       "{'TopicArn':'T','Protocol':'sms','Endpoint':'+15555550100','Attributes':"
       "{'RedrivePolicy':'{}'}}",
       "InvalidParameter: Invalid parameter: Attributes Reason: RedrivePolicy: deadLetterTargetArn "
       "is an invalid arn"},
      {"Unsubscribe", "{'SubscriptionArn':'gone'}",
       "InvalidParameter: Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 "
       "elements, not 1"},
      {"Unsubscribe", "{'SubscriptionArn':'T:gone'}", "{}"},
      {"GetSubscriptionAttributes", "{'SubscriptionArn':'T:gone'}",
       "NotFound: Subscription does not exist"},
      {"ConfirmSubscription", "{'TopicArn':'T','Token':'random'}",
       "InvalidParameter: Invalid token"},
      {"ConfirmSubscription",
       "{'TopicArn':'T','Token':"
       "'00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'}",
       "InvalidParameter: Invalid parameter: Token"},

      {"Publish", "{'Message':'m'}",
       "InvalidParameter: Invalid parameter: TopicArn or TargetArn Reason: no value for required "
       "parameter"},
      {"Publish", "{'TopicArn':'randomstring','Message':'m'}",
       "InvalidParameter: Invalid parameter: TopicArn Reason: An ARN must have at least 6 "
       "elements, "
       "not 1"},
      {"Publish", "{'TopicArn':'T','Message':''}",
       "InvalidParameter: Invalid parameter: Empty message"},
      {"Publish", "{'TopicArn':'T','Message':'m','Subject':''}",
       "InvalidParameter: Invalid parameter: Subject"},
      {"Publish", "{'TopicArn':'T','Message':'[]','MessageStructure':'json'}",
       "InvalidParameter: Invalid parameter: Message Structure - JSON message body failed to "
       "parse"},
      {"Publish", "{'TopicArn':'T','Message':'m','MessageDeduplicationId':'d'}",
       "InvalidParameter: Invalid parameter: MessageDeduplicationId Reason: The request includes "
       "MessageDeduplicationId parameter that is not valid for this topic type"},
      {"Publish", "{'TopicArn':'F','Message':'m'}",
       "InvalidParameter: Invalid parameter: The MessageGroupId parameter is required for FIFO "
       "topics"},
      {"Publish", "{'TopicArn':'F','Message':'m','MessageGroupId':'g'}",
       "InvalidParameter: Invalid parameter: The topic should either have "
       "ContentBasedDeduplication "
       "enabled or MessageDeduplicationId provided explicitly"},
      {"Publish", "{'PhoneNumber':'5555','Message':'m'}",
       "InvalidParameter: Invalid parameter: PhoneNumber Reason: 5555 is not valid to publish to"},
      {"Publish",
       "{'PhoneNumber':'+15555550100','Message':'m','MessageAttributes':{'AWS.SNS.SMS.SMSType':"
       "{'DataType':'String','StringValue':'Loud'}}}",
       "InvalidParameter: Invalid parameter: SMSType"},
      {"Publish",
       "{'TopicArn':'T','Message':'m','MessageAttributes':{'a^b':{'DataType':'String'}}}",
       "ParameterValueInvalid: Invalid non-alphanumeric character '#x5E' was found in the message "
       "attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots."},
      {"Publish", "{'TopicArn':'T','Message':'m','MessageAttributes':{'a':{'StringValue':'x'}}}",
       "ValidationError: 1 validation error detected: Value null at "
       "'messageAttributes.a.member.dataType' failed to satisfy constraint: Member must not be "
       "null"},
      {"Publish", "{'TopicArn':'T','Message':'m','MessageAttributes':{'a':{'DataType':'String.'}}}",
       "ParameterValueInvalid: The message attribute 'a' has an invalid message attribute type, "
       "the "
       "set of supported type prefixes is Binary, Number, and String."},
      // An ending of any kind is the publisher's own business.
      {"Publish",
       "{'TopicArn':'T','Message':'m','MessageAttributes':{'a':{'DataType':'String. x.'}}}",
       "ParameterValueInvalid: The message attribute 'a' must contain non-empty message attribute "
       "value for message attribute type 'String. x.'."},
      {"Publish", "{'TopicArn':'T','Message':'m','MessageAttributes':{'a':{'DataType':'String'}}}",
       "ParameterValueInvalid: The message attribute 'a' must contain non-empty message attribute "
       "value for message attribute type 'String'."},
      {"Publish",
       "{'TopicArn':'T','Message':'m','MessageAttributes':{'a':{'DataType':'Binary',"
       "'StringValue':'x'}}}",
       "ParameterValueInvalid: The message attribute 'a' with type 'Binary' must use field "
       "'Binary'."},
      {"PublishBatch", "{'TopicArn':'T','PublishBatchRequestEntries':[]}",
       "EmptyBatchRequest: The batch request doesn't contain any entries."},
      {"PublishBatch", "{'TopicArn':'T','PublishBatchRequestEntries':[{'Id':'a.b','Message':'m'}]}",
       "InvalidBatchEntryId: The Id of a batch entry in the batch request contains an "
       "impermissible "
       "character: a.b"},
      {"PublishBatch",
       "{'TopicArn':'T','PublishBatchRequestEntries':[{'Id':'a','Message':'m'},{'Id':'a','Message':"
       "'m'}]}",
       "BatchEntryIdsNotDistinct: Two or more batch entries in the request have the same Id."},

      {"CreatePlatformApplication", "{'Name':'n','Platform':'AAA','Attributes':{}}",
       "InvalidParameter: Invalid parameter: Platform Reason: AAA is not supported"},
      {"CreatePlatformApplication",
       "{'Name':'n','Platform':'ADM','Attributes':{'PlatformCredential':'c'}}",
       "InvalidParameter: Invalid parameter: Attributes Reason: PlatformCredential attribute "
       "provided without PlatformPrincipal"},
      {"GetPlatformApplicationAttributes",
       "{'PlatformApplicationArn':'arn:aws:sns:us-east-1:000000000000:app/ADM/none'}",
       "NotFound: PlatformApplication does not exist"},
      {"SetEndpointAttributes", "{'EndpointArn':'T','Attributes':{}}",
       "InvalidParameter: Invalid parameter: EndpointArn Reason: Wrong number of slashes in "
       "relative "
       "portion of the ARN."},
      {"SetSMSAttributes", "{'attributes':{'DefaultSMSType':'Loud'}}",
       "InvalidParameter: DefaultSMSType is invalid"},
      {"GetSMSAttributes", "{}", R"({"attributes":{"MonthlySpendLimit":"1"}})"},
      {"CheckIfPhoneNumberIsOptedOut", "{'phoneNumber':'+15555550100'}", R"({"isOptedOut":false})"},
  };
  for (const Scenario& scenario : kScenarios) {
    std::string input = scenario.input;
    for (const auto& [name, arn] : {std::pair("'T", kTopic), {"'F", kFifo}})
      for (const char* end : {"'", ":"})
        for (size_t at; (at = input.find(std::string(name) + end)) != std::string::npos;)
          input.replace(at, 2, std::string("'") + arn);
    EXPECT_EQ(call(scenario.action, input), scenario.answer) << scenario.input;
  }
}

TEST_F(SnsTest, AnEndpointConfirmsAndLeavesAndReturns) {
  const std::string arn = subscribe("'Protocol':'https','Endpoint':'https://example.org/hook'");
  const std::string confirm =
      "{'TopicArn':'" + std::string(kTopic) + "','Token':'" + token() + "'}";
  const std::string shown = call("GetSubscriptionAttributes", "{'SubscriptionArn':'" + arn + "'}");
  EXPECT_THAT(shown, HasSubstr(R"("PendingConfirmation":"true")"));
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(call("ConfirmSubscription", confirm), R"({"SubscriptionArn":")" + arn + "\"}");
  // By a link, which nobody signs.
  answer("Unsubscribe", quoted("{'SubscriptionArn':'" + arn + "'}"), false);
  EXPECT_THAT(call("GetSubscriptionAttributes", "{'SubscriptionArn':'" + arn + "'}"),
              HasSubstr("NotFound"));
  const std::string restore =
      "{'TopicArn':'" + std::string(kTopic) + "','Token':'" + token() + "'}";
  EXPECT_EQ(call("ConfirmSubscription", restore), R"({"SubscriptionArn":")" + arn + "\"}");
  EXPECT_THAT(call("GetSubscriptionAttributes", "{'SubscriptionArn':'" + arn + "'}"),
              HasSubstr(R"("PendingConfirmation":"false")"));
  // By its owner: then no old token brings it back.
  EXPECT_EQ(call("Unsubscribe", "{'SubscriptionArn':'" + arn + "'}"), "{}");
  EXPECT_EQ(call("ConfirmSubscription", confirm), "InvalidParameter: Invalid parameter: Token");
}

TEST_F(SnsTest, ATokenLivesForThreeDays) {
  subscribe("'Protocol':'email','Endpoint':'board@example.org'");
  const std::string confirm =
      "{'TopicArn':'" + std::string(kTopic) + "','Token':'" + token() + "'}";
  clock.advance(topic::kTokenLife);
  EXPECT_EQ(call("ConfirmSubscription", confirm), "InvalidParameter: Invalid parameter: Token");
}

TEST_F(SnsTest, AFifoTopicAnswersWithTheFirstsNumber) {
  const std::string input = "{'TopicArn':'" + std::string(kFifo) +
                            "','Message':'m','MessageGroupId':'g','MessageDeduplicationId':'d'}";
  const object first = output("Publish", input);
  EXPECT_EQ(first.at("SequenceNumber"), "00000000000000000001");
  EXPECT_EQ(output("Publish", input), first);
  clock.advance(std::chrono::minutes(6));
  store->clock_moved();
  EXPECT_NE(output("Publish", input), first);
}

TEST_F(SnsTest, DeliveryPoliciesAreReadAndShown) {
  const std::string arn = subscribe("'Protocol':'http','Endpoint':'http://example.org/hook'");
  const auto set = [&](const std::string& value) {
    return answer(
        "SetSubscriptionAttributes",
        {{"SubscriptionArn", arn}, {"AttributeName", "DeliveryPolicy"}, {"AttributeValue", value}});
  };
  EXPECT_TRUE(std::holds_alternative<object>(set(
      R"({"healthyRetryPolicy":{"numRetries":5,"minDelayTarget":2,"maxDelayTarget":9,"backoffFunction":"geometric"},"throttlePolicy":{"maxReceivesPerSecond":7}})")));
  const auto found = topics_->subscriptions("t").at(0);
  EXPECT_EQ(found.policy->retries, 5u);
  EXPECT_EQ(found.policy->rate, 7u);
  EXPECT_EQ(found.policy->backoff, topic::Backoff::geometric);
  for (const char* bad :
       {"nothing", R"({"x":1})", R"({"healthyRetryPolicy":{"numRetries":101}})",
        R"({"healthyRetryPolicy":{"minDelayTarget":9,"maxDelayTarget":8}})",
        R"({"healthyRetryPolicy":{"numRetries":1,"numNoDelayRetries":2}})",
        R"({"healthyRetryPolicy":{"numRetries":100,"minDelayTarget":60,"maxDelayTarget":60}})"}) {
    const auto refused = set(bad);
    ASSERT_TRUE(std::holds_alternative<Fault>(refused)) << bad;
    EXPECT_EQ(std::get<Fault>(refused).code, "InvalidParameter");
  }
}

TEST_F(SnsTest, PhonesAndDevicesHaveQueuesOfTheirOwn) {
  output("Publish", "{'PhoneNumber':'+15555550100','Message':'ring'}");
  const auto texts = store->peek(*store->find_queue(topic::kPhoneQueue), 0, 10);
  ASSERT_EQ(texts.size(), 1u);
  EXPECT_EQ(texts[0].message.system.at(std::string(topic::kRecipient)), "+15555550100");
  const object app =
      output("CreatePlatformApplication",
             "{'Name':'n','Platform':'GCM','Attributes':{'PlatformCredential':'c'}}");
  const std::string app_arn(app.at("PlatformApplicationArn").get_string());
  EXPECT_EQ(app_arn, "arn:aws:sns:us-east-1:000000000000:app/GCM/n");
  const object device = output("CreatePlatformEndpoint",
                               "{'PlatformApplicationArn':'" + app_arn + "','Token':'device'}");
  const std::string arn(device.at("EndpointArn").get_string());
  EXPECT_THAT(call("CreatePlatformEndpoint", "{'PlatformApplicationArn':'" + app_arn +
                                                 "','Token':'device','CustomUserData':'x'}"),
              HasSubstr("already exists with the same Token, but different attributes."));
  output("Publish", "{'TargetArn':'" + arn + "','Message':'ding'}");
  const auto pushes = store->peek(*store->find_queue(topic::kDeviceQueue), 0, 10);
  ASSERT_EQ(pushes.size(), 1u);
  EXPECT_THAT(pushes[0].message.system.at(std::string(topic::kRecipient)),
              HasSubstr("endpoint/GCM/n/"));
  output("DeletePlatformApplication", "{'PlatformApplicationArn':'" + app_arn + "'}");
  EXPECT_THAT(call("GetEndpointAttributes", "{'EndpointArn':'" + arn + "'}"),
              HasSubstr("Endpoint does not exist"));
}

// The links in notifications are followed from anywhere, by nobody in particular.
TEST_F(SnsTest, OnlyLinksNeedNoSignature) {
  Access access;
  access.add({"alice", "AKIA", "secret", Policy::parse("{'Statement':[]}").value_or(Policy())});
  Front front(clock, *random, {.access = std::move(access)});
  front.add(sns_.service());
  const auto ask = [&](const std::string& method, const std::string& action) {
    http::ServerRequest request;
    request.method = method;
    request.target = "/?Action=" + action;
    request.path = "/";
    request.query = {{"Action", action}, {"TopicArn", kTopic}, {"Token", "random"}};
    request.peer = "203.0.113.9";
    int status = 0;
    front.handle(std::move(request),
                 [&](http::ServerResponse response) { status = response.status; });
    return status;
  };
  EXPECT_EQ(ask("GET", "ConfirmSubscription"), 400);  // its token is wrong
  EXPECT_EQ(ask("POST", "ConfirmSubscription"), 403);
  EXPECT_EQ(ask("GET", "DeleteTopic"), 403);
}

}  // namespace
}  // namespace belfry::aws
