#include "belfry/chaincode/identity.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

#include "belfry/chaincode/json.h"

namespace belfry::chaincode {
namespace {

// Fabric CA keeps an identity's attributes here, as {"attrs": {name: value}}.
constexpr const char* kAttributes = "1.2.3.4.5.6.7.8.1";

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Object = std::unique_ptr<ASN1_OBJECT, Deleter<ASN1_OBJECT_free>>;

std::string name_text(const X509_NAME* name) {
  Bio out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::vector<std::string> parts(const X509_NAME* name, int kind) {
  std::vector<std::string> out;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(name, kind, at)) >= 0;) {
    unsigned char* text = nullptr;
    const int size =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size < 0) continue;
    out.emplace_back(reinterpret_cast<char*>(text), static_cast<std::size_t>(size));
    OPENSSL_free(text);
  }
  return out;
}

std::map<std::string, std::string> attributes(const X509* certificate) {
  std::map<std::string, std::string> out;
  const Object oid(OBJ_txt2obj(kAttributes, 1));
  const int at = X509_get_ext_by_OBJ(certificate, oid.get(), -1);
  if (at < 0) return out;
  const ASN1_OCTET_STRING* data = X509_EXTENSION_get_data(X509_get_ext(certificate, at));
  const auto json = parse_json({reinterpret_cast<const char*>(ASN1_STRING_get0_data(data)),
                                static_cast<std::size_t>(ASN1_STRING_length(data))});
  if (!json || !json->is_object()) return out;
  const Json* attrs = json->as_object().if_contains("attrs");
  if (attrs == nullptr || !attrs->is_object()) return out;
  for (const auto& member : attrs->as_object()) {
    if (const auto* value = member.value().if_string()) {
      out.emplace(std::string(member.key()), std::string(value->data(), value->size()));
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> Identity::attribute(const std::string& name) const {
  const auto found = attributes.find(name);
  return found == attributes.end() ? std::nullopt : std::optional(found->second);
}

bool Identity::has(const std::string& attribute, std::string_view value) const {
  const auto found = attributes.find(attribute);
  return found != attributes.end() && found->second == value;
}

Result<Identity> read_identity(std::string msp, std::string certificate_pem) {
  const Bio in(BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size())));
  const Certificate certificate(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  if (!certificate) return Error{"the client's certificate cannot be read"};
  Identity out;
  const X509_NAME* subject = X509_get_subject_name(certificate.get());
  out.subject = name_text(subject);
  out.issuer = name_text(X509_get_issuer_name(certificate.get()));
  out.id = "x509::" + out.subject + "::" + out.issuer;
  if (auto names = parts(subject, NID_commonName); !names.empty()) out.common_name = names.back();
  out.units = parts(subject, NID_organizationalUnitName);
  out.attributes = attributes(certificate.get());
  out.msp = std::move(msp);
  out.certificate = std::move(certificate_pem);
  return out;
}

}  // namespace belfry::chaincode
