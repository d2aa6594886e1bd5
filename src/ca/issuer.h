// The signing half of a CA: its own certificate and key, and what it signs with them: certificates
// and revocation lists in the form that Fabric CA gives them (docs/ca.md lists profiles and
// extensions).
//
// Immutable; thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "ca/certificate_request.h"
#include "msp/certificate.h"

namespace belfry::ca {

// What certificates of one kind are good for.
struct Profile {
  bool signs = true;       // digitalSignature
  bool for_tls = false;    // and keyEncipherment, keyAgreement; serverAuth, clientAuth
  bool authority = false;  // keyCertSign, cRLSign instead; CA:TRUE
  int path_length = 0;     // of an authority
};

struct CertificateTemplate {
  Subject subject;
  AlternativeNames names;
  Profile profile;
  WallTime not_before{}, not_after{};
  std::string attributes;  // JSON of the attribute extension (1.2.3.4.5.6.7.8.1); empty: without
};

struct RevokedSerial {
  std::string serial;  // hex
  WallTime when{};
};

class Issuer {
 public:
  // A new root with a fresh key on P-256.
  static Issuer make_root(const Subject& subject, WallTime not_before, WallTime not_after,
                          Random& random);
  // From PEM; the chain above follows the authority's own certificate, if there is one.
  static Result<Issuer> from_pem(std::string_view chain, std::string_view key);

  const msp::Certificate& certificate() const { return certificate_; }
  const std::string& chain() const { return chain_; }    // PEM: its certificate and those above
  std::string key() const;                               // PEM: a secret
  const std::string& key_id() const { return key_id_; }  // hex, without leading zeros

  msp::Certificate sign(const CertificateTemplate& what, evp_pkey_st* key, Random& random) const;
  // Whether it signed the certificate.
  bool signed_by(const msp::Certificate& certificate) const;
  // PEM.
  std::string revocation_list(const std::vector<RevokedSerial>& revoked, WallTime now,
                              Duration valid_for) const;

 private:
  Issuer(msp::Certificate certificate, std::string chain, std::shared_ptr<evp_pkey_st> key);

  msp::Certificate certificate_;
  std::string chain_, key_id_;
  std::shared_ptr<evp_pkey_st> key_;
};

// The serial and the issuer's key identifier as Fabric CA writes them: hex without leading zeros.
std::string serial_of(const msp::Certificate& certificate);
std::string authority_key_id_of(const msp::Certificate& certificate);
std::string without_leading_zeros(std::string_view hex);

}  // namespace belfry::ca
