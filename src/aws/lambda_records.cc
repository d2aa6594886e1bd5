#include "aws/lambda_records.h"

#include <boost/json.hpp>

#include "aws/sqs_message.h"

namespace belfry::aws::lambda {
namespace {

namespace json = boost::json;

json::object attribute_json(const json::object& attribute) {
  json::object out;
  if (const auto* text = attribute.if_contains("StringValue")) out["stringValue"] = *text;
  if (const auto* bytes = attribute.if_contains("BinaryValue")) out["binaryValue"] = *bytes;
  out["stringListValues"] = json::array();
  out["binaryListValues"] = json::array();
  out["dataType"] = attribute.at("DataType");
  return out;
}

json::object record_json(const queue::Received& message, const RecordSource& source) {
  static const sqs::Wanted kAll = *sqs::Wanted::read(
      {{"AttributeNames", json::array{"All"}}, {"MessageAttributeNames", json::array{"All"}}});
  Caller caller;
  caller.account = source.account;
  caller.region = source.region;
  json::object seen = sqs::message_json(message, kAll, source.fifo, caller);
  json::object out;
  out["messageId"] = std::move(seen["MessageId"]);
  out["receiptHandle"] = std::move(seen["ReceiptHandle"]);
  out["body"] = std::move(seen["Body"]);
  out["attributes"] = std::move(seen["Attributes"]);
  json::object attributes;
  if (const auto* given = seen.if_contains("MessageAttributes"))
    for (const auto& [name, value] : given->as_object())
      attributes[name] = attribute_json(value.as_object());
  out["messageAttributes"] = std::move(attributes);
  if (const auto* sum = seen.if_contains("MD5OfMessageAttributes"))
    out["md5OfMessageAttributes"] = *sum;
  else if (source.window)
    out["md5OfMessageAttributes"] = nullptr;
  out["md5OfBody"] = std::move(seen["MD5OfBody"]);
  out["eventSource"] = "aws:sqs";
  out["eventSourceARN"] = source.arn;
  out["awsRegion"] = source.region;
  return out;
}

}  // namespace

std::string record_of(const queue::Received& message, const RecordSource& source) {
  return json::serialize(record_json(message, source));
}

std::string event_of(const std::vector<std::string>& records) {
  std::string out = "{\"Records\":[";
  for (const std::string& record : records) {
    if (out.back() != '[') out += ',';
    out += record;
  }
  out += "]}";
  return out;
}

RecordFilter::RecordFilter(const std::vector<match::Pattern>& patterns) : all_(patterns.empty()) {
  for (size_t i = 0; i < patterns.size(); ++i) matcher_.add(i, patterns[i]);
}

bool RecordFilter::wants(const queue::Received& message, const RecordSource& source) {
  if (all_) return true;
  json::object record = record_json(message, source);
  record.erase("body");
  const std::string rest = json::serialize(record);
  document_.clear();
  if (!document_.add_json(std::string_view(rest))) return false;
  if (!document_.add_value("body", message.message.body))
    document_.add_string("body", message.message.body);
  std::vector<match::PatternId> matched;
  matcher_.match(document_, scratch_, matched);
  return !matched.empty();
}

}  // namespace belfry::aws::lambda
