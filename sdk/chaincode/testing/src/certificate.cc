#include "certificate.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace belfry::chaincode::testing {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

void check(bool fine) {
  if (!fine) throw std::runtime_error("a certificate for a test cannot be made");
}

void add_name(X509_NAME* name, const char* field, const std::string& text) {
  check(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()), -1, 0) == 1);
}

void add_attributes(X509* certificate, const std::map<std::string, std::string>& attributes) {
  boost::json::object attrs;
  for (const auto& [name, value] : attributes) attrs.emplace(name, value);
  const std::string text = to_text(boost::json::object{{"attrs", std::move(attrs)}});
  const std::unique_ptr<ASN1_OBJECT, Deleter<ASN1_OBJECT_free>> oid(
      OBJ_txt2obj("1.2.3.4.5.6.7.8.1", 1));
  const std::unique_ptr<ASN1_OCTET_STRING, Deleter<ASN1_OCTET_STRING_free>> data(
      ASN1_OCTET_STRING_new());
  check(ASN1_OCTET_STRING_set(data.get(), reinterpret_cast<const unsigned char*>(text.data()),
                              static_cast<int>(text.size())));
  const std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>> extension(
      X509_EXTENSION_create_by_OBJ(nullptr, oid.get(), 0, data.get()));
  check(X509_add_ext(certificate, extension.get(), -1) == 1);
}

}  // namespace

std::string make_certificate(const Client& client) {
  const std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>> key(EVP_EC_gen("P-256"));
  const std::unique_ptr<X509, Deleter<X509_free>> certificate(X509_new());
  check(key && certificate);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -86'400);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 7 * 86'400);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  for (const auto& unit : client.units) add_name(subject, "OU", unit);
  add_name(subject, "CN", client.name);
  const std::unique_ptr<X509_NAME, Deleter<X509_NAME_free>> issuer(X509_NAME_new());
  add_name(issuer.get(), "CN", "ca." + client.msp);
  X509_set_issuer_name(certificate.get(), issuer.get());
  X509_set_pubkey(certificate.get(), key.get());
  if (!client.attributes.empty()) add_attributes(certificate.get(), client.attributes);
  check(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
  const std::unique_ptr<BIO, Deleter<BIO_free_all>> out(BIO_new(BIO_s_mem()));
  check(PEM_write_bio_X509(out.get(), certificate.get()) == 1);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace belfry::chaincode::testing
