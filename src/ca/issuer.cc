#include "ca/issuer.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <chrono>
#include <ctime>

#include "base/bytes.h"
#include "base/check.h"
#include "ca/openssl.h"
#include "msp/signature.h"

namespace belfry::ca {
namespace {

constexpr size_t kSerialBytes = 20;  // RFC 5280 §4.1.2.2
constexpr const char* kAttributes = "1.2.3.4.5.6.7.8.1";

using CrlPointer = std::unique_ptr<X509_CRL, Freer<X509_CRL_free>>;
using TimePointer = std::unique_ptr<ASN1_TIME, Freer<ASN1_TIME_free>>;
using IntegerPointer = std::unique_ptr<ASN1_INTEGER, Freer<ASN1_INTEGER_free>>;

TimePointer asn1_time(WallTime time) {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  TimePointer out(ASN1_TIME_set(nullptr, seconds));
  BELFRY_CHECK(out != nullptr);
  return out;
}

void add(X509* certificate, int nid, bool critical, void* value) {
  BELFRY_CHECK(X509_add1_ext_i2d(certificate, nid, value, critical ? 1 : 0, X509V3_ADD_APPEND) ==
               1);
}

void add_key_usage(X509* certificate, const Profile& profile) {
  // Bits of RFC 5280 §4.2.1.3: digitalSignature 0, keyEncipherment 2, keyAgreement 4, keyCertSign
  // 5, cRLSign 6.
  const std::unique_ptr<ASN1_BIT_STRING, Freer<ASN1_BIT_STRING_free>> usage(ASN1_BIT_STRING_new());
  const auto set = [&usage](int bit) { ASN1_BIT_STRING_set_bit(usage.get(), bit, 1); };
  if (profile.authority) {
    set(5);
    set(6);
  } else {
    if (profile.signs) set(0);
    if (profile.for_tls) set(2);
    if (profile.for_tls) set(4);
  }
  add(certificate, NID_key_usage, true, usage.get());
  if (profile.authority || !profile.for_tls) return;
  const std::unique_ptr<EXTENDED_KEY_USAGE, Freer<EXTENDED_KEY_USAGE_free>> extended(
      EXTENDED_KEY_USAGE_new());
  for (const int nid : {NID_server_auth, NID_client_auth})
    sk_ASN1_OBJECT_push(extended.get(), OBJ_nid2obj(nid));
  add(certificate, NID_ext_key_usage, false, extended.get());
}

void add_constraints(X509* certificate, const Profile& profile) {
  const std::unique_ptr<BASIC_CONSTRAINTS, Freer<BASIC_CONSTRAINTS_free>> constraints(
      BASIC_CONSTRAINTS_new());
  constraints->ca = profile.authority ? 0xff : 0;
  if (profile.authority) {
    constraints->pathlen = ASN1_INTEGER_new();
    ASN1_INTEGER_set(constraints->pathlen, profile.path_length);
  }
  add(certificate, NID_basic_constraints, true, constraints.get());
}

// sha1 of the public key's bit string, RFC 5280 §4.2.1.2 (1).
std::string key_id(EVP_PKEY* key) {
  X509_PUBKEY* encoded = nullptr;
  BELFRY_CHECK(X509_PUBKEY_set(&encoded, key) == 1);
  const std::unique_ptr<X509_PUBKEY, Freer<X509_PUBKEY_free>> owner(encoded);
  const unsigned char* bits = nullptr;
  int size = 0;
  X509_PUBKEY_get0_param(nullptr, &bits, &size, nullptr, encoded);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int digest_size = 0;
  BELFRY_CHECK(
      EVP_Digest(bits, static_cast<size_t>(size), digest, &digest_size, EVP_sha1(), nullptr) == 1);
  return {reinterpret_cast<char*>(digest), digest_size};
}

void add_subject_key_id(X509* certificate, const std::string& id) {
  const std::unique_ptr<ASN1_OCTET_STRING, Freer<ASN1_OCTET_STRING_free>> value(
      ASN1_OCTET_STRING_new());
  ASN1_OCTET_STRING_set(value.get(), octets(id), static_cast<int>(id.size()));
  add(certificate, NID_subject_key_identifier, false, value.get());
}

using AuthorityKeyId = std::unique_ptr<AUTHORITY_KEYID, Freer<AUTHORITY_KEYID_free>>;

AuthorityKeyId authority_key_id(const std::string& id) {
  AuthorityKeyId value(AUTHORITY_KEYID_new());
  value->keyid = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(value->keyid, octets(id), static_cast<int>(id.size()));
  return value;
}

void add_attributes(X509* certificate, const std::string& text) {
  const std::unique_ptr<ASN1_OCTET_STRING, Freer<ASN1_OCTET_STRING_free>> value(
      ASN1_OCTET_STRING_new());
  ASN1_OCTET_STRING_set(value.get(), octets(text), static_cast<int>(text.size()));
  const std::unique_ptr<ASN1_OBJECT, Freer<ASN1_OBJECT_free>> oid(OBJ_txt2obj(kAttributes, 1));
  const ExtensionPointer extension(
      X509_EXTENSION_create_by_OBJ(nullptr, oid.get(), 0, value.get()));
  BELFRY_CHECK(X509_add_ext(certificate, extension.get(), -1) == 1);
}

std::string random_serial(Random& random) {
  std::string bytes;
  while (bytes.size() < kSerialBytes) {
    const uint64_t word = random.next();
    bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  bytes.resize(kSerialBytes);
  bytes[0] = static_cast<char>(bytes[0] & 0x7f);
  return bytes;
}

// Everything but the issuer's part.
X509Pointer prepare(const CertificateTemplate& what, EVP_PKEY* key, Random& random) {
  X509Pointer certificate(X509_new());
  BELFRY_CHECK(X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  const std::string serial = random_serial(random);
  const msp::BigNumber number(BN_bin2bn(octets(serial), static_cast<int>(serial.size()), nullptr));
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get()));
  BELFRY_CHECK(X509_set_subject_name(certificate.get(), make_name(what.subject).get()) == 1);
  BELFRY_CHECK(X509_set1_notBefore(certificate.get(), asn1_time(what.not_before).get()) == 1);
  BELFRY_CHECK(X509_set1_notAfter(certificate.get(), asn1_time(what.not_after).get()) == 1);
  BELFRY_CHECK(X509_set_pubkey(certificate.get(), key) == 1);
  add_key_usage(certificate.get(), what.profile);
  add_constraints(certificate.get(), what.profile);
  add_subject_key_id(certificate.get(), key_id(key));
  return certificate;
}

msp::Certificate finish(X509* certificate, EVP_PKEY* key) {
  BELFRY_CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  BELFRY_CHECK(size > 0);
  auto made = msp::Certificate::from_der({reinterpret_cast<char*>(der), static_cast<size_t>(size)});
  OPENSSL_free(der);
  BELFRY_CHECK(made.has_value());
  return std::move(*made);
}

}  // namespace

std::string without_leading_zeros(std::string_view hex) {
  const size_t at = hex.find_first_not_of('0');
  return std::string(at == std::string_view::npos ? std::string_view() : hex.substr(at));
}

std::string serial_of(const msp::Certificate& certificate) {
  return without_leading_zeros(certificate.serial());
}

std::string authority_key_id_of(const msp::Certificate& certificate) {
  return without_leading_zeros(hex(bytes_of(X509_get0_authority_key_id(certificate.native()))));
}

Issuer::Issuer(msp::Certificate certificate, std::string chain, std::shared_ptr<evp_pkey_st> key)
    : certificate_(std::move(certificate)),
      chain_(std::move(chain)),
      key_id_(without_leading_zeros(hex(certificate_.subject_key_id()))),
      key_(std::move(key)) {}

Issuer Issuer::make_root(const Subject& subject, WallTime not_before, WallTime not_after,
                         Random& random) {
  auto key = make_p256_key();
  const CertificateTemplate what{subject,    {},        {.authority = true, .path_length = 1},
                                 not_before, not_after, {}};
  const X509Pointer certificate = prepare(what, key.get(), random);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
  msp::Certificate made = finish(certificate.get(), key.get());
  std::string chain = made.pem();
  return Issuer(std::move(made), std::move(chain), std::move(key));
}

Result<Issuer> Issuer::from_pem(std::string_view chain, std::string_view key) {
  auto certificates = msp::Certificate::all_from_pem(chain);
  if (!certificates) return fail("the authority's certificate: " + certificates.error().message);
  const msp::Certificate& own = certificates->front();
  if (!own.is_ca())
    return fail("the authority's certificate, of " + own.subject() +
                ", is no CA certificate (its basic constraints do not say CA:TRUE)");
  const msp::Bio bio = msp::read_bio(key);
  std::shared_ptr<EVP_PKEY> loaded(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr),
                                   EVP_PKEY_free);
  ERR_clear_error();
  if (!loaded) return fail("the authority's key is no private key in PEM");
  if (!msp::supported_key(loaded.get()))
    return fail("the authority's key is " + msp::describe_key(loaded.get()) +
                "; ECDSA on P-256 or P-384 is wanted");
  if (X509_check_private_key(own.native(), loaded.get()) != 1) {
    ERR_clear_error();
    return fail("the authority's key does not belong to its certificate, of " + own.subject());
  }
  std::string pem;
  for (const auto& certificate : *certificates) pem += certificate.pem();
  return Issuer(own, std::move(pem), std::move(loaded));
}

std::string Issuer::key() const {
  return key_pem(key_.get());
}

msp::Certificate Issuer::sign(const CertificateTemplate& what, EVP_PKEY* key,
                              Random& random) const {
  const X509Pointer certificate = prepare(what, key, random);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.native()));
  add(certificate.get(), NID_authority_key_identifier, false,
      authority_key_id(certificate_.subject_key_id()).get());
  if (!what.names.empty())
    add(certificate.get(), NID_subject_alt_name, false, make_general_names(what.names).get());
  if (!what.attributes.empty()) add_attributes(certificate.get(), what.attributes);
  return finish(certificate.get(), key_.get());
}

bool Issuer::signed_by(const msp::Certificate& certificate) const {
  const bool good = X509_NAME_cmp(X509_get_issuer_name(certificate.native()),
                                  X509_get_subject_name(certificate_.native())) == 0 &&
                    X509_verify(certificate.native(), key_.get()) == 1;
  ERR_clear_error();
  return good;
}

std::string Issuer::revocation_list(const std::vector<RevokedSerial>& revoked, WallTime now,
                                    Duration valid_for) const {
  const CrlPointer list(X509_CRL_new());
  BELFRY_CHECK(X509_CRL_set_version(list.get(), X509_CRL_VERSION_2) == 1);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(certificate_.native()));
  X509_CRL_set1_lastUpdate(list.get(), asn1_time(now).get());
  X509_CRL_set1_nextUpdate(list.get(), asn1_time(now + valid_for).get());
  for (const RevokedSerial& it : revoked) {
    X509_REVOKED* entry = X509_REVOKED_new();
    BIGNUM* number = nullptr;
    BN_hex2bn(&number, it.serial.c_str());
    const msp::BigNumber owner(number);
    const IntegerPointer serial(BN_to_ASN1_INTEGER(number, nullptr));
    X509_REVOKED_set_serialNumber(entry, serial.get());
    X509_REVOKED_set_revocationDate(entry, asn1_time(it.when).get());
    X509_CRL_add0_revoked(list.get(), entry);
  }
  X509_CRL_add1_ext_i2d(list.get(), NID_authority_key_identifier,
                        authority_key_id(certificate_.subject_key_id()).get(), 0,
                        X509V3_ADD_APPEND);
  // In the order in which they were given, as Fabric CA writes them; not sorted by serial.
  BELFRY_CHECK(X509_CRL_sign(list.get(), key_.get(), EVP_sha256()) > 0);
  const msp::Bio bio(BIO_new(BIO_s_mem()));
  BELFRY_CHECK(PEM_write_bio_X509_CRL(bio.get(), list.get()) == 1);
  return msp::take(bio.get());
}

}  // namespace belfry::ca
