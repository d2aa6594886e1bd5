// What an HTTP gateway's answer means for the message. Pure.
//
// Account trouble (401, 402, 403; the like at Vonage) is a retry: it is a person's to mend, and a
// message need not go to the dead letters for it before its attempts are spent.
#pragma once

#include <string>

#include "http/client.h"
#include "sinks/sms_sender.h"

namespace belfry::sinks {

struct AnswerRules {
  // The answer's body must contain a match (RE2) of it to be a good one; empty: any 2xx is. A 2xx
  // without it is permanent.
  std::string accepted;
  std::string id_pointer;  // JSON pointer (RFC 6901) to the provider's message id; empty: none
};

// 2xx accepted; no answer, 401, 402, 403, 408, 425, 429 and 5xx retry, with Retry-After; all else
// permanent.
SmsResult judge_answer(const http::Response& response, const AnswerRules& rules, WallTime now);

// As above; the reason is Twilio's own code and message.
SmsResult judge_twilio(const http::Response& response, WallTime now);

// A 200 carries a status for each part: 0 accepted; 1 (throttled), 5 (internal error) and 10 (too
// many connections) retry, as do 4, 8, 9 and 11 (account trouble); all else permanent.
SmsResult judge_vonage(const http::Response& response, WallTime now);

}  // namespace belfry::sinks
