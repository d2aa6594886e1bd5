#include "topic/subscription.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/hash.h"

namespace belfry::topic {
namespace {

constexpr size_t kLongestQueueName = 200;

}  // namespace

bool is_direct(const Subscription& subscription) {
  return subscription.protocol == "sqs";
}

std::string_view queue_of_endpoint(std::string_view endpoint) {
  return endpoint.substr(endpoint.find_last_of(":/") + 1);
}

std::string subscription_queue(std::string_view topic, std::string_view id) {
  std::string name = fmt::format(".sub.{}.{}", topic, id);
  if (name.size() <= kLongestQueueName) return name;
  return ".sub." + hex(view(sha256(name)));
}

}  // namespace belfry::topic
