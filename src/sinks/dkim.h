// DKIM (RFC 6376): a mail signed for its sender's domain, which receivers verify with the public
// key that the domain publishes in DNS. Signing only, of mails that format_mail made
// (sinks/mail.h): relaxed canonicalization of headers and body, RSA with SHA-256 or Ed25519 (RFC
// 8463) by OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace belfry::sinks {

struct DkimSettings {
  std::string domain;    // example.org: the one of the From address, or one above it
  std::string selector;  // the public key stands in DNS at SELECTOR._domainkey.DOMAIN
  std::string key;       // private key in PEM: RSA of 1,024 bits or more, or Ed25519
};

class DkimSigner {
 public:
  static Result<std::unique_ptr<DkimSigner>> make(const DkimSettings& settings);
  virtual ~DkimSigner() = default;
  // The DKIM-Signature field, CRLF included: it goes before the mail. The mail's lines end in CRLF;
  // an empty one parts header and body. Thread-safe.
  virtual std::string sign(std::string_view mail, WallTime now) const = 0;
};

}  // namespace belfry::sinks
