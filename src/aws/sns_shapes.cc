#include "aws/sns_shapes.h"

namespace belfry::aws::sns {
namespace {

using Fields = std::vector<std::pair<std::string, Shape>>;

Shape attributes() {
  return map(scalar());
}
Shape texts() {
  return list(scalar());
}
Shape tags() {
  return list(structure({{"Key", scalar()}, {"Value", scalar()}}));
}

// Required fields begin with a star.
ActionShapes action(Fields in, Fields out = {}) {
  ActionShapes shapes;
  for (auto& [name, shape] : in) {
    if (!name.starts_with('*')) continue;
    name.erase(0, 1);
    shapes.required.push_back(name);
  }
  shapes.input = structure(std::move(in));
  shapes.output = structure(std::move(out));
  return shapes;
}

Fields publication(Fields before) {
  Shape values = map(
      structure({{"DataType", scalar()}, {"StringValue", scalar()}, {"BinaryValue", scalar()}}));
  values.key = "Name";
  values.value = "Value";
  before.insert(before.end(), {{"*Message", scalar()},
                               {"Subject", scalar()},
                               {"MessageStructure", scalar()},
                               {"MessageAttributes", std::move(values)},
                               {"MessageDeduplicationId", scalar()},
                               {"MessageGroupId", scalar()}});
  return before;
}

Shape subscriptions() {
  return list(structure({{"SubscriptionArn", scalar()},
                         {"Owner", scalar()},
                         {"Protocol", scalar()},
                         {"Endpoint", scalar()},
                         {"TopicArn", scalar()}}));
}

// Entries of a batch are checked one by one: there the star is only taken off.
Fields batch_entry() {
  Fields fields = publication({{"Id", scalar()}});
  for (auto& [name, shape] : fields)
    if (name.starts_with('*')) name.erase(0, 1);
  return fields;
}

using Table = std::map<std::string, ActionShapes, std::less<>>;

void add_topics(Table& table) {
  table["AddPermission"] = action({{"*TopicArn", scalar()},
                                   {"*Label", scalar()},
                                   {"*AWSAccountId", texts()},
                                   {"*ActionName", texts()}});
  table["RemovePermission"] = action({{"*TopicArn", scalar()}, {"*Label", scalar()}});
  table["CreateTopic"] = action({{"*Name", scalar()},
                                 {"Attributes", attributes()},
                                 {"Tags", tags()},
                                 {"DataProtectionPolicy", scalar()}},
                                {{"TopicArn", scalar()}});
  table["DeleteTopic"] = action({{"*TopicArn", scalar()}});
  table["GetTopicAttributes"] = action({{"*TopicArn", scalar()}}, {{"Attributes", attributes()}});
  table["SetTopicAttributes"] =
      action({{"*TopicArn", scalar()}, {"*AttributeName", scalar()}, {"AttributeValue", scalar()}});
  table["ListTopics"] =
      action({{"NextToken", scalar()}},
             {{"Topics", list(structure({{"TopicArn", scalar()}}))}, {"NextToken", scalar()}});
  table["ListTagsForResource"] = action({{"*ResourceArn", scalar()}}, {{"Tags", tags()}});
  table["TagResource"] = action({{"*ResourceArn", scalar()}, {"*Tags", tags()}});
  table["UntagResource"] = action({{"*ResourceArn", scalar()}, {"*TagKeys", texts()}});
  table["GetDataProtectionPolicy"] =
      action({{"*ResourceArn", scalar()}}, {{"DataProtectionPolicy", scalar()}});
  table["PutDataProtectionPolicy"] =
      action({{"*ResourceArn", scalar()}, {"*DataProtectionPolicy", scalar()}});
  table["Publish"] = action(
      publication({{"TopicArn", scalar()}, {"TargetArn", scalar()}, {"PhoneNumber", scalar()}}),
      {{"MessageId", scalar()}, {"SequenceNumber", scalar()}});
  table["PublishBatch"] = action(
      {{"*TopicArn", scalar()}, {"*PublishBatchRequestEntries", list(structure(batch_entry()))}},
      {{"Successful",
        list(structure({{"Id", scalar()}, {"MessageId", scalar()}, {"SequenceNumber", scalar()}}))},
       {"Failed", list(structure({{"Id", scalar()},
                                  {"Code", scalar()},
                                  {"Message", scalar()},
                                  {"SenderFault", boolean()}}))}});
}

void add_subscriptions(Table& table) {
  table["Subscribe"] = action({{"*TopicArn", scalar()},
                               {"*Protocol", scalar()},
                               {"Endpoint", scalar()},
                               {"Attributes", attributes()},
                               {"ReturnSubscriptionArn", boolean()}},
                              {{"SubscriptionArn", scalar()}});
  table["ConfirmSubscription"] = action(
      {{"*TopicArn", scalar()}, {"*Token", scalar()}, {"AuthenticateOnUnsubscribe", scalar()}},
      {{"SubscriptionArn", scalar()}});
  table["Unsubscribe"] = action({{"SubscriptionArn", scalar()}});
  table["GetSubscriptionAttributes"] =
      action({{"*SubscriptionArn", scalar()}}, {{"Attributes", attributes()}});
  table["SetSubscriptionAttributes"] = action(
      {{"*SubscriptionArn", scalar()}, {"*AttributeName", scalar()}, {"AttributeValue", scalar()}});
  const Fields listed = {{"Subscriptions", subscriptions()}, {"NextToken", scalar()}};
  table["ListSubscriptions"] = action({{"NextToken", scalar()}}, listed);
  table["ListSubscriptionsByTopic"] =
      action({{"*TopicArn", scalar()}, {"NextToken", scalar()}}, listed);
}

void add_sms(Table& table) {
  table["CheckIfPhoneNumberIsOptedOut"] =
      action({{"*phoneNumber", scalar()}}, {{"isOptedOut", boolean()}});
  table["ListPhoneNumbersOptedOut"] =
      action({{"nextToken", scalar()}}, {{"phoneNumbers", texts()}, {"nextToken", scalar()}});
  table["OptInPhoneNumber"] = action({{"*phoneNumber", scalar()}});
  table["GetSMSAttributes"] = action({{"attributes", texts()}}, {{"attributes", attributes()}});
  table["SetSMSAttributes"] = action({{"*attributes", attributes()}});
  table["GetSMSSandboxAccountStatus"] = action({}, {{"IsInSandbox", boolean()}});
  table["CreateSMSSandboxPhoneNumber"] =
      action({{"*PhoneNumber", scalar()}, {"LanguageCode", scalar()}});
  table["DeleteSMSSandboxPhoneNumber"] = action({{"*PhoneNumber", scalar()}});
  table["VerifySMSSandboxPhoneNumber"] =
      action({{"*PhoneNumber", scalar()}, {"*OneTimePassword", scalar()}});
  table["ListSMSSandboxPhoneNumbers"] =
      action({{"NextToken", scalar()}, {"MaxResults", integer()}},
             {{"PhoneNumbers", list(structure({{"PhoneNumber", scalar()}, {"Status", scalar()}}))},
              {"NextToken", scalar()}});
  table["ListOriginationNumbers"] = action(
      {{"NextToken", scalar()}, {"MaxResults", integer()}},
      {{"PhoneNumbers", list(structure({{"PhoneNumber", scalar()}}))}, {"NextToken", scalar()}});
}

void add_platform(Table& table) {
  table["CreatePlatformApplication"] =
      action({{"*Name", scalar()}, {"*Platform", scalar()}, {"*Attributes", attributes()}},
             {{"PlatformApplicationArn", scalar()}});
  table["DeletePlatformApplication"] = action({{"*PlatformApplicationArn", scalar()}});
  table["GetPlatformApplicationAttributes"] =
      action({{"*PlatformApplicationArn", scalar()}}, {{"Attributes", attributes()}});
  table["SetPlatformApplicationAttributes"] =
      action({{"*PlatformApplicationArn", scalar()}, {"Attributes", attributes()}});
  table["ListPlatformApplications"] = action(
      {{"NextToken", scalar()}},
      {{"PlatformApplications",
        list(structure({{"PlatformApplicationArn", scalar()}, {"Attributes", attributes()}}))},
       {"NextToken", scalar()}});
  table["CreatePlatformEndpoint"] = action({{"*PlatformApplicationArn", scalar()},
                                            {"*Token", scalar()},
                                            {"CustomUserData", scalar()},
                                            {"Attributes", attributes()}},
                                           {{"EndpointArn", scalar()}});
  table["DeleteEndpoint"] = action({{"*EndpointArn", scalar()}});
  table["GetEndpointAttributes"] =
      action({{"*EndpointArn", scalar()}}, {{"Attributes", attributes()}});
  table["SetEndpointAttributes"] =
      action({{"*EndpointArn", scalar()}, {"*Attributes", attributes()}});
  table["ListEndpointsByPlatformApplication"] = action(
      {{"*PlatformApplicationArn", scalar()}, {"NextToken", scalar()}},
      {{"Endpoints", list(structure({{"EndpointArn", scalar()}, {"Attributes", attributes()}}))},
       {"NextToken", scalar()}});
}

}  // namespace

const std::map<std::string, ActionShapes, std::less<>>& action_shapes() {
  static const Table shapes = [] {
    Table table;
    add_topics(table);
    add_subscriptions(table);
    add_sms(table);
    add_platform(table);
    return table;
  }();
  return shapes;
}

}  // namespace belfry::aws::sns
