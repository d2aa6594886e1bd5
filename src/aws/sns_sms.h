// SMS settings, the phones that opted out, and the sandbox calls. belfry is no carrier's sandbox:
// the account is always out of it, and its phone numbers are refused.
#pragma once

#include "aws/sns_context.h"

namespace belfry::aws::sns {

class SmsActions {
 public:
  explicit SmsActions(Context& context) : context_(context) {}

  Answer attributes(const Input& input, const Caller& caller);
  Answer set_attributes(const Input& input, const Caller& caller);
  Answer is_opted_out(const Input& input, const Caller& caller);
  Answer list_opted_out(const Input& input, const Caller& caller);
  Answer opt_in(const Input& input, const Caller& caller);
  Answer sandbox_status(const Input& input, const Caller& caller);
  Answer sandbox_numbers(const Input& input, const Caller& caller);
  Answer no_sandbox(const Input& input, const Caller& caller);
  Answer origination_numbers(const Input& input, const Caller& caller);

 private:
  Context& context_;
};

// AWS.SNS.SMS.SenderID, SMSType and MaxPrice of a text message.
Outcome<void> check_sms_attributes(const queue::Attributes& attributes);

}  // namespace belfry::aws::sns
