// A certificate authority in memory: what makes the devnet's own identities.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

struct evp_pkey_st;
struct x509_st;

namespace belfry::devnet {

struct KeyPair {
  std::string certificate, key;  // PEM; the key in PKCS#8
};

struct Subject {
  std::string common_name;
  std::string organization;
  std::vector<std::string> units;      // OU
  std::vector<std::string> dns_names;  // with any of them: a TLS certificate, for 127.0.0.1 too
};

// ECDSA on P-256. Immutable; thread-safe.
class Authority {
 public:
  static Authority make(const Subject& subject, WallTime from, WallTime until);
  static Result<Authority> from_pem(const KeyPair& pair);

  const KeyPair& pair() const { return pair_; }
  // A leaf with a fresh key.
  KeyPair issue(const Subject& subject, WallTime from, WallTime until) const;

 private:
  Authority(std::shared_ptr<evp_pkey_st> key, std::shared_ptr<x509_st> certificate);

  std::shared_ptr<evp_pkey_st> key_;
  std::shared_ptr<x509_st> certificate_;
  KeyPair pair_;
};

}  // namespace belfry::devnet
