// Certificates made on the spot: authorities, members with organisational units, TLS servers,
// expired ones, revocation lists. For tests of whatever judges or presents a certificate.
//
//   CertificateAuthority ca({.common_name = "ca.org1"});
//   Credential alice = ca.issue({.common_name = "alice", .units = {"client"}});
//
// Deliberately knows nothing of src/msp, whose judge it is. Failures end the test program.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

struct evp_pkey_st;
struct x509_st;

namespace belfry::tests {

struct Credential {
  std::string certificate;  // PEM
  std::string key;          // PEM, PKCS#8
  uint64_t serial = 0;
};

struct CertificateOptions {
  std::string common_name = "someone";
  std::vector<std::string> units;  // OU
  std::string organization;
  WallTime not_before = WallTime(std::chrono::sys_days(std::chrono::year(2020) / 1 / 1));
  WallTime not_after = WallTime(std::chrono::sys_days(std::chrono::year(2120) / 1 / 1));
  std::string curve = "P-256";  // or P-384, P-521, secp256k1, "RSA"
  std::vector<std::string>
      dns_names;  // subject alternative names: "peer0.org1.example.com", "localhost"
  std::string usages =
      "serverAuth,clientAuth";  // extended key usages of who is no CA; may be empty
  bool is_ca = false;
};

class CertificateAuthority {
 public:
  explicit CertificateAuthority(CertificateOptions options = {.common_name = "ca.example.com"});

  // Good for signing and for TLS on either side.
  Credential issue(const CertificateOptions& options) const;
  CertificateAuthority intermediate(CertificateOptions options) const;
  // A revocation list in PEM.
  std::string revoke(const std::vector<uint64_t>& serials) const;

  const std::string& certificate() const { return certificate_; }  // PEM
  std::string key() const;                                         // PEM

 private:
  CertificateAuthority(std::shared_ptr<evp_pkey_st> key, std::shared_ptr<x509_st> x509);
  std::shared_ptr<evp_pkey_st> key_;
  std::shared_ptr<x509_st> x509_;
  std::string certificate_;
};

// ECDSA with a low S over sha256 of the message, by a PEM key on P-256.
std::string sign_with(const std::string& key_pem, std::string_view message);
// The signature's other form: S replaced by the curve's order minus S (P-256). Low becomes high and
// back.
std::string flip_s(std::string_view signature);
// The same certificate with its issuer's signature in the other form.
std::string flip_signature(const std::string& certificate);
// The same key in another encoding.
std::string key_as_sec1(const std::string& key_pem);
std::string key_encrypted(const std::string& key_pem, const std::string& password);

}  // namespace belfry::tests
