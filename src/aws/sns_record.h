// What the front knows of a topic beyond what the topic itself keeps: attributes as they were
// given, tags, how many subscriptions were ended. A store record "aws/sns/TOPIC", as JSON; a topic
// without one (made by belfry.yaml) has the defaults.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "queue/store.h"

namespace belfry::aws::sns {

struct TopicRecord {
  std::map<std::string, std::string, std::less<>> attributes;
  std::map<std::string, std::string, std::less<>> tags;
  int64_t subscriptions_deleted = 0;
};

std::string record_key(std::string_view topic);
std::string encode(const TopicRecord& record);
TopicRecord read_record(const queue::Store& store, std::string_view topic);

}  // namespace belfry::aws::sns
