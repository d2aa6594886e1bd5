// Names and extensions as OpenSSL's objects, shared by who reads requests and who issues. For this
// folder's own files.
#pragma once

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "ca/certificate_request.h"
#include "msp/openssl.h"

namespace belfry::ca {

using msp::Freer;
using X509Pointer = std::unique_ptr<X509, Freer<X509_free>>;
using RequestPointer = std::unique_ptr<X509_REQ, Freer<X509_REQ_free>>;
using NamePointer = std::unique_ptr<X509_NAME, Freer<X509_NAME_free>>;
using ExtensionPointer = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;
using GeneralNames = std::unique_ptr<GENERAL_NAMES, Freer<GENERAL_NAMES_free>>;

inline const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
inline std::string bytes_of(const ASN1_STRING* string) {
  return string ? std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
                              static_cast<size_t>(ASN1_STRING_length(string)))
                : std::string();
}

// C, ST, L, O, OU, CN, serialNumber, the order that Fabric CA writes; PrintableString where the
// characters allow, else UTF8String.
NamePointer make_name(const Subject& subject);
GeneralNames make_general_names(const AlternativeNames& names);
std::shared_ptr<EVP_PKEY> make_p256_key();
std::string key_pem(EVP_PKEY* key);  // PKCS #8

}  // namespace belfry::ca
