#include "standin/access.h"

#include <openssl/x509.h>

#include <cstdlib>

#include "msp/certificate.h"
#include "msp/identity.h"

namespace belfry::tests {

Access check_creator(const std::vector<Member>& members, std::string_view creator,
                     std::string_view signed_bytes, std::string_view signature, WallTime now) {
  const auto identity = msp::parse_identity(creator);
  if (!identity) return Access::unknown_creator;
  const auto certificate = msp::Certificate::from_pem(identity->certificate_pem);
  if (!certificate) return Access::unknown_creator;
  bool issued = false;
  for (const Member& member : members) {
    if (member.msp_id != identity->msp_id) continue;
    const auto authority = msp::Certificate::from_pem(member.ca);
    issued = issued || (authority && X509_verify(certificate->native(),
                                                 X509_get0_pubkey(authority->native())) == 1);
  }
  if (!issued) return Access::unknown_creator;
  if (!certificate->verify(signed_bytes, signature)) return Access::bad_signature;
  return certificate->valid_at(now) ? Access::granted : Access::expired;
}

bool fresh(int64_t seconds, WallTime now) {
  const int64_t here =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  return std::llabs(here - seconds) <= 15 * 60;
}

std::string certificate_hash(std::string_view pem) {
  const auto certificate = msp::Certificate::from_pem(pem);
  return certificate ? std::string(view(certificate->fingerprint())) : std::string();
}

}  // namespace belfry::tests
