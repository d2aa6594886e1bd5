#include "ca/certificate_request.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>

#include "base/check.h"
#include "ca/openssl.h"

namespace belfry::ca {
namespace {

constexpr size_t kMostBytes = 256 << 10;

struct OpenSslFreer {
  template <class T>
  void operator()(T* memory) const {
    OPENSSL_free(memory);
  }
};
template <class T>
using Memory = std::unique_ptr<T, OpenSslFreer>;

std::vector<std::string> values(const X509_NAME* name, int nid) {
  std::vector<std::string> found;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(name, nid, at)) >= 0;) {
    unsigned char* utf8 = nullptr;
    const int size =
        ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    const Memory<unsigned char> owner(utf8);
    if (size >= 0) found.emplace_back(reinterpret_cast<char*>(utf8), static_cast<size_t>(size));
  }
  return found;
}

std::string last(std::vector<std::string> values) {
  return values.empty() ? std::string() : std::move(values.back());
}

Subject read_subject(const X509_NAME* name) {
  Subject subject;
  subject.country = values(name, NID_countryName);
  subject.state = values(name, NID_stateOrProvinceName);
  subject.locality = values(name, NID_localityName);
  subject.organization = values(name, NID_organizationName);
  subject.units = values(name, NID_organizationalUnitName);
  subject.common_name = last(values(name, NID_commonName));
  subject.serial_number = last(values(name, NID_serialNumber));
  return subject;
}

void read_extensions(X509_REQ* request, CertificateRequest& out) {
  const std::unique_ptr<STACK_OF(X509_EXTENSION), void (*)(STACK_OF(X509_EXTENSION)*)> extensions(
      X509_REQ_get_extensions(request),
      [](STACK_OF(X509_EXTENSION) * all) { sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free); });
  if (!extensions) return;
  const std::unique_ptr<BASIC_CONSTRAINTS, Freer<BASIC_CONSTRAINTS_free>> constraints(
      static_cast<BASIC_CONSTRAINTS*>(
          X509V3_get_d2i(extensions.get(), NID_basic_constraints, nullptr, nullptr)));
  out.wants_authority = constraints && constraints->ca != 0;
  const GeneralNames names(static_cast<GENERAL_NAMES*>(
      X509V3_get_d2i(extensions.get(), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    int type = 0;
    const auto* value = static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(name, &type));
    if (type == GEN_DNS)
      out.names.dns.push_back(bytes_of(value));
    else if (type == GEN_EMAIL)
      out.names.email.push_back(bytes_of(value));
    else if (type == GEN_IPADD)
      out.names.addresses.push_back(bytes_of(value));
    else if (type == GEN_URI)
      out.names.uris.push_back(bytes_of(value));
  }
}

// Bounds of RFC 5280 appendix A.1, in bytes.
std::string beyond_bounds(const Subject& subject) {
  const auto check = [](const std::vector<std::string>& all, size_t most,
                        std::string_view what) -> std::string {
    for (const auto& it : all)
      if (it.size() > most)
        return fmt::format("The {} '{}' exceeds the maximum character limit of {}", what, it, most);
    return {};
  };
  for (const std::string& wrong :
       {check({subject.common_name}, 64, "CN"), check({subject.serial_number}, 64, "serial number"),
        check(subject.units, 64, "organizational unit name"),
        check(subject.organization, 64, "organization name"),
        check(subject.country, 2, "country name"), check(subject.locality, 128, "locality name"),
        check(subject.state, 128, "state name")})
    if (!wrong.empty()) return wrong;
  return {};
}

}  // namespace

Outcome<CertificateRequest> parse_certificate_request(std::string_view pem) {
  const auto unreadable = [] { return refuse(400, 31, "CSR Decode failed"); };
  if (pem.size() > kMostBytes) return unreadable();
  const msp::Bio bio = msp::read_bio(pem);
  char *label = nullptr, *header = nullptr;
  unsigned char* der = nullptr;
  long size = 0;
  const bool read = PEM_read_bio(bio.get(), &label, &header, &der, &size) == 1;
  const Memory<char> label_owner(label), header_owner(header);
  const Memory<unsigned char> der_owner(der);
  ERR_clear_error();
  if (!read) return unreadable();
  const std::string_view type = label;
  if (type != "CERTIFICATE REQUEST" && type != "NEW CERTIFICATE REQUEST")
    return refuse(500, 0, R"({"code":9300,"message":"not a certificate or csr"})");
  const unsigned char* at = der;
  const RequestPointer request(d2i_X509_REQ(nullptr, &at, size));
  if (!request || at != der + size) {
    ERR_clear_error();
    return refuse(500, 0, "asn1: structure error: the certificate request is no DER of PKCS #10");
  }
  CertificateRequest out;
  out.subject = read_subject(X509_REQ_get_subject_name(request.get()));
  read_extensions(request.get(), out);
  out.key.reset(X509_REQ_get_pubkey(request.get()), EVP_PKEY_free);
  if (out.key) out.signature_good = X509_REQ_verify(request.get(), out.key.get()) == 1;
  ERR_clear_error();
  if (!out.key)
    return refuse(500, 0, "x509: the certificate request has a public key of an unknown kind");
  return out;
}

Outcome<void> check_bounds(const Subject& subject) {
  if (const std::string wrong = beyond_bounds(subject); !wrong.empty())
    return refuse(400, 80, "CSR input validation failed: " + wrong);
  return {};
}

std::string make_certificate_request(EVP_PKEY* key, const Subject& subject,
                                     const AlternativeNames& names) {
  const RequestPointer request(X509_REQ_new());
  BELFRY_CHECK(X509_REQ_set_subject_name(request.get(), make_name(subject).get()) == 1);
  BELFRY_CHECK(X509_REQ_set_pubkey(request.get(), key) == 1);
  if (!names.empty()) {
    const GeneralNames general = make_general_names(names);
    const std::unique_ptr<STACK_OF(X509_EXTENSION), void (*)(STACK_OF(X509_EXTENSION)*)> all(
        sk_X509_EXTENSION_new_null(), [](STACK_OF(X509_EXTENSION) * extensions) {
          sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
        });
    sk_X509_EXTENSION_push(all.get(), X509V3_EXT_i2d(NID_subject_alt_name, 0, general.get()));
    BELFRY_CHECK(X509_REQ_add_extensions(request.get(), all.get()) == 1);
  }
  const EVP_MD* digest = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? nullptr : EVP_sha256();
  BELFRY_CHECK(X509_REQ_sign(request.get(), key, digest) > 0);
  const msp::Bio bio(BIO_new(BIO_s_mem()));
  BELFRY_CHECK(PEM_write_bio_X509_REQ(bio.get(), request.get()) == 1);
  return msp::take(bio.get());
}

}  // namespace belfry::ca
