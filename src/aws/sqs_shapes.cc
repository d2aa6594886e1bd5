#include "aws/sqs_shapes.h"

namespace belfry::aws::sqs {
namespace {

using Fields = std::vector<std::pair<std::string, Shape>>;

Shape attributes() {
  return flat_map("Attribute", "Name", "Value");
}
Shape tags() {
  return flat_map("Tag", "Key", "Value");
}
Shape attribute_names() {
  return flat_list("AttributeName", scalar());
}

Shape message_attributes(std::string wire) {
  return flat_map(
      std::move(wire), "Name", "Value",
      structure({{"StringValue", scalar()}, {"BinaryValue", scalar()}, {"DataType", scalar()}}));
}

Fields with_url(Fields fields) {
  fields.insert(fields.begin(), {"QueueUrl", scalar()});
  return fields;
}

// What one message to send consists of; within a batch it has an Id, too.
Fields sending(Fields before) {
  before.insert(before.end(),
                {{"MessageBody", scalar()},
                 {"DelaySeconds", integer()},
                 {"MessageAttributes", message_attributes("MessageAttribute")},
                 {"MessageSystemAttributes", message_attributes("MessageSystemAttribute")},
                 {"MessageDeduplicationId", scalar()},
                 {"MessageGroupId", scalar()}});
  return before;
}

Fields sent(Fields before) {
  before.insert(before.end(), {{"MessageId", scalar()},
                               {"MD5OfMessageBody", scalar()},
                               {"MD5OfMessageAttributes", scalar()},
                               {"MD5OfMessageSystemAttributes", scalar()},
                               {"SequenceNumber", scalar()}});
  return before;
}

ActionShapes batch(const std::string& action, Fields entry, Fields done) {
  const Shape failed = structure(
      {{"Id", scalar()}, {"SenderFault", boolean()}, {"Code", scalar()}, {"Message", scalar()}});
  return {structure(with_url(
              {{"Entries", flat_list(action + "RequestEntry", structure(std::move(entry)))}})),
          structure({{"Successful", flat_list(action + "ResultEntry", structure(std::move(done)))},
                     {"Failed", flat_list("BatchResultErrorEntry", failed)}})};
}

Shape received_message() {
  return structure({{"MessageId", scalar()},
                    {"ReceiptHandle", scalar()},
                    {"MD5OfBody", scalar()},
                    {"Body", scalar()},
                    {"Attributes", attributes()},
                    {"MD5OfMessageAttributes", scalar()},
                    {"MessageAttributes", message_attributes("MessageAttribute")}});
}

Shape move_task() {
  return structure({{"TaskHandle", scalar()},
                    {"Status", scalar()},
                    {"SourceArn", scalar()},
                    {"DestinationArn", scalar()},
                    {"MaxNumberOfMessagesPerSecond", integer()},
                    {"ApproximateNumberOfMessagesMoved", integer()},
                    {"ApproximateNumberOfMessagesToMove", integer()},
                    {"FailureReason", scalar()},
                    {"StartedTimestamp", integer()}});
}

Fields with_paging(Fields fields) {
  fields.insert(fields.end(), {{"NextToken", scalar()}, {"MaxResults", integer()}});
  return fields;
}

}  // namespace

const std::map<std::string, ActionShapes, std::less<>>& action_shapes() {
  static const std::map<std::string, ActionShapes, std::less<>> shapes = {
      {"AddPermission",
       {structure(with_url({{"Label", scalar()},
                            {"AWSAccountIds", flat_list("AWSAccountId", scalar())},
                            {"Actions", flat_list("ActionName", scalar())}})),
        structure({})}},
      {"CancelMessageMoveTask",
       {structure({{"TaskHandle", scalar()}}),
        structure({{"ApproximateNumberOfMessagesMoved", integer()}})}},
      {"ChangeMessageVisibility",
       {structure(with_url({{"ReceiptHandle", scalar()}, {"VisibilityTimeout", integer()}})),
        structure({})}},
      {"ChangeMessageVisibilityBatch",
       batch("ChangeMessageVisibilityBatch",
             {{"Id", scalar()}, {"ReceiptHandle", scalar()}, {"VisibilityTimeout", integer()}},
             {{"Id", scalar()}})},
      {"CreateQueue",
       {structure({{"QueueName", scalar()}, {"Attributes", attributes()}, {"tags", tags()}}),
        structure({{"QueueUrl", scalar()}})}},
      {"DeleteMessage", {structure(with_url({{"ReceiptHandle", scalar()}})), structure({})}},
      {"DeleteMessageBatch",
       batch("DeleteMessageBatch", {{"Id", scalar()}, {"ReceiptHandle", scalar()}},
             {{"Id", scalar()}})},
      {"DeleteQueue", {structure(with_url({})), structure({})}},
      {"GetQueueAttributes",
       {structure(with_url({{"AttributeNames", attribute_names()}})),
        structure({{"Attributes", attributes()}})}},
      {"GetQueueUrl",
       {structure({{"QueueName", scalar()}, {"QueueOwnerAWSAccountId", scalar()}}),
        structure({{"QueueUrl", scalar()}})}},
      {"ListDeadLetterSourceQueues",
       {structure(with_url(with_paging({}))),
        structure({{"queueUrls", flat_list("QueueUrl", scalar())}, {"NextToken", scalar()}})}},
      {"ListMessageMoveTasks",
       {structure({{"SourceArn", scalar()}, {"MaxResults", integer()}}),
        structure({{"Results", flat_list("ListMessageMoveTasksResultEntry", move_task())}})}},
      {"ListQueues",
       {structure(with_paging({{"QueueNamePrefix", scalar()}})),
        structure({{"QueueUrls", flat_list("QueueUrl", scalar())}, {"NextToken", scalar()}})}},
      {"ListQueueTags", {structure(with_url({})), structure({{"Tags", tags()}})}},
      {"PurgeQueue", {structure(with_url({})), structure({})}},
      {"ReceiveMessage",
       {structure(with_url(
            {{"AttributeNames", attribute_names()},
             {"MessageSystemAttributeNames", flat_list("MessageSystemAttributeName", scalar())},
             {"MessageAttributeNames", flat_list("MessageAttributeName", scalar())},
             {"MaxNumberOfMessages", integer()},
             {"VisibilityTimeout", integer()},
             {"WaitTimeSeconds", integer()},
             {"ReceiveRequestAttemptId", scalar()}})),
        structure({{"Messages", flat_list("Message", received_message())}})}},
      {"RemovePermission", {structure(with_url({{"Label", scalar()}})), structure({})}},
      {"SendMessage", {structure(sending(with_url({}))), structure(sent({}))}},
      {"SendMessageBatch",
       batch("SendMessageBatch", sending({{"Id", scalar()}}), sent({{"Id", scalar()}}))},
      {"SetQueueAttributes", {structure(with_url({{"Attributes", attributes()}})), structure({})}},
      {"StartMessageMoveTask",
       {structure({{"SourceArn", scalar()},
                   {"DestinationArn", scalar()},
                   {"MaxNumberOfMessagesPerSecond", integer()}}),
        structure({{"TaskHandle", scalar()}})}},
      {"TagQueue", {structure(with_url({{"Tags", tags()}})), structure({})}},
      {"UntagQueue",
       {structure(with_url({{"TagKeys", flat_list("TagKey", scalar())}})), structure({})}},
  };
  return shapes;
}

}  // namespace belfry::aws::sqs
