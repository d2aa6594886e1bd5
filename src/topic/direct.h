// What is published to one recipient, without a topic: to a phone number or a device. Such messages
// wait in queues of their own, with the recipient in a system attribute, and are worked off like a
// subscription's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "queue/store.h"

namespace belfry::topic {

inline constexpr std::string_view kPhoneQueue = ".phones";    // recipient: +15555550100
inline constexpr std::string_view kDeviceQueue = ".devices";  // recipient: endpoint/GCM/app/id
inline constexpr std::string_view kRecipient = "belfry.recipient";

Result<void> open_direct_queues(queue::Store& store);

// Phones whose owners want no more messages: records "sns/opted-out/PHONE".
inline constexpr std::string_view kOptedOutPrefix = "sns/opted-out/";
bool is_opted_out(const queue::Store& store, std::string_view phone);
std::vector<std::string> opted_out(const queue::Store& store);  // sorted
void opt_out(std::string_view phone, queue::Batch& batch);
void opt_in(std::string_view phone, queue::Batch& batch);

}  // namespace belfry::topic
