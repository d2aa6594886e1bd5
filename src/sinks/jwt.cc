#include "sinks/jwt.h"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

#include "base/bytes.h"
#include "base/json.h"

namespace belfry::sinks {
namespace {

constexpr int kCoordinate = 32;  // bytes of P-256's numbers

struct Free {
  void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
  void operator()(BIO* it) const { BIO_free(it); }
  void operator()(EVP_MD_CTX* it) const { EVP_MD_CTX_free(it); }
  void operator()(ECDSA_SIG* it) const { ECDSA_SIG_free(it); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

std::string base64url(std::string_view bytes) {
  std::string text = base64(bytes);
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

// DER to the two numbers one after the other (RFC 7518 §3.4); empty: it is no signature of P-256.
std::string joined(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const Owned<ECDSA_SIG> signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string out(2 * kCoordinate, '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(out.data());
  if (!signature ||
      BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytes, kCoordinate) != kCoordinate ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), bytes + kCoordinate, kCoordinate) !=
          kCoordinate)
    return {};
  return out;
}

}  // namespace

Result<std::string> sign_jwt(JwtAlgorithm algorithm, std::string_view key_id,
                             std::string_view claims, std::string_view key) {
  const bool elliptic = algorithm == JwtAlgorithm::es256;
  const Owned<BIO> bio(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())));
  const Owned<EVP_PKEY> private_key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (!private_key) return fail("the credential is no private key in PEM");
  if (EVP_PKEY_get_base_id(private_key.get()) != (elliptic ? EVP_PKEY_EC : EVP_PKEY_RSA))
    return fail(elliptic ? "the credential is no elliptic key" : "the credential is no RSA key");
  std::string header = fmt::format(R"({{"alg":"{}","typ":"JWT")", elliptic ? "ES256" : "RS256");
  if (!key_id.empty()) {
    header += ",\"kid\":";
    append_json_string(header, key_id);
  }
  header += '}';
  std::string token = base64url(header) + "." + base64url(claims);
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  const auto* text = reinterpret_cast<const unsigned char*>(token.data());
  size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, private_key.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, text, token.size()) != 1)
    return fail("the credential cannot sign");
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, text,
                     token.size()) != 1)
    return fail("the credential cannot sign");
  signature.resize(size);
  if (elliptic) signature = joined(signature);
  if (signature.empty()) return fail("the credential is no key of P-256");
  return token + "." + base64url(signature);
}

}  // namespace belfry::sinks
