// What a push service is told: the body in its own form, and what the message's reserved attributes
// ask for ("Sending mobile push notifications", SNS Developer Guide):
//
//   AWS.SNS.MOBILE.APNS.PUSH_TYPE, .TOPIC, .PRIORITY, .COLLAPSE_ID
//   AWS.SNS.MOBILE.<platform>.TTL     seconds, as in AWS.SNS.MOBILE.APNS_SANDBOX.TTL
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/headers.h"
#include "queue/message.h"

namespace belfry::sinks {

// Each body is what was given for the service, or made of plain text.
std::string fcm_body(std::string_view body, std::string_view token,
                     const queue::Attributes& attributes = {});
std::string apns_body(std::string_view body);

// All but the authorization. Without a PUSH_TYPE it follows from platform and body.
http::Headers apns_headers(const queue::Attributes& attributes, std::string_view platform,
                           const std::string& bundle, std::string_view body, WallTime sent);

}  // namespace belfry::sinks
