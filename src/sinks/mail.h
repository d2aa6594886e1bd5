// An e-mail as it goes over the wire (RFC 5322, MIME), and who sends it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/callback.h"
#include "base/clock.h"
#include "pipeline/outcome.h"

namespace belfry::sinks {

struct Mail {
  std::string to;
  std::string subject;  // UTF-8
  std::string text;     // UTF-8
  std::string id;       // of the message, for Message-ID: the same mail sent twice can be told
  std::string unsubscribe_url;  // List-Unsubscribe; empty: none
};

// Whether it is an address that mail can go to: one @, no white space, nothing that could end a
// header line. None: it is.
std::optional<std::string> mail_address_problem(std::string_view address);

// "belfry <belfry@example.org>" → "belfry@example.org"
std::string bare_address(const std::string& address);

// The mail's text with its headers, lines ending in CRLF.
std::string format_mail(const Mail& mail, const std::string& from, WallTime now);

class Mailer {
 public:
  virtual ~Mailer() = default;  // outstanding mails end as retry
  // Thread-safe; done is called once, on the mailer's thread or at once.
  virtual void send(Mail mail, Callback<pipeline::Outcome> done) = 0;
  virtual std::string name() const = 0;  // "smtp mail.example.net:587"
};

}  // namespace belfry::sinks
