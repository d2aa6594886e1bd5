#include "msp/signer.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "msp/openssl.h"
#include "msp/signature.h"

namespace belfry::msp {
namespace {

constexpr size_t kMostBytes = 1 << 20;

// Called when a key is encrypted: there is nobody to ask, so note it and give up.
int refuse_password(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

std::string instead(std::string_view pem) {
  if (pem.find_first_not_of(" \t\r\n") == std::string_view::npos) return "it is empty";
  if (pem.find("PRIVATE KEY-----") != std::string_view::npos) return "its contents are damaged";
  if (pem.find("CERTIFICATE-----") != std::string_view::npos)
    return "it holds a certificate instead";
  if (pem.find("PUBLIC KEY-----") != std::string_view::npos) return "it holds a public key instead";
  return "there is no line -----BEGIN PRIVATE KEY-----";
}

}  // namespace

Result<Signer> Signer::from_pem(std::string_view pem) {
  if (pem.size() > kMostBytes)
    return fail(
        fmt::format("private key of {} bytes; at most {} are read", pem.size(), kMostBytes));
  Bio bio = read_bio(pem);
  bool encrypted = false;
  std::shared_ptr<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_password, &encrypted), EVP_PKEY_free);
  ERR_clear_error();
  if (encrypted)
    return fail(
        "the private key is encrypted; store it decrypted, readable by belfry alone: openssl pkcs8 "
        "-topk8 -nocrypt");
  if (key == nullptr) return fail(fmt::format("not a PEM private key: {}", instead(pem)));
  if (!supported_key(key.get()))
    return fail(
        fmt::format("the private key is {}; Fabric identities here are ECDSA on P-256 or P-384",
                    describe_key(key.get())));
  return Signer(std::move(key));
}

std::string Signer::sign(std::string_view message) const {
  return sign_low_s(key_.get(), message);
}

bool Signer::matches(const Certificate& certificate) const {
  const EVP_PKEY* other = X509_get0_pubkey(certificate.native());
  const bool equal = other != nullptr && EVP_PKEY_eq(key_.get(), other) == 1;
  ERR_clear_error();
  return equal;
}

}  // namespace belfry::msp
