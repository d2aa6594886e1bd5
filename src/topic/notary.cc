#include "topic/notary.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <chrono>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/log.h"

namespace belfry::topic {
namespace {

constexpr int kBits = 2048;
constexpr long kValidSeconds = 10L * 365 * 24 * 3600;

struct Free {
  void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
  void operator()(X509* it) const { X509_free(it); }
  void operator()(BIO* it) const { BIO_free(it); }
  void operator()(EVP_MD_CTX* it) const { EVP_MD_CTX_free(it); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

std::string text_of(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<size_t>(size)};
}

Owned<BIO> reading(std::string_view text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Owned<X509> certify(EVP_PKEY* key, WallTime now) {
  Owned<X509> certificate(X509_new());
  const time_t seconds =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate.get()), seconds);
  // An hour back: the subscriber's clock may be behind.
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), seconds - 3600);
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), seconds + kValidSeconds);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("belfry notifications"), -1, -1,
                             0);
  X509_set_issuer_name(certificate.get(), name);
  X509_set_pubkey(certificate.get(), key);
  BELFRY_CHECK(X509_sign(certificate.get(), key, EVP_sha256()) > 0);
  return certificate;
}

}  // namespace

struct Notary::Key {
  Owned<EVP_PKEY> key;
  std::string certificate, file_name;

  bool read(std::string_view pem) {
    const auto bio = reading(pem);
    key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    const size_t at = pem.find("-----BEGIN CERTIFICATE-----");
    if (!key || at == std::string_view::npos) return false;
    certificate = pem.substr(at);
    name();
    return true;
  }

  std::string make(WallTime now) {
    key.reset(EVP_RSA_gen(kBits));
    BELFRY_CHECK(key != nullptr);
    const Owned<BIO> bio(BIO_new(BIO_s_mem())), of_certificate(BIO_new(BIO_s_mem()));
    BELFRY_CHECK(
        PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    const auto signed_ = certify(key.get(), now);
    BELFRY_CHECK(PEM_write_bio_X509(of_certificate.get(), signed_.get()) == 1);
    certificate = text_of(of_certificate.get());
    name();
    return text_of(bio.get()) + certificate;
  }

 private:
  void name() {
    file_name =
        "SimpleNotificationService-" + hex(view(sha256(certificate))).substr(0, 32) + ".pem";
  }
};

Notary::Notary(queue::Store& store, Clock& clock) : store_(store), clock_(clock) {}
Notary::~Notary() = default;

const Notary::Key& Notary::key() {
  std::call_once(once_, [this] {
    key_ = std::make_unique<Key>();
    if (const auto stored = store_.get(kSigningKey)) {
      if (key_->read(*stored)) return;
      log::error("the key of notifications cannot be read: a new one takes its place",
                 {{"record", kSigningKey}});
    }
    queue::Batch batch;
    batch.put(std::string(kSigningKey), key_->make(clock_.now()));
    // Durable no later than what is signed with it and committed after it.
    store_.commit(std::move(batch), [](queue::Committed committed) {
      if (committed.status != queue::CommitStatus::durable)
        log::error("the key of notifications was not stored", {{"reason", committed.reason}});
    });
  });
  return *key_;
}

std::string Notary::sign(std::string_view text, int version) {
  std::string what = std::to_string(version);
  what += view(sha256(text));
  const auto signature = remembered(what);
  std::call_once(signature->once, [&] { signature->text = make(text, version); });
  return signature->text;
}

std::shared_ptr<Notary::Signature> Notary::remembered(const std::string& what) {
  std::lock_guard lock(mutex_);
  const auto [at, fresh] = signatures_.try_emplace(what);
  if (!fresh) return at->second;
  ++made_;
  order_.push_back(what);
  auto signature = at->second = std::make_shared<Signature>();
  if (order_.size() > kRemembered) {
    signatures_.erase(order_.front());
    order_.pop_front();
  }
  return signature;
}

size_t Notary::made() const {
  std::lock_guard lock(mutex_);
  return made_;
}

std::string Notary::make(std::string_view text, int version) {
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  const EVP_MD* digest = version == 2 ? EVP_sha256() : EVP_sha1();
  BELFRY_CHECK(EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key().key.get()) == 1);
  size_t size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  BELFRY_CHECK(EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) == 1);
  std::string signature(size, '\0');
  BELFRY_CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                              &size, bytes, text.size()) == 1);
  signature.resize(size);
  return base64(signature);
}

std::string Notary::certificate() {
  return key().certificate;
}

std::string Notary::file_name() {
  return key().file_name;
}

}  // namespace belfry::topic
