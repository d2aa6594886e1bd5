// Mail through an SMTP server, by libcurl: STARTTLS or TLS from the start, with a user or without.
//
// A few threads hold a connection each and send one mail at a time. What the server refuses for
// good (5xx to the recipient or the text) is permanent; all else is tried again.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "sinks/dkim.h"
#include "sinks/mail.h"

namespace belfry::sinks {

struct SmtpSettings {
  enum class Security { starttls, tls, none };
  std::string address;  // host:port
  Security security = Security::starttls;
  std::string user, password;  // empty: none
  std::string from;            // "belfry@example.org" or "belfry <belfry@example.org>"
  std::string authorities;     // PEM file; empty: the system's
  int connections = 2;
  size_t waiting = 10'000;  // mails; further ones end at once as retry
  Duration timeout = std::chrono::seconds(30);
  std::shared_ptr<const DkimSigner> dkim;  // null: mails are not signed
};

// The clock must outlive it.
std::unique_ptr<Mailer> smtp_mailer(SmtpSettings settings, Clock& clock);

}  // namespace belfry::sinks
