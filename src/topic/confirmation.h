// How a subscription's endpoint says that it wants it: a token that only the endpoint is told.
// Tokens are records of the store ("sns/token/TOKEN"), valid for three days, and stay so after
// their use: confirming twice is as good as once. What tells the endpoint of its token is a message
// in the queue kConfirmationQueue, worked off like any delivery, and good also after the
// subscription is gone: an unsubscribed endpoint is told how to restore it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "queue/store.h"
#include "topic/notification.h"
#include "topic/subscription.h"
#include "topic/topics.h"

namespace belfry::topic {

inline constexpr std::string_view kConfirmationQueue = ".confirmations";
inline constexpr std::string_view kTokenPrefix = "sns/token/";
inline constexpr size_t kTokenDigits = 64;  // hexadecimal
inline constexpr Duration kTokenLife = std::chrono::hours(72);

// What a message of the queue says.
struct Confirmation {
  Notice::Type type = Notice::Type::subscription_confirmation;
  Subscription subscription;
  std::string token;
};

// Opens the queue; at start.
Result<void> open_confirmations(queue::Store& store);

// Adds to the batch: a token for the subscription, and the message that tells its endpoint. Tokens
// whose time is over go.
void ask(queue::Store& store, Random& random, WallTime now, Notice::Type type,
         const Subscription& subscription, queue::Batch& batch);
std::optional<Confirmation> read_confirmation(const queue::Message& message);
// "You have chosen to subscribe to the topic …": the message's text.
std::string confirmation_text(const Confirmation& confirmation, const Notices& notices);

// Whose token it is; none: nobody's, or its time is over.
std::optional<Subscription> find_token(const queue::Store& store, std::string_view token,
                                       WallTime now);

}  // namespace belfry::topic
