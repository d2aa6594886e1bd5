// Verification by one P-256 key, made quick by a table of the key's multiples, as OpenSSL has one
// of the curve's generator only: a third of the time, after 20 ms for the table. For keys that sign
// thousands of times, which a client's is (signature.cc decides).
//
// ECDSA (FIPS 186-5, 6.4.2): the signature (r, s) over hash e by key Q is good when the x of
// (e/s)·G + (r/s)·Q equals r. OpenSSL does the arithmetic; it takes Q for a generator of its own.
#pragma once

#include <memory>

#include "base/hash.h"
#include "msp/openssl.h"

namespace belfry::msp {

// Immutable; thread-safe. Takes 150 KiB.
class KeyTable {
 public:
  // Null for keys on other curves, and where OpenSSL keeps no such tables.
  static std::unique_ptr<const KeyTable> create(const EVP_PKEY* key);

  bool verify(const BIGNUM* r, const BIGNUM* s, const Hash256& hash) const;

 private:
  using Group = std::unique_ptr<EC_GROUP, Freer<EC_GROUP_free>>;
  using Montgomery = std::unique_ptr<BN_MONT_CTX, Freer<BN_MONT_CTX_free>>;
  KeyTable() = default;

  Group curve_;        // whose generator is the curve's
  Group of_key_;       // whose generator is the key
  BigNumber inverse_;  // the exponent that inverts modulo the order: the order less two
  Montgomery order_;
};

}  // namespace belfry::msp
