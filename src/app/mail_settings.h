// What belfry.yaml says of `smtp`, as the mailer takes it.
#pragma once

#include "app/config.h"
#include "base/result.h"
#include "sinks/smtp_mailer.h"

namespace belfry::app {

// An error: the DKIM signature lacks its key, or cannot be made with it. Secrets must have been
// looked up.
Result<sinks::SmtpSettings> mail_settings(const SmtpConfig& config);

}  // namespace belfry::app
