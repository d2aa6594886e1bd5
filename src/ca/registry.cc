#include "ca/registry.h"

#include <fmt/format.h>

#include <algorithm>

namespace belfry::ca {
namespace {

constexpr std::string_view kIdentities = "identity/", kCertificates = "certificate/",
                           kAffiliations = "affiliation/", kNotes = "note/";
constexpr uint64_t kSegmentBytes = 256 << 10;  // prepared ahead, so small

std::string identity_key(std::string_view id) {
  return std::string(kIdentities).append(id);
}
std::string certificate_key(uint64_t number) {
  return fmt::format("{}{:020}", kCertificates, number);
}
std::string affiliation_key(std::string_view name) {
  return std::string(kAffiliations).append(name);
}
std::string serial_key(std::string_view serial, std::string_view aki) {
  return fmt::format("{}/{}", serial, aki);
}

}  // namespace

bool is_within(std::string_view affiliation, std::string_view root) {
  return root.empty() || affiliation == root ||
         (affiliation.starts_with(root) && affiliation[root.size()] == '.');
}

Result<std::unique_ptr<Registry>> Registry::open(FileSystem& files, Clock& clock, Random& random,
                                                 const std::string& folder) {
  std::unique_ptr<Registry> registry(new Registry());
  if (folder.empty()) return registry;
  if (auto made = files.make_folders(folder); !made) return tl::unexpected(made.error());
  if (&files == &posix_files()) {
    auto lock = FolderLock::take(folder);
    if (!lock) return tl::unexpected(lock.error());
    registry->lock_.emplace(std::move(*lock));
  }
  queue::Store::Options options;
  options.segment_bytes = kSegmentBytes;
  auto store = queue::Store::open(files, clock, random, folder, options);
  if (!store) return tl::unexpected(store.error());
  registry->store_ = std::move(*store);
  if (auto loaded = registry->load(); !loaded) return tl::unexpected(loaded.error());
  return registry;
}

Result<void> Registry::load() {
  for (const auto& [key, stored] : store_->list(kIdentities)) {
    auto identity = decode_identity(stored);
    if (!identity) return fail(fmt::format("{}: {}", key, identity.error().message));
    last_identity_ = std::max(last_identity_, identity->number);
    const auto [at, added] = identities_.emplace(identity->id, std::move(*identity));
    by_number_[at->second.number] = &at->second;
  }
  for (const auto& [key, stored] : store_->list(kCertificates)) {
    auto certificate = decode_certificate(stored);
    if (!certificate) return fail(fmt::format("{}: {}", key, certificate.error().message));
    if (certificate->number != certificates_.size() + 1)
      return fail(fmt::format("{}: a certificate before it is missing", key));
    by_serial_[serial_key(certificate->serial, certificate->aki)] = certificates_.size();
    certificates_.push_back(std::move(*certificate));
  }
  for (const auto& [key, stored] : store_->list(kAffiliations))
    affiliations_.insert(key.substr(kAffiliations.size()));
  for (auto& [key, stored] : store_->list(kNotes))
    notes_.emplace(key.substr(kNotes.size()), std::move(stored));
  return {};
}

const Identity* Registry::find(std::string_view id) const {
  const auto at = identities_.find(id);
  return at == identities_.end() ? nullptr : &at->second;
}

std::vector<const Identity*> Registry::identities(
    const std::function<bool(const Identity&)>& which) const {
  std::vector<const Identity*> found;
  for (const auto& [number, identity] : by_number_)
    if (which(*identity)) found.push_back(identity);
  return found;
}

const IssuedCertificate* Registry::find(std::string_view serial, std::string_view aki) const {
  const auto at = by_serial_.find(serial_key(serial, aki));
  return at == by_serial_.end() ? nullptr : &certificates_[at->second];
}

std::vector<std::string> Registry::affiliations_from(std::string_view root) const {
  std::vector<std::string> found;
  for (const std::string& name : affiliations_)
    if (is_within(name, root)) found.push_back(name);
  return found;
}

Result<void> Registry::apply(Change change) {
  uint64_t last_identity = last_identity_, last_certificate = certificates_.size();
  for (Identity& identity : change.identities)
    if (identity.number == 0) identity.number = ++last_identity;
  for (IssuedCertificate& certificate : change.certificates)
    if (certificate.number == 0) certificate.number = ++last_certificate;
  if (store_) {
    queue::Batch batch;
    for (const auto& id : change.removed_identities) batch.erase(identity_key(id));
    for (const auto& identity : change.identities)
      batch.put(identity_key(identity.id), encode(identity));
    for (const auto& certificate : change.certificates)
      batch.put(certificate_key(certificate.number), encode(certificate));
    for (const auto& name : change.removed_affiliations) batch.erase(affiliation_key(name));
    for (const auto& name : change.affiliations) batch.put(affiliation_key(name), "");
    for (const auto& [name, text] : change.notes) batch.put(std::string(kNotes).append(name), text);
    const auto committed = store_->commit(std::move(batch));
    if (committed.status != queue::CommitStatus::durable) return fail(committed.reason);
  }
  last_identity_ = last_identity;
  for (const auto& id : change.removed_identities)
    if (const auto at = identities_.find(id); at != identities_.end()) {
      by_number_.erase(at->second.number);
      identities_.erase(at);
    }
  for (Identity& identity : change.identities) {
    Identity& place = identities_[identity.id];
    place = std::move(identity);
    by_number_[place.number] = &place;
  }
  for (IssuedCertificate& certificate : change.certificates) {
    const size_t place = certificate.number - 1;
    by_serial_[serial_key(certificate.serial, certificate.aki)] = place;
    if (place == certificates_.size())
      certificates_.push_back(std::move(certificate));
    else
      certificates_[place] = std::move(certificate);
  }
  for (const auto& name : change.removed_affiliations) affiliations_.erase(name);
  for (const auto& name : change.affiliations) affiliations_.insert(name);
  for (auto& [name, text] : change.notes) notes_.insert_or_assign(name, std::move(text));
  return {};
}

std::optional<std::string> Registry::note(std::string_view name) const {
  const auto at = notes_.find(name);
  return at == notes_.end() ? std::nullopt : std::optional(at->second);
}

}  // namespace belfry::ca
