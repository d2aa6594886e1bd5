#include "aws/access.h"

#include <gtest/gtest.h>

namespace belfry::aws {
namespace {

Policy policy(std::string_view json) {
  auto parsed = Policy::parse(json);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? *parsed : Policy();
}

TEST(Policy, AllowsWhatItSaysAndNothingElse) {
  const auto p = policy(R"({"Version":"2012-10-17","Statement":[
      {"Effect":"Allow","Action":["sqs:Send*","sqs:GetQueueUrl"],"Resource":"arn:aws:sqs:*:*:don?tions"},
      {"Effect":"Deny","Action":"sqs:SendMessageBatch","Resource":"*"}]})");
  EXPECT_TRUE(p.allows("sqs:SendMessage", "arn:aws:sqs:eu-west-1:000000000000:donations"));
  EXPECT_TRUE(p.allows("SQS:sendmessage", "arn:aws:sqs:eu-west-1:000000000000:donations"));
  EXPECT_FALSE(p.allows("sqs:SendMessage", "arn:aws:sqs:eu-west-1:000000000000:Donations"));
  EXPECT_FALSE(p.allows("sqs:DeleteQueue", "arn:aws:sqs:eu-west-1:000000000000:donations"));
  EXPECT_FALSE(p.allows("sqs:SendMessageBatch", "arn:aws:sqs:eu-west-1:000000000000:donations"));
  EXPECT_FALSE(Policy().allows("sqs:SendMessage", "*"));
}

TEST(Policy, RefusesWhatItDoesNotUnderstand) {
  for (const auto* text :
       {"[]", "{}", "{\"Statement\":[{}]}",
        R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{}}})",
        R"({"Statement":{"Effect":"Allow","NotAction":"*","Resource":"*"}})",
        R"({"Statement":{"Effect":"Perhaps","Action":"*","Resource":"*"}})",
        R"({"Statement":{"Effect":"Allow","Action":[1],"Resource":"*"}})"})
    EXPECT_FALSE(Policy::parse(text)) << text;
}

}  // namespace
}  // namespace belfry::aws
