#include "aws/sqs_message.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/sqs_digest.h"
#include "aws/sqs_json.h"
#include "aws/sqs_message_attributes.h"
#include "aws/sqs_names.h"
#include "aws/sqs_text.h"
#include "base/bytes.h"

namespace belfry::aws::sqs {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr int64_t kLongestDelay = 900;
constexpr size_t kLongestId = 128;
constexpr std::string_view kDeadLetterSource = "belfry.dead-letter-source";
constexpr std::string_view kTraceHeader = "AWSTraceHeader";

// Group and deduplication ids: 1 to 128 letters, digits and punctuation of ASCII.
Outcome<std::string> read_id(const boost::json::object& input, std::string_view name) {
  const auto text = text_of(input, name);
  bool good = !text.empty() && text.size() <= kLongestId;
  for (const char c : text) good = good && c > 0x20 && c < 0x7f;
  if (good) return std::string(text);
  return refuse(invalid_value(
      text, name,
      fmt::format(
          "{} can only include alphanumeric and punctuation characters. 1 to 128 in length.",
          name)));
}

Outcome<void> read_fifo_ids(const boost::json::object& input, const queue::QueueSettings& settings,
                            queue::Message& message) {
  if (input.contains("MessageGroupId")) {
    auto group = read_id(input, "MessageGroupId");
    if (!group) return refuse(group.error());
    message.group = std::move(*group);
  } else if (settings.fifo) {
    return refuse(missing("MessageGroupId"));
  }
  if (input.contains("MessageDeduplicationId")) {
    auto id = read_id(input, "MessageDeduplicationId");
    if (!id) return refuse(id.error());
    if (!settings.fifo)
      return refuse(
          invalid_value(*id, "MessageDeduplicationId",
                        "The request includes a parameter that is not valid for this queue type."));
    message.deduplication = std::move(*id);
  } else if (settings.fifo && !settings.content_deduplication) {
    return refuse(
        invalid("The queue should either have ContentBasedDeduplication enabled or "
                "MessageDeduplicationId provided explicitly"));
  }
  return {};
}

Outcome<void> read_delay(const boost::json::object& input, const queue::QueueSettings& settings,
                         queue::Message& message) {
  const auto delay = number_of(input, "DelaySeconds");
  if (!delay) return {};
  const std::string text = std::to_string(*delay);
  if (*delay < 0 || *delay > kLongestDelay)
    return refuse(invalid_value(text, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900."));
  if (!settings.fifo) {
    message.delay = std::chrono::seconds(*delay);
  } else if (*delay > 0) {
    return refuse(
        invalid_value(text, "DelaySeconds",
                      "The request include parameter that is not valid for this queue type."));
  }
  return {};
}

std::string in_milliseconds(WallTime time) {
  return std::to_string(duration_cast<milliseconds>(time.time_since_epoch()).count());
}

boost::json::object system_json(const queue::Received& received, const Wanted& wanted, bool fifo,
                                const Caller& caller) {
  boost::json::object out;
  const auto put = [&](std::string_view name, auto value_of) {
    if (wanted.system(name)) out[name] = value_of();
  };
  const auto& message = received.message;
  const auto stored = [&](std::string_view name) -> const std::string* {
    const auto at = message.system.find(std::string(name));
    return at == message.system.end() ? nullptr : &at->second;
  };
  put("SenderId", [&] {
    const auto* sender = stored("SenderId");
    return sender ? *sender : caller.account;
  });
  put("SentTimestamp", [&] { return in_milliseconds(received.sent); });
  put("ApproximateReceiveCount", [&] { return std::to_string(received.receives); });
  put("ApproximateFirstReceiveTimestamp", [&] { return in_milliseconds(received.first_received); });
  if (!message.group.empty()) put("MessageGroupId", [&] { return message.group; });
  if (fifo) {
    put("MessageDeduplicationId", [&] { return message.deduplication; });
    put("SequenceNumber", [&] { return fmt::format("{:020}", received.sequence); });
  }
  if (const auto* trace = stored(kTraceHeader)) put(kTraceHeader, [&] { return *trace; });
  // What a topic's subscription gave up came from no queue.
  if (const auto* source = stored(kDeadLetterSource);
      source && source->find('/') == std::string::npos)
    put("DeadLetterQueueSourceArn", [&] { return arn_of(*source, caller); });
  return out;
}

}  // namespace

Outcome<queue::Message> read_message(const boost::json::object& input,
                                     const queue::QueueSettings& settings, const Caller& caller) {
  queue::Message message;
  const auto body = text_of(input, "MessageBody");
  if (body.empty()) return refuse(missing("MessageBody"));
  if (!is_xml_text(body)) return refuse(invalid_contents());
  message.body = body;
  if (auto delay = read_delay(input, settings, message); !delay) return refuse(delay.error());
  auto attributes = read_message_attributes(object_of(input, "MessageAttributes"));
  if (!attributes) return refuse(attributes.error());
  message.attributes = std::move(*attributes);
  auto system = read_system_attributes(object_of(input, "MessageSystemAttributes"));
  if (!system) return refuse(system.error());
  for (auto& [name, attribute] : *system) message.system[name] = std::move(attribute.value);
  if (auto ids = read_fifo_ids(input, settings, message); !ids) return refuse(ids.error());
  return message;
}

size_t message_size(const queue::Message& message) {
  size_t size = message.body.size();
  for (const auto& [name, attribute] : message.attributes)
    size += name.size() + attribute.type.size() + attribute.value.size();
  return size;
}

Fault too_large(std::string_view verdict, const queue::QueueSettings& settings) {
  return invalid(
      fmt::format("One or more parameters {}. Reason: Message must be shorter than {} bytes.",
                  verdict, settings.maximum_message_size));
}

SentSums sums_of(const queue::Message& message) {
  SentSums sums;
  sums.body = md5(message.body);
  if (!message.attributes.empty()) sums.attributes = md5(message.attributes);
  const auto trace = message.system.find(std::string(kTraceHeader));
  if (trace != message.system.end())
    sums.system = md5(queue::Attributes{{std::string(kTraceHeader), {"String", trace->second}}});
  return sums;
}

void adopt_trace(queue::Message& message, const Caller& caller) {
  if (!caller.trace.empty()) message.system.try_emplace(std::string(kTraceHeader), caller.trace);
}

void append_sent(boost::json::object& out, const SentSums& sums, const queue::Committed::Sent& sent,
                 bool fifo) {
  out["MessageId"] = sent.id;
  out["MD5OfMessageBody"] = sums.body;
  if (!sums.attributes.empty()) out["MD5OfMessageAttributes"] = sums.attributes;
  if (!sums.system.empty()) out["MD5OfMessageSystemAttributes"] = sums.system;
  if (fifo) out["SequenceNumber"] = fmt::format("{:020}", sent.sequence);
}

Outcome<Wanted> Wanted::read(const boost::json::object& input) {
  static constexpr std::string_view kSystem[] = {
      "SenderId",       "SentTimestamp",          "ApproximateReceiveCount",
      "SequenceNumber", "MessageDeduplicationId", "ApproximateFirstReceiveTimestamp",
      "MessageGroupId", "AWSTraceHeader",         "DeadLetterQueueSourceArn"};
  Wanted wanted;
  for (const char* list : {"AttributeNames", "MessageSystemAttributeNames"})
    for (const auto& item : array_of(input, list)) {
      const auto name = view(item.get_string());
      if (name == "All")
        wanted.all_system_ = true;
      else if (std::find(std::begin(kSystem), std::end(kSystem), name) != std::end(kSystem))
        wanted.system_.emplace_back(name);
      else
        return refuse(unknown_attribute(name));
    }
  for (const auto& item : array_of(input, "MessageAttributeNames")) {
    auto name = view(item.get_string());
    if (name == "All" || name == ".*" || name == "*") {
      wanted.all_ = true;
    } else if (name.ends_with(".*")) {
      name.remove_suffix(2);
      wanted.prefixes_.emplace_back(name);
    } else {
      wanted.names_.emplace_back(name);
    }
  }
  return wanted;
}

bool Wanted::attribute(std::string_view name) const {
  if (all_) return true;
  for (const auto& wanted : names_)
    if (wanted == name) return true;
  for (const auto& prefix : prefixes_)
    if (name.starts_with(prefix)) return true;
  return false;
}

bool Wanted::system(std::string_view name) const {
  return all_system_ || std::find(system_.begin(), system_.end(), name) != system_.end();
}

boost::json::object message_json(queue::Received received, const Wanted& wanted, bool fifo,
                                 const Caller& caller) {
  boost::json::object out;
  auto& message = received.message;
  out["MessageId"] = message.id;
  out["ReceiptHandle"] = received.receipt;
  out["MD5OfBody"] = md5(message.body);
  if (wanted.any_system()) {
    auto system = system_json(received, wanted, fifo, caller);
    if (!system.empty()) out["Attributes"] = std::move(system);
  }
  std::erase_if(message.attributes, [&](const auto& it) { return !wanted.attribute(it.first); });
  if (!message.attributes.empty()) {
    out["MD5OfMessageAttributes"] = md5(message.attributes);
    out["MessageAttributes"] = message_attributes_json(message.attributes);
  }
  out["Body"] = message.body;
  return out;
}

}  // namespace belfry::aws::sqs
