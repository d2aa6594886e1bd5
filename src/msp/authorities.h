// The certificate authorities of one MSP: which certificates lead to them, and which they took
// back.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "msp/certificate.h"

struct x509_store_st;
struct X509_crl_st;
struct stack_st_X509;

namespace belfry::msp {

// Immutable once made; thread-safe.
class Authorities {
 public:
  // PEM texts as an MSP definition holds them. At least one root; every intermediate must lead to a
  // root; revocation lists are PEM or DER.
  static Result<Authorities> create(const std::vector<std::string>& roots,
                                    const std::vector<std::string>& intermediates,
                                    const std::vector<std::string>& revocation_lists);

  const std::vector<Certificate>& all() const { return all_; }  // roots, then intermediates

  // At the moment its validity began.
  bool leads_to_root(const Certificate& certificate) const {
    return chain(certificate).has_value();
  }
  // Checks that an identity's certificate leads to a root and is not revoked, at the moment its
  // validity began. Returns its CertifiersIdentifier: sha256 over the DERs of the chain above it.
  Result<std::string> check_identity(const Certificate& certificate) const;
  // The CertifiersIdentifier of identities that this root or intermediate (PEM) issues.
  Result<std::string> certifiers_of(std::string_view authority_pem) const;

 private:
  Authorities() = default;
  // From the certificate itself to its root.
  Result<std::vector<Certificate>> chain(const Certificate& certificate) const;
  Result<void> check_revocation(const Certificate& certificate, const Certificate& issuer) const;

  std::vector<Certificate> all_;
  size_t roots_ = 0;
  std::shared_ptr<x509_store_st> store_;
  std::shared_ptr<stack_st_X509> intermediates_;
  std::vector<std::shared_ptr<X509_crl_st>> revocation_lists_;
  std::set<std::string>
      inner_;  // TBS of authorities above another one of this MSP: they issue no identities
};

}  // namespace belfry::msp
