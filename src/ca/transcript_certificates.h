// Certificates in the two forms in which the transcripts describe them, from the recording and from
// ours, to compare. For transcript_test.cc only.
#pragma once

#include <fmt/format.h>

#include <regex>
#include <set>

#include "base/bytes.h"
#include "ca/go_text.h"
#include "ca/openssl.h"
#include "ca/test_client.h"

namespace belfry::ca {

// What stands in a certificate, in the recording's summary form.
struct Summary {
  std::string subject, key;
  std::vector<std::string> usage, extended, names;
  std::string attributes;
  bool authority = false;
  auto operator<=>(const Summary&) const = default;
};

inline std::vector<std::string> texts(const JsonValue* list) {
  std::vector<std::string> out;
  if (list)
    for (const JsonValue& it : list->items)
      out.push_back(it.kind == JsonValue::Kind::object
                        ? text_at(&it, "type") + ":" + text_at(&it, "value")
                        : it.text);
  return out;
}

inline Summary recorded_summary(const JsonValue& it) {
  const JsonValue* authority = member(&it, "ca");
  return {text_at(&it, "subject"),         text_at(&it, "key"),
          texts(member(&it, "key_usage")), texts(member(&it, "ext_key_usage")),
          texts(member(&it, "alt_names")), text_at(&it, "attributes"),
          authority && authority->boolean};
}

inline std::string address_text(std::string_view bytes) {
  if (bytes.size() == 4)
    return fmt::format("{}.{}.{}.{}", uint8_t(bytes[0]), uint8_t(bytes[1]), uint8_t(bytes[2]),
                       uint8_t(bytes[3]));
  return bytes == std::string(15, '\0') + '\x01' ? "::1" : hex(bytes);
}

inline std::string key_kind(EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      return fmt::format("RSA {}", EVP_PKEY_get_bits(key));
    case EVP_PKEY_ED25519:
      return "Ed25519PublicKey";
    default:
      return fmt::format("EC P-{}", EVP_PKEY_get_bits(key));
  }
}

inline std::vector<std::string> names_in(const X509* x509) {
  std::vector<std::string> out;
  const GeneralNames names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x509, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const auto* value = static_cast<const ASN1_STRING*>(
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type));
    const std::string bytes = bytes_of(value);
    out.push_back(type == GEN_DNS     ? "DNS:" + bytes
                  : type == GEN_EMAIL ? "RFC822:" + bytes
                  : type == GEN_IPADD ? "IP:" + address_text(bytes)
                                      : "URI:" + bytes);
  }
  return out;
}

// A subject's relative names, each sorted: the two ways of writing one differ in their order.
inline std::vector<std::set<std::string>> relative_names(std::string_view subject) {
  std::vector<std::set<std::string>> out;
  for (const std::string& relative : split(subject, ',')) {
    const auto parts = split(relative, '+');
    out.emplace_back(parts.begin(), parts.end());
  }
  return out;
}

inline std::string extension_value(const X509* x509, std::string_view oid) {
  const std::unique_ptr<ASN1_OBJECT, Freer<ASN1_OBJECT_free>> object(
      OBJ_txt2obj(std::string(oid).c_str(), 1));
  const int at = X509_get_ext_by_OBJ(x509, object.get(), -1);
  return at < 0 ? std::string() : bytes_of(X509_EXTENSION_get_data(X509_get_ext(x509, at)));
}

inline Summary summary_of(const msp::Certificate& certificate) {
  X509* x509 = certificate.native();
  Summary out;
  out.subject = std::regex_replace(certificate.subject(), std::regex("serialNumber="), "2.5.4.5=");
  out.key = key_kind(X509_get0_pubkey(x509));
  const uint32_t usage = X509_get_key_usage(x509);
  for (const auto& [bit, name] : {std::pair(KU_DIGITAL_SIGNATURE, "digital_signature"),
                                  {KU_KEY_ENCIPHERMENT, "key_encipherment"},
                                  {KU_KEY_AGREEMENT, "key_agreement"},
                                  {KU_KEY_CERT_SIGN, "key_cert_sign"},
                                  {KU_CRL_SIGN, "crl_sign"}})
    if (usage & static_cast<uint32_t>(bit)) out.usage.emplace_back(name);
  if (X509_get_extension_flags(x509) & EXFLAG_XKUSAGE) out.extended = {"serverAuth", "clientAuth"};
  out.names = names_in(x509);
  out.attributes = extension_value(x509, "1.2.3.4.5.6.7.8.1");
  out.authority = certificate.is_ca();
  return out;
}

// "OU/19=client+OU/19=org1": the relative names as they stand in the certificate, with the tag of
// their encoding.
inline std::vector<std::string> names_of(const X509_NAME* name) {
  std::vector<std::string> out;
  int last = -1;
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    const ASN1_STRING* value = X509_NAME_ENTRY_get_data(entry);
    const std::string text =
        fmt::format("{}/{}={}", OBJ_nid2sn(OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry))),
                    ASN1_STRING_type(value), bytes_of(value));
    if (X509_NAME_ENTRY_set(entry) == last)
      out.back() += "+" + text;
    else
      out.push_back(text);
    last = X509_NAME_ENTRY_set(entry);
  }
  return out;
}

inline std::vector<std::string> recorded_names(const JsonValue& names) {
  std::vector<std::string> out;
  for (const JsonValue& relative : names.items) {
    std::string text;
    for (const JsonValue& it : relative.items)
      text += fmt::format(
          "{}{}/{}={}", text.empty() ? "" : "+", text_at(&it, "type"),
          text_at(&it, "encoding") == "UTF8String" ? V_ASN1_UTF8STRING : V_ASN1_PRINTABLESTRING,
          text_at(&it, "value"));
    out.push_back(std::move(text));
  }
  return out;
}

// "2.5.29.15!,2.5.29.19!=3000,…": in their order, ! for critical, with what is simple to compare.
inline std::string extensions_of(const X509* x509) {
  std::string out;
  for (int i = 0; i < X509_get_ext_count(x509); ++i) {
    X509_EXTENSION* it = X509_get_ext(x509, i);
    char oid[80];
    OBJ_obj2txt(oid, sizeof oid, X509_EXTENSION_get_object(it), 1);
    out += fmt::format("{}{},", oid, X509_EXTENSION_get_critical(it) ? "!" : "");
    const std::string value = bytes_of(X509_EXTENSION_get_data(it));
    if (std::string_view(oid) == "2.5.29.19") out += hex(value) + ",";
    if (std::string_view(oid) == "1.2.3.4.5.6.7.8.1") out += value + ",";
  }
  for (const std::string& name : names_in(x509)) out += name + ",";
  return out;
}

inline std::string recorded_extensions(const JsonValue& certificate) {
  std::string out, names;
  for (const JsonValue& it : member(&certificate, "extensions")->items) {
    const std::string oid = text_at(&it, "oid");
    const JsonValue* value = member(&it, "value");
    out += fmt::format("{}{},", oid, member(&it, "critical")->boolean ? "!" : "");
    if (oid == "2.5.29.19") out += text_at(value, "der_hex") + ",";
    if (oid == "1.2.3.4.5.6.7.8.1") out += text_at(value, "raw_text") + ",";
    if (oid == "2.5.29.17")
      for (const std::string& name : texts(value)) names += name + ",";
  }
  return out + names;
}

}  // namespace belfry::ca
