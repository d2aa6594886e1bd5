#include "aws/sqs_attributes.h"

#include <fmt/format.h>

#include <array>

#include "aws/sqs_json.h"
#include "aws/sqs_names.h"
#include "aws/sqs_redrive.h"
#include "aws/sqs_text.h"

namespace belfry::aws::sqs {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

constexpr std::string_view kNames[] = {"All",
                                       "Policy",
                                       "VisibilityTimeout",
                                       "MaximumMessageSize",
                                       "MessageRetentionPeriod",
                                       "ApproximateNumberOfMessages",
                                       "ApproximateNumberOfMessagesNotVisible",
                                       "CreatedTimestamp",
                                       "LastModifiedTimestamp",
                                       "QueueArn",
                                       "ApproximateNumberOfMessagesDelayed",
                                       "DelaySeconds",
                                       "ReceiveMessageWaitTimeSeconds",
                                       "RedrivePolicy",
                                       "FifoQueue",
                                       "ContentBasedDeduplication",
                                       "KmsMasterKeyId",
                                       "KmsDataKeyReusePeriodSeconds",
                                       "DeduplicationScope",
                                       "FifoThroughputLimit",
                                       "RedriveAllowPolicy",
                                       "SqsManagedSseEnabled"};

// The attributes that are whole numbers, with their bounds.
struct Number {
  std::string_view name;
  int64_t least, most;
  void (*set)(QueueState& queue, int64_t value);
};
constexpr Number kNumbers[] = {
    {"VisibilityTimeout", 0, 43'200,
     [](QueueState& queue, int64_t value) { queue.settings.visibility_timeout = seconds(value); }},
    {"DelaySeconds", 0, 900,
     [](QueueState& queue, int64_t value) { queue.settings.delay = seconds(value); }},
    {"MessageRetentionPeriod", 60, 1'209'600,
     [](QueueState& queue, int64_t value) { queue.settings.retention = seconds(value); }},
    {"ReceiveMessageWaitTimeSeconds", 0, 20,
     [](QueueState& queue, int64_t value) { queue.settings.receive_wait = seconds(value); }},
    {"MaximumMessageSize", 1'024, 1'048'576,
     [](QueueState& queue, int64_t value) {
       queue.settings.maximum_message_size = static_cast<uint32_t>(value);
     }},
    {"KmsDataKeyReusePeriodSeconds", 60, 86'400,
     [](QueueState& queue, int64_t value) { queue.record.kms_reuse_seconds = value; }},
};

const Number* number_named(std::string_view name) {
  for (const auto& number : kNumbers)
    if (number.name == name) return &number;
  return nullptr;
}

Outcome<bool> read_boolean(std::string_view name, std::string_view text) {
  if (!is_word(text, "true") && !is_word(text, "false")) return refuse(attribute_value(name));
  return is_word(text, "true");
}

Outcome<void> check_kind(std::string_view name, std::string_view text, const QueueState& queue,
                         bool making) {
  const bool fifo = queue.settings.fifo;
  if (name == "FifoQueue") {
    if (!fifo) return refuse(unknown_attribute(name));
    if (!making && !is_word(text, "true"))
      return refuse(attribute_value(name, "Modifying queue type is not supported."));
    if (!is_word(text, "true")) return refuse(unknown_attribute(name));
  } else if (name == "ContentBasedDeduplication" && !fifo) {
    return refuse(unknown_attribute(name));
  } else if ((name == "DeduplicationScope" || name == "FifoThroughputLimit") && !fifo) {
    return refuse(attribute_name(
        fmt::format("You can specify the {} only when FifoQueue is set to true.", name)));
  }
  return {};
}

// One attribute that is not a plain number.
Outcome<void> set_one(QueueState& queue, std::string_view name, std::string_view text,
                      const queue::Store& store) {
  auto& record = queue.record;
  if (name == "ContentBasedDeduplication") {
    const auto value = read_boolean(name, text);
    if (!value) return refuse(value.error());
    queue.settings.content_deduplication = *value;
  } else if (name == "DeduplicationScope") {
    if (text != "queue" && text != "messageGroup") return refuse(attribute_value(name));
    record.deduplication_scope = text;
  } else if (name == "FifoThroughputLimit") {
    if (text != "perQueue" && text != "perMessageGroupId") return refuse(attribute_value(name));
    record.throughput_limit = text;
  } else if (name == "RedrivePolicy") {
    auto policy = read_redrive_policy(text, queue.name, queue.settings.fifo, store);
    if (!policy) return refuse(policy.error());
    queue.settings.dead_letter = std::move(*policy);
  } else if (name == "RedriveAllowPolicy") {
    auto policy = read_redrive_allow_policy(text);
    if (!policy) return refuse(policy.error());
    record.redrive_allow = std::move(*policy);
  } else if (name == "Policy") {
    boost::system::error_code error;
    const auto parsed = boost::json::parse({text.data(), text.size()}, error);
    if (!text.empty() && (error || !parsed.is_object())) return refuse(attribute_value(name));
    record.policy = text;
  } else if (name == "KmsMasterKeyId") {
    record.kms_key = text;
  } else if (name == "SqsManagedSseEnabled") {
    const auto value = read_boolean(name, text);
    if (!value) return refuse(value.error());
    record.sse = *value;
  } else if (name != "FifoQueue") {
    return refuse(unknown_attribute(name));
  }
  return {};
}

// SSE by SQS and by KMS exclude each other; whichever was asked for last holds.
Outcome<void> settle_encryption(QueueState& queue, const boost::json::object& given) {
  const bool kms = !text_of(given, "KmsMasterKeyId").empty();
  if (kms && is_word(text_of(given, "SqsManagedSseEnabled"), "true"))
    return refuse(attribute_name(
        "You can use one type of server-side encryption (SSE) at one time. You can either enable "
        "KMS SSE or SQS SSE."));
  if (kms) queue.record.sse = false;
  if (is_word(text_of(given, "SqsManagedSseEnabled"), "true")) queue.record.kms_key.clear();
  return {};
}

Outcome<void> settle_fifo(QueueState& queue) {
  auto& record = queue.record;
  if (!queue.settings.fifo) return {};
  if (record.throughput_limit == "perMessageGroupId" &&
      record.deduplication_scope != "messageGroup")
    return refuse(attribute_value(
        "FifoThroughputLimit",
        "perMessageGroupId is allowed only when DeduplicationScope is messageGroup."));
  return {};
}

std::string text_of_seconds(Duration duration) {
  return std::to_string(duration_cast<seconds>(duration).count());
}

}  // namespace

bool is_attribute(std::string_view name) {
  for (const auto known : kNames)
    if (known == name) return true;
  return false;
}

Outcome<void> set_attributes(QueueState& queue, const boost::json::object& given, bool making,
                             const queue::Store& store) {
  QueueState changed = queue;
  for (const auto& [key, value] : given) {
    const std::string_view name(key.data(), key.size());
    const std::string_view text = view(value.get_string());
    if (auto kind = check_kind(name, text, queue, making); !kind) return kind;
    if (const auto* number = number_named(name)) {
      if (text.empty()) {  // back to the default
        const QueueState fresh;
        if (name == "KmsDataKeyReusePeriodSeconds")
          changed.record.kms_reuse_seconds = fresh.record.kms_reuse_seconds;
        else
          return refuse(attribute_value(name));
        continue;
      }
      const auto parsed = parse_number(text);
      if (!parsed || *parsed < number->least || *parsed > number->most)
        return refuse(attribute_value(name));
      number->set(changed, *parsed);
    } else if (auto set = set_one(changed, name, text, store); !set) {
      return set;
    }
  }
  if (auto settled = settle_encryption(changed, given); !settled) return settled;
  if (auto settled = settle_fifo(changed); !settled) return settled;
  if (making)
    changed.settings.deduplication_by_group = changed.record.deduplication_scope == "messageGroup";
  queue = std::move(changed);
  return {};
}

boost::json::object all_attributes(const QueueState& queue, const queue::QueueCounts& counts,
                                   const Caller& caller) {
  const auto& settings = queue.settings;
  const auto& record = queue.record;
  boost::json::object out;
  out["ApproximateNumberOfMessages"] = std::to_string(counts.visible);
  out["ApproximateNumberOfMessagesDelayed"] = std::to_string(counts.delayed);
  out["ApproximateNumberOfMessagesNotVisible"] = std::to_string(counts.in_flight);
  out["CreatedTimestamp"] = std::to_string(record.created);
  out["DelaySeconds"] = text_of_seconds(settings.delay);
  out["LastModifiedTimestamp"] = std::to_string(record.modified);
  out["MaximumMessageSize"] = std::to_string(settings.maximum_message_size);
  out["MessageRetentionPeriod"] = text_of_seconds(settings.retention);
  out["QueueArn"] = arn_of(queue.name, caller);
  out["ReceiveMessageWaitTimeSeconds"] = text_of_seconds(settings.receive_wait);
  out["SqsManagedSseEnabled"] = record.sse ? "true" : "false";
  out["VisibilityTimeout"] = text_of_seconds(settings.visibility_timeout);
  if (!record.policy.empty()) out["Policy"] = record.policy;
  if (settings.dead_letter)
    out["RedrivePolicy"] = write_redrive_policy(*settings.dead_letter, caller);
  if (!record.redrive_allow.empty()) out["RedriveAllowPolicy"] = record.redrive_allow;
  if (!record.kms_key.empty()) {
    out["KmsMasterKeyId"] = record.kms_key;
    out["KmsDataKeyReusePeriodSeconds"] = std::to_string(record.kms_reuse_seconds);
  }
  if (settings.fifo) {
    out["FifoQueue"] = "true";
    out["ContentBasedDeduplication"] = settings.content_deduplication ? "true" : "false";
    out["DeduplicationScope"] = !record.deduplication_scope.empty() ? record.deduplication_scope
                                : settings.deduplication_by_group   ? "messageGroup"
                                                                    : "queue";
    out["FifoThroughputLimit"] =
        record.throughput_limit.empty() ? "perQueue" : record.throughput_limit;
  }
  return out;
}

}  // namespace belfry::aws::sqs
