// A certificate request (PKCS #10, RFC 2986) taken apart: whom it names, which key, which other
// names, and whether it wants to be an authority.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ca/refusal.h"

struct evp_pkey_st;

namespace belfry::ca {

// A subject by its parts. Each may have several values, which share one relative name.
struct Subject {
  std::vector<std::string> country, state, locality, organization, units;
  std::string common_name, serial_number;
};

struct AlternativeNames {
  std::vector<std::string> dns, email, addresses, uris;  // addresses: 4 or 16 bytes each
  bool empty() const { return dns.empty() && email.empty() && addresses.empty() && uris.empty(); }
};

struct CertificateRequest {
  Subject subject;
  AlternativeNames names;
  std::shared_ptr<evp_pkey_st> key;
  bool wants_authority = false;
  bool signature_good = false;
};

// From PEM, CR LF or LF.
Outcome<CertificateRequest> parse_certificate_request(std::string_view pem);
// RFC 5280's upper bounds for the parts of a name (appendix A.1).
Outcome<void> check_bounds(const Subject& subject);
// What a request's `hosts` mean: addresses, mail addresses, URIs and DNS names.
AlternativeNames names_of_hosts(const std::vector<std::string>& hosts);

// A request for a key, with the subject's parts and names, signed; PEM. For clients.
std::string make_certificate_request(evp_pkey_st* key, const Subject& subject,
                                     const AlternativeNames& names);

}  // namespace belfry::ca
