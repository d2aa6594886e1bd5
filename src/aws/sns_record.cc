#include "aws/sns_record.h"

#include <boost/json.hpp>

#include "base/log.h"

namespace belfry::aws::sns {
namespace {

using Texts = std::map<std::string, std::string, std::less<>>;

boost::json::object json_of(const Texts& texts) {
  boost::json::object out;
  for (const auto& [name, value] : texts) out[name] = value;
  return out;
}

void read(const boost::json::object& from, std::string_view name, Texts& out) {
  const auto* object = from.if_contains(name);
  if (!object || !object->is_object()) return;
  for (const auto& [key, value] : object->get_object())
    if (value.is_string()) out[std::string(key)] = std::string_view(value.get_string());
}

}  // namespace

std::string record_key(std::string_view topic) {
  return "aws/sns/" + std::string(topic);
}

std::string encode(const TopicRecord& record) {
  return boost::json::serialize(
      boost::json::object{{"version", 1},
                          {"attributes", json_of(record.attributes)},
                          {"tags", json_of(record.tags)},
                          {"subscriptions_deleted", record.subscriptions_deleted}});
}

TopicRecord read_record(const queue::Store& store, std::string_view topic) {
  TopicRecord record;
  const auto stored = store.get(record_key(topic));
  if (!stored) return record;
  boost::system::error_code error;
  const auto parsed = boost::json::parse(*stored, error);
  if (error || !parsed.is_object()) {
    log::error("a topic's AWS record cannot be read: its tags and policy are lost",
               {{"topic", topic}});
    return record;
  }
  read(parsed.get_object(), "attributes", record.attributes);
  read(parsed.get_object(), "tags", record.tags);
  const auto* deleted = parsed.get_object().if_contains("subscriptions_deleted");
  if (deleted && deleted->is_int64()) record.subscriptions_deleted = deleted->get_int64();
  return record;
}

}  // namespace belfry::aws::sns
