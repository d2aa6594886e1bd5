#include "support/certificates.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <functional>

#include "base/check.h"

namespace belfry::tests {
namespace {

using KeyPtr = std::shared_ptr<EVP_PKEY>;
using X509Ptr = std::shared_ptr<X509>;

KeyPtr make_key(const std::string& curve) {
  EVP_PKEY* key = curve == "RSA" ? EVP_RSA_gen(2048) : EVP_EC_gen(curve.c_str());
  BELFRY_CHECK(key != nullptr);
  return {key, EVP_PKEY_free};
}

std::string written(const std::function<int(BIO*)>& write) {
  std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new(BIO_s_mem()), BIO_free);
  BELFRY_CHECK(write(bio.get()) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

std::string pem_of(EVP_PKEY* key) {
  return written([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}
std::string pem_of(X509* x509) {
  return written([&](BIO* bio) { return PEM_write_bio_X509(bio, x509); });
}

KeyPtr read_key(const std::string& pem) {
  std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                          BIO_free);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr);
  BELFRY_CHECK(key != nullptr);
  return {key, EVP_PKEY_free};
}

void set_time(ASN1_TIME* into, WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  BELFRY_CHECK(ASN1_TIME_set(into, seconds) != nullptr);
}

void add_entry(X509_NAME* name, const char* field, const std::string& value) {
  if (value.empty()) return;
  BELFRY_CHECK(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                          reinterpret_cast<const unsigned char*>(value.data()),
                                          static_cast<int>(value.size()), -1, 0) == 1);
}

void add_extension(X509* x509, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  BELFRY_CHECK(extension != nullptr);
  X509_add_ext(x509, extension, -1);
  X509_EXTENSION_free(extension);
}

uint64_t next_serial() {
  static std::atomic<uint64_t> serial{0x10000};
  return ++serial;
}

// Signed by the issuer, or by itself without one.
X509Ptr make_certificate(const CertificateOptions& options, EVP_PKEY* key, X509* issuer,
                         EVP_PKEY* issuer_key, uint64_t serial) {
  X509Ptr x509(X509_new(), X509_free);
  X509_set_version(x509.get(), X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509.get()), serial);
  set_time(X509_getm_notBefore(x509.get()), options.not_before);
  set_time(X509_getm_notAfter(x509.get()), options.not_after);
  X509_NAME* name = X509_get_subject_name(x509.get());
  add_entry(name, "O", options.organization);
  for (const auto& unit : options.units) add_entry(name, "OU", unit);
  add_entry(name, "CN", options.common_name);
  X509* by = issuer != nullptr ? issuer : x509.get();
  X509_set_issuer_name(x509.get(), X509_get_subject_name(by));
  X509_set_pubkey(x509.get(), key);
  add_extension(x509.get(), by, NID_basic_constraints,
                options.is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  add_extension(x509.get(), by, NID_key_usage,
                options.is_ca ? "critical,keyCertSign,cRLSign,digitalSignature"
                              : "critical,digitalSignature");
  if (!options.is_ca && !options.usages.empty())
    add_extension(x509.get(), by, NID_ext_key_usage, options.usages);
  add_extension(x509.get(), by, NID_subject_key_identifier, "hash");
  add_extension(x509.get(), by, NID_authority_key_identifier, "keyid:always");
  std::string names;
  for (const auto& dns : options.dns_names) names += (names.empty() ? "DNS:" : ",DNS:") + dns;
  if (!names.empty()) add_extension(x509.get(), by, NID_subject_alt_name, names);
  BELFRY_CHECK(X509_sign(x509.get(), issuer_key != nullptr ? issuer_key : key, EVP_sha256()) > 0);
  return x509;
}

bool low_s(std::string_view signature) {
  auto at = reinterpret_cast<const unsigned char*>(signature.data());
  std::shared_ptr<ECDSA_SIG> parts(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(signature.size())),
                                   ECDSA_SIG_free);
  BELFRY_CHECK(parts != nullptr);
  std::shared_ptr<EC_GROUP> group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1), EC_GROUP_free);
  std::shared_ptr<BIGNUM> half(BN_new(), BN_free);
  BN_rshift1(half.get(), EC_GROUP_get0_order(group.get()));
  return BN_cmp(ECDSA_SIG_get0_s(parts.get()), half.get()) <= 0;
}

}  // namespace

CertificateAuthority::CertificateAuthority(CertificateOptions options) {
  options.is_ca = true;
  key_ = make_key(options.curve);
  x509_ = make_certificate(options, key_.get(), nullptr, nullptr, next_serial());
  certificate_ = pem_of(x509_.get());
}

CertificateAuthority::CertificateAuthority(KeyPtr key, X509Ptr x509)
    : key_(std::move(key)), x509_(std::move(x509)), certificate_(pem_of(x509_.get())) {}

Credential CertificateAuthority::issue(const CertificateOptions& options) const {
  const KeyPtr key = make_key(options.curve);
  const uint64_t serial = next_serial();
  const X509Ptr x509 = make_certificate(options, key.get(), x509_.get(), key_.get(), serial);
  return {pem_of(x509.get()), pem_of(key.get()), serial};
}

CertificateAuthority CertificateAuthority::intermediate(CertificateOptions options) const {
  options.is_ca = true;
  KeyPtr key = make_key(options.curve);
  X509Ptr x509 = make_certificate(options, key.get(), x509_.get(), key_.get(), next_serial());
  return {std::move(key), std::move(x509)};
}

std::string CertificateAuthority::revoke(const std::vector<uint64_t>& serials) const {
  std::shared_ptr<X509_CRL> crl(X509_CRL_new(), X509_CRL_free);
  X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(x509_.get()));
  std::shared_ptr<ASN1_TIME> time(ASN1_TIME_new(), ASN1_TIME_free);
  set_time(time.get(), CertificateOptions{}.not_before);
  X509_CRL_set1_lastUpdate(crl.get(), time.get());
  set_time(time.get(), CertificateOptions{}.not_after);
  X509_CRL_set1_nextUpdate(crl.get(), time.get());
  set_time(time.get(), CertificateOptions{}.not_before);
  for (const uint64_t serial : serials) {
    X509_REVOKED* revoked = X509_REVOKED_new();
    std::shared_ptr<ASN1_INTEGER> number(ASN1_INTEGER_new(), ASN1_INTEGER_free);
    ASN1_INTEGER_set_uint64(number.get(), serial);
    X509_REVOKED_set_serialNumber(revoked, number.get());
    X509_REVOKED_set_revocationDate(revoked, time.get());
    X509_CRL_add0_revoked(crl.get(), revoked);
  }
  X509V3_CTX context;
  X509V3_set_ctx(&context, x509_.get(), nullptr, nullptr, crl.get(), 0);
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, &context, NID_authority_key_identifier, "keyid:always");
  BELFRY_CHECK(extension != nullptr);
  X509_CRL_add_ext(crl.get(), extension, -1);
  X509_EXTENSION_free(extension);
  X509_CRL_sort(crl.get());
  BELFRY_CHECK(X509_CRL_sign(crl.get(), key_.get(), EVP_sha256()) > 0);
  return written([&](BIO* bio) { return PEM_write_bio_X509_CRL(bio, crl.get()); });
}

std::string CertificateAuthority::key() const {
  return pem_of(key_.get());
}

std::string sign_with(const std::string& key_pem, std::string_view message) {
  const KeyPtr key = read_key(key_pem);
  std::shared_ptr<EVP_MD_CTX> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string signature(256, '\0');
  size_t size = signature.size();
  BELFRY_CHECK(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1);
  BELFRY_CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                              &size, reinterpret_cast<const unsigned char*>(message.data()),
                              message.size()) == 1);
  signature.resize(size);
  return low_s(signature) ? signature : flip_s(signature);
}

std::string flip_s(std::string_view signature) {
  auto at = reinterpret_cast<const unsigned char*>(signature.data());
  std::shared_ptr<ECDSA_SIG> parts(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(signature.size())),
                                   ECDSA_SIG_free);
  BELFRY_CHECK(parts != nullptr);
  std::shared_ptr<EC_GROUP> group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1), EC_GROUP_free);
  BIGNUM* flipped = BN_new();
  BN_sub(flipped, EC_GROUP_get0_order(group.get()), ECDSA_SIG_get0_s(parts.get()));
  ECDSA_SIG_set0(parts.get(), BN_dup(ECDSA_SIG_get0_r(parts.get())), flipped);
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(parts.get(), &der);
  std::string bytes(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

std::string flip_signature(const std::string& certificate) {
  std::unique_ptr<BIO, int (*)(BIO*)> bio(
      BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size())), BIO_free);
  X509Ptr x509(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free);
  BELFRY_CHECK(x509 != nullptr);
  const ASN1_BIT_STRING* signature = nullptr;
  X509_get0_signature(&signature, nullptr, x509.get());
  const std::string flipped =
      flip_s({reinterpret_cast<const char*>(ASN1_STRING_get0_data(signature)),
              static_cast<size_t>(ASN1_STRING_length(signature))});
  ASN1_STRING_set(const_cast<ASN1_BIT_STRING*>(signature), flipped.data(),
                  static_cast<int>(flipped.size()));
  return pem_of(x509.get());
}

std::string key_as_sec1(const std::string& key_pem) {
  const KeyPtr key = read_key(key_pem);
  return written([&](BIO* bio) {
    return PEM_write_bio_PrivateKey_traditional(bio, key.get(), nullptr, nullptr, 0, nullptr,
                                                nullptr);
  });
}

std::string key_encrypted(const std::string& key_pem, const std::string& password) {
  const KeyPtr key = read_key(key_pem);
  return written([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), EVP_aes_256_cbc(), password.c_str(),
                                         static_cast<int>(password.size()), nullptr, nullptr);
  });
}

}  // namespace belfry::tests
