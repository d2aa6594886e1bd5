// A private key that signs for a Fabric identity: ECDSA on P-256 or P-384, read from PEM (PKCS#8 or
// SEC 1).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "msp/certificate.h"

struct evp_pkey_st;

namespace belfry::msp {

// Cheap to copy; thread-safe. The key leaves it in no way but signatures.
class Signer {
 public:
  // Names what the text is if it is no usable key: encrypted, a certificate, on another curve.
  static Result<Signer> from_pem(std::string_view pem);

  // Over sha256 of the message; DER, low S.
  std::string sign(std::string_view message) const;
  // Whether the certificate is for this key.
  bool matches(const Certificate& certificate) const;

 private:
  explicit Signer(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace belfry::msp
