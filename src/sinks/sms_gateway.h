// The sender that speaks to a provider's HTTP interface: any one through a request template, Twilio
// and Vonage as presets. The provider cuts long texts itself.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/client.h"
#include "sinks/gateway_answer.h"
#include "sinks/sms_sender.h"

namespace belfry::sinks {

struct GatewaySettings {
  std::string preset;   // "twilio", "vonage" or empty; what is set below changes the preset's own
  std::string from;     // the sender
  std::string account;  // Twilio: the account SID
  // HTTP Basic; Twilio: an API key and its secret, or the account and its token. Vonage: api_key
  // and api_secret.
  std::string user, password;
  std::string method;  // empty: POST
  std::string url;     // a template, as the next two
  std::vector<std::pair<std::string, std::string>> headers;
  std::string
      body;  // JSON if it begins with { or [, else a form; without a Content-Type it gets that one
  std::string accepted;    // see AnswerRules
  std::string id_pointer;  // see AnswerRules
  Duration timeout = std::chrono::seconds(15);
};

// The client must outlive the sender, and have ended its requests before.
Result<std::unique_ptr<SmsSender>> make_sms_gateway(GatewaySettings settings, http::Client& client,
                                                    Clock& clock);

}  // namespace belfry::sinks
