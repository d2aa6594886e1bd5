#include "sinks/dkim.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"

namespace belfry::sinks {
namespace {

constexpr int kLeastBits = 1024;  // RFC 8301 §3.2; receivers trust no shorter key
constexpr size_t kLine = 70;      // of the signature's base64

// What is signed if it is there, in this order. From stands twice: so nobody can add another one
// (RFC 6376 §8.15).
constexpr std::array<std::string_view, 12> kSigned = {"from",
                                                      "from",
                                                      "to",
                                                      "subject",
                                                      "date",
                                                      "message-id",
                                                      "reply-to",
                                                      "list-unsubscribe",
                                                      "mime-version",
                                                      "content-type",
                                                      "content-transfer-encoding",
                                                      "auto-submitted"};

struct Free {
  void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
  void operator()(BIO* it) const { BIO_free(it); }
  void operator()(EVP_MD_CTX* it) const { EVP_MD_CTX_free(it); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

bool is_space(char c) {
  return c == ' ' || c == '\t';
}

// Runs of white space become one space.
void append_relaxed(std::string& out, std::string_view line) {
  for (size_t i = 0; i < line.size(); ++i) {
    if (!is_space(line[i]))
      out += line[i];
    else if (i == 0 || !is_space(line[i - 1]))
      out += ' ';
  }
}

// RFC 6376 §3.4.2, without the line's end; the field may be folded.
std::string relaxed_field(std::string_view field) {
  const size_t colon = field.find(':');
  std::string name(field.substr(0, colon)), unfolded, value;
  while (!name.empty() && is_space(name.back())) name.pop_back();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const char c : field.substr(colon + 1))
    if (c != '\r' && c != '\n') unfolded += c;
  append_relaxed(value, unfolded);
  if (value.starts_with(' ')) value.erase(0, 1);
  if (value.ends_with(' ')) value.pop_back();
  return name + ":" + value;
}

// RFC 6376 §3.4.4.
std::string relaxed_body(std::string_view body) {
  std::string out;
  while (!body.empty()) {
    const size_t end = std::min(body.find("\r\n"), body.size());
    append_relaxed(out, body.substr(0, end));
    if (out.ends_with(' ')) out.pop_back();
    out += "\r\n";
    body.remove_prefix(std::min(end + 2, body.size()));
  }
  while (out.ends_with("\r\n\r\n")) out.resize(out.size() - 2);
  return out == "\r\n" ? std::string() : out;
}

// The header's fields, each with its folded lines and without its end, and the body.
std::pair<std::vector<std::string_view>, std::string_view> parts_of(std::string_view mail) {
  std::vector<std::string_view> fields;
  size_t begin = 0;
  for (;;) {
    size_t end = mail.find("\r\n", begin);
    while (end != mail.npos && end + 2 < mail.size() && is_space(mail[end + 2]))
      end = mail.find("\r\n", end + 2);
    if (end == mail.npos) return {fields, {}};
    if (end == begin) return {fields, mail.substr(end + 2)};
    fields.push_back(mail.substr(begin, end - begin));
    begin = end + 2;
  }
}

class Signer final : public DkimSigner {
 public:
  Signer(const DkimSettings& settings, Owned<EVP_PKEY> key)
      : domain_(settings.domain), selector_(settings.selector), key_(std::move(key)) {}

  std::string sign(std::string_view mail, WallTime now) const override {
    const auto [fields, body] = parts_of(mail);
    std::string names, text;
    std::string_view before;
    for (const std::string_view name : kSigned) {
      const bool again = name == std::exchange(before, name);
      std::string found;
      for (const std::string_view field : fields)
        if (std::string relaxed = relaxed_field(field); relaxed.size() > name.size() &&
                                                        relaxed.starts_with(name) &&
                                                        relaxed[name.size()] == ':')
          found = std::move(relaxed) + "\r\n";
      if (found.empty()) continue;
      names += names.empty() ? "" : ":";
      names += name;
      if (!again) text += found;  // of the one that is not there, nothing is signed
    }
    std::string field = fmt::format(
        "DKIM-Signature: v=1; a={}; c=relaxed/relaxed; d={}; s={};\r\n t={}; h={};\r\n bh={};\r\n "
        "b=",
        is_rsa() ? "rsa-sha256" : "ed25519-sha256", domain_, selector_,
        std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count(), names,
        base64(view(sha256(relaxed_body(body)))));
    const std::string signature = base64(signature_of(text + relaxed_field(field)));
    for (size_t at = 0; at < signature.size(); at += kLine) {
      if (at > 0) field += "\r\n ";
      field += signature.substr(at, kLine);
    }
    return field += "\r\n";
  }

 private:
  bool is_rsa() const { return EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_RSA; }

  std::string signature_of(std::string_view text) const {
    // Ed25519 signs the digest (RFC 8463 §3).
    std::string digest;
    if (!is_rsa()) text = digest = view(sha256(text));
    const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    size_t size = 0;
    BELFRY_CHECK(EVP_DigestSignInit(context.get(), nullptr, is_rsa() ? EVP_sha256() : nullptr,
                                    nullptr, key_.get()) == 1);
    BELFRY_CHECK(EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) == 1);
    std::string signature(size, '\0');
    BELFRY_CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                                &size, bytes, text.size()) == 1);
    signature.resize(size);
    return signature;
  }

  const std::string domain_, selector_;
  const Owned<EVP_PKEY> key_;
};

// As they stand in DNS.
bool is_domain(std::string_view name) {
  return !name.empty() && name.size() <= 253 && name.front() != '.' && name.back() != '.' &&
         name.find("..") == name.npos && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

}  // namespace

Result<std::unique_ptr<DkimSigner>> DkimSigner::make(const DkimSettings& settings) {
  if (!is_domain(settings.domain)) return fail(fmt::format("'{}' is no domain", settings.domain));
  if (!is_domain(settings.selector))
    return fail(fmt::format("'{}' is no selector: letters, digits, - and .", settings.selector));
  const Owned<BIO> bio(BIO_new_mem_buf(settings.key.data(), static_cast<int>(settings.key.size())));
  Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (!key) return fail("the key is no private key in PEM");
  const int kind = EVP_PKEY_get_base_id(key.get());
  if (kind != EVP_PKEY_RSA && kind != EVP_PKEY_ED25519)
    return fail("the key is neither an RSA nor an Ed25519 key: DKIM knows no others");
  if (kind == EVP_PKEY_RSA && EVP_PKEY_get_bits(key.get()) < kLeastBits)
    return fail(fmt::format("the RSA key has {} bits: receivers refuse less than {}",
                            EVP_PKEY_get_bits(key.get()), kLeastBits));
  return std::make_unique<Signer>(settings, std::move(key));
}

}  // namespace belfry::sinks
