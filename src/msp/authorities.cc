#include "msp/authorities.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "base/check.h"
#include "msp/openssl.h"
#include "msp/signature.h"

namespace belfry::msp {
namespace {

using StoreContext = std::unique_ptr<X509_STORE_CTX, Freer<X509_STORE_CTX_free>>;

std::shared_ptr<X509_CRL> parse_list(std::string_view bytes) {
  Bio pem = read_bio(bytes);
  X509_CRL* list = PEM_read_bio_X509_CRL(pem.get(), nullptr, nullptr, nullptr);
  if (list == nullptr) {
    Bio der = read_bio(bytes);
    list = d2i_X509_CRL_bio(der.get(), nullptr);
  }
  ERR_clear_error();
  return list != nullptr ? std::shared_ptr<X509_CRL>(list, X509_CRL_free) : nullptr;
}

std::string key_id_of(const X509_CRL* list) {
  std::shared_ptr<AUTHORITY_KEYID> id(static_cast<AUTHORITY_KEYID*>(X509_CRL_get_ext_d2i(
                                          list, NID_authority_key_identifier, nullptr, nullptr)),
                                      AUTHORITY_KEYID_free);
  ERR_clear_error();
  if (id == nullptr || id->keyid == nullptr) return {};
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(id->keyid)),
          static_cast<size_t>(ASN1_STRING_length(id->keyid))};
}

std::string der_of(const X509* x509) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(x509, &der);
  BELFRY_CHECK(size > 0);
  std::string bytes(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

// The certificate with its issuer's signature in low S.
std::string low_s_der(const Certificate& certificate, const Certificate& issuer) {
  const ASN1_BIT_STRING* signature = nullptr;
  X509_get0_signature(&signature, nullptr, certificate.native());
  const std::string_view now(reinterpret_cast<const char*>(ASN1_STRING_get0_data(signature)),
                             static_cast<size_t>(ASN1_STRING_length(signature)));
  const std::string low = to_low_s(X509_get0_pubkey(issuer.native()), now);
  if (low == now) return certificate.der();
  std::unique_ptr<X509, Freer<X509_free>> copy(X509_dup(certificate.native()));
  BELFRY_CHECK(copy != nullptr);
  X509_get0_signature(&signature, nullptr, copy.get());
  // The copy is ours, and OpenSSL has no other way to put a signature into a certificate.
  BELFRY_CHECK(ASN1_STRING_set(const_cast<ASN1_BIT_STRING*>(signature), low.data(),
                               static_cast<int>(low.size())) == 1);
  return der_of(copy.get());
}

// Go's verifier, which Fabric uses, asks for "server authentication" wherever extended usages are
// listed at all.
bool usable(X509* x509) {
  const uint32_t usage = X509_get_extended_key_usage(x509);
  return usage == UINT32_MAX || (usage & (XKU_SSL_SERVER | XKU_ANYEKU)) != 0;
}

// sha256 over the chain from there up, in the form in which Fabric hashes it.
std::string hash_from(size_t first, const std::vector<Certificate>& chain) {
  Sha256 hash;
  for (size_t i = first; i < chain.size(); ++i)
    hash.add(low_s_der(chain[i], chain[std::min(i + 1, chain.size() - 1)]));
  return std::string(view(hash.finish()));
}

}  // namespace

Result<Authorities> Authorities::create(const std::vector<std::string>& roots,
                                        const std::vector<std::string>& intermediates,
                                        const std::vector<std::string>& revocation_lists) {
  if (roots.empty()) return fail("there is no root certificate");
  Authorities made;
  made.store_ = {X509_STORE_new(), X509_STORE_free};
  made.intermediates_ = {sk_X509_new_null(),
                         [](STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }};
  BELFRY_CHECK(made.store_ != nullptr && made.intermediates_ != nullptr);

  for (const std::string& pem : roots) {
    auto root = Certificate::from_pem(pem);
    if (!root) return tl::unexpected(std::move(root).with_context("root certificate").error());
    X509_STORE_add_cert(made.store_.get(), root->native());
    made.all_.push_back(std::move(*root));
  }
  made.roots_ = made.all_.size();
  for (const std::string& pem : intermediates) {
    auto intermediate = Certificate::from_pem(pem);
    if (!intermediate)
      return tl::unexpected(
          std::move(intermediate).with_context("intermediate certificate").error());
    X509_up_ref(intermediate->native());
    sk_X509_push(made.intermediates_.get(), intermediate->native());
    made.all_.push_back(std::move(*intermediate));
  }
  for (const std::string& bytes : revocation_lists) {
    auto list = parse_list(bytes);
    if (list == nullptr) return fail("a revocation list does not decode");
    made.revocation_lists_.push_back(std::move(list));
  }
  for (size_t i = 0; i < made.all_.size(); ++i) {
    const Certificate& authority = made.all_[i];
    if (!authority.is_ca())
      return fail(fmt::format("the certificate of {} is not that of a CA", authority.subject()));
    if (authority.subject_key_id().empty())
      return fail(
          fmt::format("the certificate of {} has no subject key identifier", authority.subject()));
    auto chain = made.chain(authority);
    if (!chain) return tl::unexpected(chain.error());
    if (i < made.roots_) continue;
    if (chain->size() < 2)
      return fail(fmt::format("the certificate of {} is root and intermediate at once",
                              authority.subject()));
    if (auto good = made.check_revocation(authority, (*chain)[1]); !good)
      return tl::unexpected(good.error());
    for (size_t above = 1; above < chain->size(); ++above)
      made.inner_.insert((*chain)[above].tbs());
  }
  return made;
}

Result<std::vector<Certificate>> Authorities::chain(const Certificate& certificate) const {
  StoreContext context(X509_STORE_CTX_new());
  BELFRY_CHECK(context != nullptr);
  BELFRY_CHECK(X509_STORE_CTX_init(context.get(), store_.get(), certificate.native(),
                                   intermediates_.get()) == 1);
  const auto begin =
      std::chrono::floor<std::chrono::seconds>(certificate.not_before()).time_since_epoch().count();
  X509_STORE_CTX_set_time(context.get(), 0, static_cast<time_t>(begin + 1));
  if (X509_verify_cert(context.get()) != 1) {
    const int code = X509_STORE_CTX_get_error(context.get());
    ERR_clear_error();
    return fail(fmt::format(
        "the certificate of {} (issued by {}) leads to no root of this organisation: {}",
        certificate.subject(), certificate.issuer(), X509_verify_cert_error_string(code)));
  }
  std::vector<Certificate> chain;
  STACK_OF(X509)* found = X509_STORE_CTX_get0_chain(context.get());
  for (int i = 0; i < sk_X509_num(found); ++i) {
    X509* x509 = sk_X509_value(found, i);
    if (!usable(x509))
      return fail(
          fmt::format("the certificate of {} leads over one that is not for server authentication",
                      certificate.subject()));
    const auto known = std::ranges::find_if(
        all_, [&](const Certificate& each) { return X509_cmp(each.native(), x509) == 0; });
    if (known != all_.end()) {
      chain.push_back(*known);
      continue;
    }
    chain.push_back(certificate);  // the end that is to be judged
  }
  return chain;
}

Result<void> Authorities::check_revocation(const Certificate& certificate,
                                           const Certificate& issuer) const {
  for (const auto& list : revocation_lists_) {
    if (key_id_of(list.get()) != issuer.subject_key_id()) continue;
    X509_REVOKED* entry = nullptr;
    auto* serial = const_cast<ASN1_INTEGER*>(X509_get0_serialNumber(certificate.native()));
    if (X509_CRL_get0_by_serial(list.get(), &entry, serial) == 0) continue;
    // As Fabric does: only a list that the issuer signed counts, and it counts at once, whatever
    // its dates.
    if (X509_CRL_verify(list.get(), X509_get0_pubkey(issuer.native())) == 1)
      return fail(fmt::format("the certificate of {} (serial {}) has been revoked",
                              certificate.subject(), certificate.serial()));
    ERR_clear_error();
  }
  return {};
}

Result<std::string> Authorities::check_identity(const Certificate& certificate) const {
  if (certificate.is_ca())
    return fail(fmt::format("the certificate of {} is a CA's, which signs for nobody",
                            certificate.subject()));
  auto chain = this->chain(certificate);
  if (!chain) return tl::unexpected(chain.error());
  if (chain->size() < 2)
    return fail(fmt::format("the certificate of {} is its own root", certificate.subject()));
  if (inner_.contains((*chain)[1].tbs()))
    return fail(
        fmt::format("the certificate of {} was issued by a CA that issues only to other CAs",
                    certificate.subject()));
  if (auto good = check_revocation(certificate, (*chain)[1]); !good)
    return tl::unexpected(good.error());
  return hash_from(1, *chain);
}

Result<std::string> Authorities::certifiers_of(std::string_view authority_pem) const {
  auto certificate = Certificate::from_pem(authority_pem);
  if (!certificate) return tl::unexpected(certificate.error());
  for (const Certificate& authority : all_) {
    if (authority.tbs() != certificate->tbs()) continue;
    auto chain = this->chain(*certificate);
    if (!chain) return tl::unexpected(chain.error());
    return hash_from(0, *chain);
  }
  return fail(fmt::format("the certificate of {} is none of the organisation's CAs",
                          certificate->subject()));
}

}  // namespace belfry::msp
