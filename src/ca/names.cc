#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>

#include "base/check.h"
#include "ca/openssl.h"

namespace belfry::ca {
namespace {

// X.680 §41.4, without the asterisk and ampersand that some writers allow.
bool printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(" '()+,-./:=?").find(c) != std::string_view::npos;
  });
}

void add(X509_NAME* name, int nid, const std::vector<std::string>& values) {
  // The first opens a relative name of its own, the others join it: a SET, which is sorted when it
  // is encoded.
  for (size_t i = 0; i < values.size(); ++i)
    X509_NAME_add_entry_by_NID(
        name, nid, printable(values[i]) ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING,
        octets(values[i]), static_cast<int>(values[i].size()), -1, i == 0 ? 0 : -1);
}

void push(GENERAL_NAMES* names, int type, const std::string& value) {
  ASN1_STRING* string = type == GEN_IPADD ? ASN1_OCTET_STRING_new()
                                          : reinterpret_cast<ASN1_STRING*>(ASN1_IA5STRING_new());
  BELFRY_CHECK(string != nullptr &&
               ASN1_STRING_set(string, value.data(), static_cast<int>(value.size())) == 1);
  GENERAL_NAME* name = GENERAL_NAME_new();
  BELFRY_CHECK(name != nullptr);
  GENERAL_NAME_set0_value(name, type, string);
  sk_GENERAL_NAME_push(names, name);
}

}  // namespace

NamePointer make_name(const Subject& subject) {
  NamePointer name(X509_NAME_new());
  add(name.get(), NID_countryName, subject.country);
  add(name.get(), NID_stateOrProvinceName, subject.state);
  add(name.get(), NID_localityName, subject.locality);
  add(name.get(), NID_organizationName, subject.organization);
  add(name.get(), NID_organizationalUnitName, subject.units);
  if (!subject.common_name.empty()) add(name.get(), NID_commonName, {subject.common_name});
  if (!subject.serial_number.empty()) add(name.get(), NID_serialNumber, {subject.serial_number});
  ERR_clear_error();  // an empty value or one beyond X.520's bounds is left out
  return name;
}

GeneralNames make_general_names(const AlternativeNames& names) {
  GeneralNames out(sk_GENERAL_NAME_new_null());
  for (const auto& it : names.dns) push(out.get(), GEN_DNS, it);
  for (const auto& it : names.email) push(out.get(), GEN_EMAIL, it);
  for (const auto& it : names.addresses) push(out.get(), GEN_IPADD, it);
  for (const auto& it : names.uris) push(out.get(), GEN_URI, it);
  return out;
}

AlternativeNames names_of_hosts(const std::vector<std::string>& hosts) {
  AlternativeNames names;
  for (const std::string& host : hosts) {
    unsigned char address[16];
    const size_t at = host.find('@');
    if (::inet_pton(AF_INET, host.c_str(), address) == 1)
      names.addresses.emplace_back(reinterpret_cast<char*>(address), 4);
    else if (::inet_pton(AF_INET6, host.c_str(), address) == 1)
      names.addresses.emplace_back(reinterpret_cast<char*>(address), 16);
    else if (at != std::string::npos && at > 0 && at + 1 < host.size() &&
             host.find_first_of(" <>/") == std::string::npos)
      names.email.push_back(host);
    else if (host.starts_with('/') || host.find("://") != std::string::npos)
      names.uris.push_back(host);
    else
      names.dns.push_back(host);
  }
  return names;
}

std::shared_ptr<EVP_PKEY> make_p256_key() {
  std::shared_ptr<EVP_PKEY> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  BELFRY_CHECK(key != nullptr);
  return key;
}

std::string key_pem(EVP_PKEY* key) {
  msp::Bio bio(BIO_new(BIO_s_mem()));
  BELFRY_CHECK(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) ==
               1);
  return msp::take(bio.get());
}

}  // namespace belfry::ca
