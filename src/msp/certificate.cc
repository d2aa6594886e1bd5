#include "msp/certificate.h"

#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "msp/openssl.h"
#include "msp/signature.h"

namespace belfry::msp {
namespace {

constexpr size_t kMostBytes = 1 << 20;  // of one PEM or DER text; real certificates have 1 to 4 KB

std::string bytes_of(const ASN1_STRING* string) {
  if (string == nullptr) return {};
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<size_t>(ASN1_STRING_length(string))};
}

std::string text_of(const ASN1_STRING* string) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, string);
  if (size < 0) {
    ERR_clear_error();
    return {};
  }
  std::string text(reinterpret_cast<char*>(utf8), static_cast<size_t>(size));
  OPENSSL_free(utf8);
  return text;
}

std::vector<std::string> entries(const X509_NAME* name, int nid) {
  std::vector<std::string> found;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(name, nid, at)) >= 0;)
    found.push_back(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at))));
  return found;
}

std::string name_text(const X509_NAME* name) {
  Bio bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  return take(bio.get());
}

Result<WallTime> time_of(const ASN1_TIME* time, const char* which) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) {
    ERR_clear_error();
    return fail(fmt::format("{} is no time", which));
  }
  // Nanoseconds since 1970 end in 2262, certificates "without end" in 9999.
  constexpr std::time_t kLast = 9'223'372'036;
  return WallTime(std::chrono::seconds(std::clamp<std::time_t>(timegm(&parts), -kLast, kLast)));
}

// What a text that holds no certificate seems to be instead.
std::string instead(std::string_view pem) {
  if (pem.find_first_not_of(" \t\r\n") == std::string_view::npos) return "it is empty";
  if (pem.find("PRIVATE KEY-----") != std::string_view::npos)
    return "it holds a private key instead";
  if (pem.find("CERTIFICATE REQUEST-----") != std::string_view::npos)
    return "it holds a certificate request instead";
  if (pem.find("BEGIN CERTIFICATE-----") != std::string_view::npos) return "its base64 is damaged";
  return "there is no line -----BEGIN CERTIFICATE-----";
}

std::shared_ptr<X509> owned(X509* x509) {
  return {x509, X509_free};
}

// What from_pem() made of which text. When half of it is full, the half before is forgotten.
class Remembered {
 public:
  // Never destroyed: OpenSSL, which its certificates are made of, may end before it.
  static Remembered& all() {
    static Remembered& remembered = *new Remembered;
    return remembered;
  }

  std::optional<Certificate> find(const std::string& text) {
    std::lock_guard lock(mutex_);
    for (const auto* half : {&recent_, &older_})
      if (auto found = half->find(text); found != half->end()) return found->second;
    return {};
  }

  void add(std::string text, const Certificate& certificate) {
    std::lock_guard lock(mutex_);
    if (recent_.size() >= Certificate::kMostRemembered / 2) older_ = std::exchange(recent_, {});
    recent_.insert_or_assign(std::move(text), certificate);
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, Certificate> recent_, older_;
};

}  // namespace

bool Certificate::ecdsa_signed() const {
  int key = NID_undef;
  return OBJ_find_sigid_algs(X509_get_signature_nid(native()), nullptr, &key) == 1 &&
         key == NID_X9_62_id_ecPublicKey;
}

Result<Certificate> Certificate::from_native(std::shared_ptr<X509> x509) {
  auto state = std::make_shared<State>();
  const X509_NAME* subject = X509_get_subject_name(x509.get());
  auto names = entries(subject, NID_commonName);
  if (!names.empty()) state->common_name = std::move(names.back());
  state->units = entries(subject, NID_organizationalUnitName);
  state->subject = name_text(subject);
  state->issuer = name_text(X509_get_issuer_name(x509.get()));
  state->serial = hex(bytes_of(X509_get0_serialNumber(x509.get())));
  auto not_before = time_of(X509_get0_notBefore(x509.get()), "its begin of validity");
  if (!not_before) return tl::unexpected(not_before.error());
  auto not_after = time_of(X509_get0_notAfter(x509.get()), "its end of validity");
  if (!not_after) return tl::unexpected(not_after.error());
  state->not_before = *not_before;
  state->not_after = *not_after;
  state->subject_key_id = bytes_of(X509_get0_subject_key_id(x509.get()));
  state->is_ca = (X509_get_extension_flags(x509.get()) & (EXFLAG_BCONS | EXFLAG_CA)) ==
                 (EXFLAG_BCONS | EXFLAG_CA);
  unsigned char* der = nullptr;
  const int size = i2d_X509(x509.get(), &der);
  if (size <= 0) return fail(fmt::format("certificate cannot be encoded again: {}", last_error()));
  state->der.assign(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  // Once, here: OpenSSL notes in the certificate that it is encoded anew, which threads must not
  // share.
  unsigned char* tbs = nullptr;
  const int tbs_size = i2d_re_X509_tbs(x509.get(), &tbs);
  if (tbs_size <= 0)
    return fail(fmt::format("certificate cannot be encoded again: {}", last_error()));
  state->tbs.assign(reinterpret_cast<char*>(tbs), static_cast<size_t>(tbs_size));
  OPENSSL_free(tbs);
  state->x509 = std::move(x509);
  ERR_clear_error();  // extensions that do not decode leave some behind
  return Certificate(std::move(state));
}

Result<Certificate> Certificate::from_pem(std::string_view pem) {
  if (pem.size() > kMostBytes)
    return fail(
        fmt::format("certificate of {} bytes; at most {} are read", pem.size(), kMostBytes));
  std::string text(pem);
  if (auto known = Remembered::all().find(text)) return *known;
  Bio bio = read_bio(pem);
  auto x509 = owned(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (x509 == nullptr) {
    ERR_clear_error();
    return fail(fmt::format("not a PEM certificate: {}", instead(pem)));
  }
  auto certificate = from_native(std::move(x509));
  if (certificate) Remembered::all().add(std::move(text), *certificate);
  return certificate;
}

Result<Certificate> Certificate::from_der(std::string_view der) {
  if (der.size() > kMostBytes)
    return fail(
        fmt::format("certificate of {} bytes; at most {} are read", der.size(), kMostBytes));
  auto at = reinterpret_cast<const unsigned char*>(der.data());
  auto x509 = owned(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (x509 == nullptr) return fail(fmt::format("not a DER certificate: {}", last_error()));
  return from_native(std::move(x509));
}

Result<std::vector<Certificate>> Certificate::all_from_pem(std::string_view pem) {
  std::vector<Certificate> all;
  if (pem.size() > kMostBytes)
    return fail(
        fmt::format("certificates of {} bytes; at most {} are read", pem.size(), kMostBytes));
  Bio bio = read_bio(pem);
  while (auto x509 = owned(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))) {
    auto certificate = from_native(std::move(x509));
    if (!certificate) return tl::unexpected(certificate.error());
    all.push_back(std::move(*certificate));
  }
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (all.empty()) return fail(fmt::format("not a PEM certificate: {}", instead(pem)));
  if (!ended) return fail(fmt::format("certificate {} in the text is damaged", all.size() + 1));
  return all;
}

std::string Certificate::pem() const {
  Bio bio(BIO_new(BIO_s_mem()));
  BELFRY_CHECK(PEM_write_bio_X509(bio.get(), native()) == 1);
  return take(bio.get());
}

Hash256 Certificate::fingerprint() const {
  return sha256(der());
}

Result<void> Certificate::valid_at(WallTime when) const {
  if (when > not_after())
    return fail(
        fmt::format("the certificate of {} expired at {}", subject(), to_rfc3339(not_after())));
  if (when < not_before())
    return fail(
        fmt::format("the certificate of {} is not valid before {} (now {}: is the clock right?)",
                    subject(), to_rfc3339(not_before()), to_rfc3339(when)));
  return {};
}

bool Certificate::verify(std::string_view message, std::string_view signature) const {
  return verify_low_s(X509_get0_pubkey(native()), message, signature);
}

}  // namespace belfry::msp
