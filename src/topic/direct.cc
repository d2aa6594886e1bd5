#include "topic/direct.h"

#include <fmt/format.h>

#include <algorithm>

namespace belfry::topic {
namespace {

std::string key_of(std::string_view phone) {
  return fmt::format("{}{}", kOptedOutPrefix, phone);
}

}  // namespace

Result<void> open_direct_queues(queue::Store& store) {
  queue::QueueSettings settings;
  settings.retention = std::chrono::hours(24 * 365 * 100);
  settings.leases_end_with_process = true;
  for (const std::string_view name : {kPhoneQueue, kDeviceQueue})
    if (auto opened = store.open_queue(std::string(name), settings); !opened)
      return tl::unexpected(opened.error());
  return {};
}

bool is_opted_out(const queue::Store& store, std::string_view phone) {
  return store.get(key_of(phone)).has_value();
}

std::vector<std::string> opted_out(const queue::Store& store) {
  std::vector<std::string> phones;
  for (const auto& [key, value] : store.list(kOptedOutPrefix))
    phones.push_back(key.substr(kOptedOutPrefix.size()));
  std::sort(phones.begin(), phones.end());
  return phones;
}

void opt_out(std::string_view phone, queue::Batch& batch) {
  batch.put(key_of(phone), "{\"version\":1}");
}

void opt_in(std::string_view phone, queue::Batch& batch) {
  batch.erase(key_of(phone));
}

}  // namespace belfry::topic
