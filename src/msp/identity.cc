#include "msp/identity.h"

#include <fmt/format.h>

#include "base/log.h"
#include "msp/identities.pb.h"

namespace belfry::msp {
namespace {

constexpr uint64_t kMostFileBytes = 1 << 20;
constexpr size_t kMostKeys = 10'000;  // files in a keystore

struct Pair {
  Certificate certificate;
  std::string certificate_pem;
  Signer signer;
};

template <class T>
auto located(const std::string& path, Result<T> result) {
  return std::move(result).with_context(path);
}

Result<Certificate> read_certificate(FileSystem& files, const std::string& path, std::string& pem) {
  auto text = read_whole(files, path, kMostFileBytes);
  if (!text) return tl::unexpected(text.error());
  pem = std::move(*text);
  return located(path, Certificate::from_pem(pem));
}

Result<Signer> read_key(FileSystem& files, const std::string& path) {
  auto text = read_whole(files, path, kMostFileBytes);
  if (!text) return tl::unexpected(text.error());
  return located(path, Signer::from_pem(*text));
}

std::string mismatch(const Certificate& certificate) {
  return fmt::format("the private key is not that of the certificate of {}", certificate.subject());
}

Result<Pair> read_files(FileSystem& files, const IdentityFiles& at) {
  std::string pem;
  auto certificate = read_certificate(files, at.certificate, pem);
  if (!certificate) return tl::unexpected(certificate.error());
  auto key = read_key(files, at.key);
  if (!key) return tl::unexpected(key.error());
  if (!key->matches(*certificate))
    return fail(fmt::format("{}: {} ({})", at.key, mismatch(*certificate), at.certificate));
  return Pair{std::move(*certificate), std::move(pem), std::move(*key)};
}

Result<Pair> read_texts(const IdentityPem& texts) {
  auto certificate = Certificate::from_pem(texts.certificate);
  if (!certificate) return tl::unexpected(certificate.error());
  auto key = Signer::from_pem(texts.key);
  if (!key) return tl::unexpected(key.error());
  if (!key->matches(*certificate)) return fail(mismatch(*certificate));
  return Pair{std::move(*certificate), texts.certificate, std::move(*key)};
}

Result<Pair> read_folder(FileSystem& files, const MspFolder& folder) {
  const std::string certificates = folder.path + "/signcerts", keys = folder.path + "/keystore";
  auto certificate_names = files.list(certificates);
  if (!certificate_names)
    return fail(fmt::format("{} is no MSP folder, which has signcerts and keystore: {}",
                            folder.path, certificate_names.error().message));
  if (certificate_names->empty()) return fail(fmt::format("{} holds no certificate", certificates));
  std::string pem;
  // As Fabric does, the first one is it.
  const std::string certificate_path = certificates + "/" + certificate_names->front();
  auto certificate = read_certificate(files, certificate_path, pem);
  if (!certificate) return tl::unexpected(certificate.error());

  auto key_names = files.list(keys);
  if (!key_names) return tl::unexpected(key_names.error());
  if (key_names->size() > kMostKeys)
    return fail(fmt::format("{} holds more than {} files", keys, kMostKeys));
  std::string unusable;
  for (const std::string& name : *key_names) {
    auto key = read_key(files, keys + "/" + name);
    if (!key) {
      unusable += (unusable.empty() ? "; " : ", ") + key.error().message;
      continue;
    }
    if (key->matches(*certificate))
      return Pair{std::move(*certificate), std::move(pem), std::move(*key)};
  }
  return fail(fmt::format("{} holds no key for the certificate of {} ({}) among {} files{}", keys,
                          certificate->subject(), certificate_path, key_names->size(), unusable));
}

}  // namespace

std::string serialize_identity(std::string_view msp_id, std::string_view certificate_pem) {
  ::msp::SerializedIdentity identity;
  identity.set_mspid(std::string(msp_id));
  identity.set_id_bytes(std::string(certificate_pem));
  return identity.SerializeAsString();
}

SigningIdentity::SigningIdentity(std::string msp_id, Certificate certificate, Signer signer,
                                 std::string certificate_pem)
    : msp_id_(std::move(msp_id)),
      certificate_(std::move(certificate)),
      signer_(std::move(signer)),
      serialized_(serialize_identity(msp_id_, certificate_pem)) {}

Result<SigningIdentity> load_identity(FileSystem& files, const std::string& msp_id,
                                      const IdentitySource& source, WallTime now) {
  Result<Pair> pair = fail("");
  if (auto* at = std::get_if<IdentityFiles>(&source)) pair = read_files(files, *at);
  if (auto* texts = std::get_if<IdentityPem>(&source)) pair = read_texts(*texts);
  if (auto* folder = std::get_if<MspFolder>(&source)) pair = read_folder(files, *folder);
  if (auto* lookup = std::get_if<IdentityLookup>(&source)) {
    auto texts = lookup->find();
    if (!texts) return tl::unexpected(texts.error());
    pair = read_texts(*texts);
  }
  if (!pair) return tl::unexpected(pair.error());
  if (auto valid = pair->certificate.valid_at(now); !valid) {
    if (auto* at = std::get_if<IdentityFiles>(&source))
      valid = located(at->certificate, std::move(valid));
    if (auto* folder = std::get_if<MspFolder>(&source))
      valid = located(folder->path + "/signcerts", std::move(valid));
    return tl::unexpected(valid.error());
  }
  return SigningIdentity(msp_id, std::move(pair->certificate), std::move(pair->signer),
                         std::move(pair->certificate_pem));
}

Result<SigningIdentity> identity_from_pem(const std::string& msp_id,
                                          std::string_view certificate_pem,
                                          std::string_view key_pem) {
  auto pair = read_texts({std::string(certificate_pem), std::string(key_pem)});
  if (!pair) return tl::unexpected(pair.error());
  return SigningIdentity(msp_id, std::move(pair->certificate), std::move(pair->signer),
                         std::move(pair->certificate_pem));
}

std::optional<std::string> expiry_warning(const Certificate& certificate, WallTime now,
                                          Duration within) {
  const Duration left = certificate.not_after() - now;
  if (left > within) return {};
  if (left < Duration::zero())
    return fmt::format("the certificate of {} ended at {}: enroll it again", certificate.subject(),
                       to_rfc3339(certificate.not_after()));
  const auto days = std::chrono::duration_cast<std::chrono::days>(left).count();
  return fmt::format("the certificate of {} ends in {} day{}, at {}: enroll it again",
                     certificate.subject(), days, days == 1 ? "" : "s",
                     to_rfc3339(certificate.not_after()));
}

IdentityProvider::IdentityProvider(FileSystem& files, const Clock& clock, std::string msp_id,
                                   IdentitySource source)
    : files_(files), clock_(clock), msp_id_(std::move(msp_id)), source_(std::move(source)) {}

Result<std::shared_ptr<const SigningIdentity>> IdentityProvider::current() {
  const WallTime now = clock_.now();
  std::lock_guard lock(mutex_);
  auto fresh = load_identity(files_, msp_id_, source_, now);
  if (fresh) {
    problem_.reset();
    if (identity_ != nullptr && identity_->serialized() != fresh->serialized())
      log::info("took a new certificate",
                {{"msp", msp_id_},
                 {"subject", fresh->certificate().subject()},
                 {"until", to_rfc3339(fresh->certificate().not_after())}});
    if (identity_ == nullptr || identity_->serialized() != fresh->serialized())
      identity_ = std::make_shared<const SigningIdentity>(std::move(*fresh));
    return identity_;
  }
  if (problem_ != fresh.error().message) {
    problem_ = fresh.error().message;
    if (identity_ != nullptr)
      log::warn("the credentials as stored cannot be used; keeping the ones from before",
                {{"msp", msp_id_}, {"reason", *problem_}});
  }
  if (identity_ == nullptr || !identity_->certificate().valid_at(now)) return fail(*problem_);
  return identity_;
}

std::optional<std::string> IdentityProvider::problem() const {
  std::lock_guard lock(mutex_);
  return problem_;
}

std::optional<WallTime> IdentityProvider::expires() const {
  std::lock_guard lock(mutex_);
  if (identity_ == nullptr) return {};
  return identity_->certificate().not_after();
}

}  // namespace belfry::msp
