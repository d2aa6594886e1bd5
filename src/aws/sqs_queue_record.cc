#include "aws/sqs_queue_record.h"

#include "aws/sqs_json.h"
#include "base/log.h"

namespace belfry::aws::sqs {

std::string encode(const QueueRecord& record) {
  boost::json::object tags;
  for (const auto& [key, value] : record.tags) tags[key] = value;
  return boost::json::serialize(
      boost::json::object{{"created", record.created},
                          {"modified", record.modified},
                          {"policy", record.policy},
                          {"redrive_allow", record.redrive_allow},
                          {"kms_key", record.kms_key},
                          {"kms_reuse_seconds", record.kms_reuse_seconds},
                          {"sse", record.sse},
                          {"deduplication_scope", record.deduplication_scope},
                          {"throughput_limit", record.throughput_limit},
                          {"tags", std::move(tags)}});
}

std::optional<QueueRecord> decode_queue_record(std::string_view json) {
  boost::system::error_code error;
  const auto parsed = boost::json::parse({json.data(), json.size()}, error);
  if (error || !parsed.is_object()) return std::nullopt;
  const auto& object = parsed.get_object();
  QueueRecord record;
  record.created = number_of(object, "created").value_or(0);
  record.modified = number_of(object, "modified").value_or(0);
  record.policy = text_of(object, "policy");
  record.redrive_allow = text_of(object, "redrive_allow");
  record.kms_key = text_of(object, "kms_key");
  record.kms_reuse_seconds =
      number_of(object, "kms_reuse_seconds").value_or(record.kms_reuse_seconds);
  if (const auto* sse = object.if_contains("sse"); sse && sse->is_bool())
    record.sse = sse->get_bool();
  record.deduplication_scope = text_of(object, "deduplication_scope");
  record.throughput_limit = text_of(object, "throughput_limit");
  for (const auto& [key, value] : object_of(object, "tags"))
    if (value.is_string()) record.tags[std::string(key)] = view(value.get_string());
  return record;
}

std::string record_key(std::string_view queue) {
  return "aws/sqs/" + std::string(queue);
}

QueueRecord read_record(const queue::Store& store, std::string_view queue) {
  const auto stored = store.get(record_key(queue));
  if (!stored) return {};
  auto record = decode_queue_record(*stored);
  if (!record) {
    log::error("a queue's AWS record cannot be read: its tags and policy are lost",
               {{"queue", queue}});
    return {};
  }
  return std::move(*record);
}

}  // namespace belfry::aws::sqs
