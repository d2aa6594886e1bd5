#include "devnet/authority.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "msp/openssl.h"

namespace belfry::devnet {
namespace {

using KeyPtr = std::shared_ptr<EVP_PKEY>;
using CertificatePtr = std::shared_ptr<X509>;

KeyPtr make_key() {
  KeyPtr key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  BELFRY_CHECK(key != nullptr);
  return key;
}

std::string pem_of(X509* certificate) {
  msp::Bio bio(BIO_new(BIO_s_mem()));
  BELFRY_CHECK(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return msp::take(bio.get());
}

std::string pem_of(EVP_PKEY* key) {
  msp::Bio bio(BIO_new(BIO_s_mem()));
  BELFRY_CHECK(
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return msp::take(bio.get());
}

void set_serial(X509* certificate) {
  unsigned char bytes[16];
  BELFRY_CHECK(RAND_bytes(bytes, sizeof(bytes)) == 1);
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7F) | 0x40);  // positive, always 16 bytes
  msp::BigNumber number(BN_bin2bn(bytes, sizeof(bytes), nullptr));
  BELFRY_CHECK(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr);
}

void set_time(ASN1_TIME* into, WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  BELFRY_CHECK(ASN1_TIME_set(into, static_cast<time_t>(seconds)) != nullptr);
}

void add_name(X509_NAME* name, const char* field, const std::string& value) {
  if (value.empty()) return;
  BELFRY_CHECK(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                          reinterpret_cast<const unsigned char*>(value.data()),
                                          static_cast<int>(value.size()), -1, 0) == 1);
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, msp::Freer<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  BELFRY_CHECK(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

std::string alternative_names(const Subject& subject) {
  std::string names;
  for (const std::string& name : subject.dns_names) names += "DNS:" + name + ",";
  return names + "IP:127.0.0.1,IP:::1";
}

CertificatePtr begin(const Subject& subject, EVP_PKEY* key, WallTime from, WallTime until) {
  CertificatePtr certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  set_serial(certificate.get());
  set_time(X509_getm_notBefore(certificate.get()), from);
  set_time(X509_getm_notAfter(certificate.get()), until);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  add_name(name, "O", subject.organization);
  for (const std::string& unit : subject.units) add_name(name, "OU", unit);
  add_name(name, "CN", subject.common_name);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

}  // namespace

Authority::Authority(KeyPtr key, CertificatePtr certificate)
    : key_(std::move(key)),
      certificate_(std::move(certificate)),
      pair_{pem_of(certificate_.get()), pem_of(key_.get())} {}

Authority Authority::make(const Subject& subject, WallTime from, WallTime until) {
  KeyPtr key = make_key();
  CertificatePtr made = begin(subject, key.get(), from, until);
  X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
  add_extension(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(made.get(), made.get(), NID_key_usage,
                "critical,digitalSignature,keyCertSign,cRLSign");
  add_extension(made.get(), made.get(), NID_ext_key_usage, "clientAuth,serverAuth");
  add_extension(made.get(), made.get(), NID_subject_key_identifier, "hash");
  BELFRY_CHECK(X509_sign(made.get(), key.get(), EVP_sha256()) > 0);
  return Authority(std::move(key), std::move(made));
}

Result<Authority> Authority::from_pem(const KeyPair& pair) {
  msp::Bio certificate_bio = msp::read_bio(pair.certificate), key_bio = msp::read_bio(pair.key);
  CertificatePtr certificate(PEM_read_bio_X509(certificate_bio.get(), nullptr, nullptr, nullptr),
                             X509_free);
  KeyPtr key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  if (certificate == nullptr || key == nullptr)
    return fail("the authority's certificate or key does not decode: " + msp::last_error());
  if (X509_check_private_key(certificate.get(), key.get()) != 1)
    return fail("the authority's key is not that of its certificate: " + msp::last_error());
  return Authority(std::move(key), std::move(certificate));
}

KeyPair Authority::issue(const Subject& subject, WallTime from, WallTime until) const {
  KeyPtr key = make_key();
  CertificatePtr made = begin(subject, key.get(), from, until);
  X509_set_issuer_name(made.get(), X509_get_subject_name(certificate_.get()));
  const bool tls = !subject.dns_names.empty();
  add_extension(made.get(), certificate_.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(made.get(), certificate_.get(), NID_key_usage,
                tls ? "critical,digitalSignature,keyEncipherment" : "critical,digitalSignature");
  if (tls)
    add_extension(made.get(), certificate_.get(), NID_ext_key_usage, "serverAuth,clientAuth");
  add_extension(made.get(), certificate_.get(), NID_subject_key_identifier, "hash");
  add_extension(made.get(), certificate_.get(), NID_authority_key_identifier, "keyid:always");
  if (tls)
    add_extension(made.get(), certificate_.get(), NID_subject_alt_name, alternative_names(subject));
  BELFRY_CHECK(X509_sign(made.get(), key_.get(), EVP_sha256()) > 0);
  return {pem_of(made.get()), pem_of(key.get())};
}

}  // namespace belfry::devnet
