#include "topic/confirmation.h"

#include <fmt/format.h>

#include <charconv>

#include "topic/records.h"

namespace belfry::topic {
namespace {

constexpr std::string_view kToken = "belfry.token", kType = "belfry.type";

// A token's record is the time its life ends, in nanoseconds, a space, and the subscription's
// record.
std::optional<std::pair<WallTime, std::string_view>> split(std::string_view record) {
  const size_t space = record.find(' ');
  int64_t end = 0;
  if (space == std::string_view::npos) return std::nullopt;
  const auto [stopped, error] = std::from_chars(record.data(), record.data() + space, end);
  if (error != std::errc() || stopped != record.data() + space) return std::nullopt;
  return std::pair(WallTime(Duration(end)), record.substr(space + 1));
}

std::string make_token(Random& random) {
  std::string token;
  while (token.size() < kTokenDigits) token += fmt::format("{:016x}", random.next());
  return token;
}

}  // namespace

Result<void> open_confirmations(queue::Store& store) {
  queue::QueueSettings settings;
  settings.retention = kTokenLife;
  settings.leases_end_with_process = true;
  auto opened = store.open_queue(std::string(kConfirmationQueue), settings);
  if (!opened) return tl::unexpected(opened.error());
  return {};
}

void ask(queue::Store& store, Random& random, WallTime now, Notice::Type type,
         const Subscription& subscription, queue::Batch& batch) {
  for (const auto& [key, record] : store.list(kTokenPrefix)) {
    const auto parts = split(record);
    if (!parts || parts->first <= now) batch.erase(key);
  }
  const std::string token = make_token(random), record = encode(subscription);
  batch.put(fmt::format("{}{}", kTokenPrefix, token),
            fmt::format("{} {}", (now + kTokenLife).time_since_epoch().count(), record));
  const auto queue = store.find_queue(kConfirmationQueue);
  if (!queue) return;
  queue::Message message;
  message.id = random.uuid();
  message.body = record;
  message.system[std::string(kToken)] = token;
  message.system[std::string(kType)] = name_of(type);
  batch.send(*queue, std::move(message));
}

std::optional<Confirmation> read_confirmation(const queue::Message& message) {
  auto subscription = decode_subscription(message.body);
  const auto token = message.system.find(std::string(kToken)),
             type = message.system.find(std::string(kType));
  if (!subscription || token == message.system.end() || type == message.system.end())
    return std::nullopt;
  Confirmation out;
  if (type->second == name_of(Notice::Type::unsubscribe_confirmation))
    out.type = Notice::Type::unsubscribe_confirmation;
  out.subscription = std::move(*subscription);
  out.token = token->second;
  return out;
}

std::string confirmation_text(const Confirmation& confirmation, const Notices& notices) {
  const Subscription& subscription = confirmation.subscription;
  if (confirmation.type == Notice::Type::unsubscribe_confirmation)
    return fmt::format(
        "You have chosen to deactivate subscription {}.\nTo cancel this operation and restore the "
        "subscription, visit the SubscribeURL included in this message.",
        notices.arn(subscription));
  return fmt::format(
      "You have chosen to subscribe to the topic {}.\nTo confirm the subscription, visit the "
      "SubscribeURL included in this message.",
      notices.topic_arn(subscription.topic, subscription.region));
}

std::optional<Subscription> find_token(const queue::Store& store, std::string_view token,
                                       WallTime now) {
  const auto record = store.get(fmt::format("{}{}", kTokenPrefix, token));
  if (!record) return std::nullopt;
  const auto parts = split(*record);
  if (!parts || parts->first <= now) return std::nullopt;
  auto subscription = decode_subscription(parts->second);
  if (!subscription) return std::nullopt;
  return std::move(*subscription);
}

}  // namespace belfry::topic
