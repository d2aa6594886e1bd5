#include "ca/authority.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "ca/attribute_rules.h"
#include "ca/go_text.h"
#include "ca/json.h"
#include "ca/json_fields.h"
#include "ca/openssl.h"
#include "ca/secret_hash.h"
#include "ca/state.h"

namespace belfry::ca {
namespace {

constexpr std::string_view kAuthorityNote = "authority", kChainNote = "chain",
                           kSeededNote = "seeded";
constexpr Duration kBackdate = std::chrono::minutes(5);

Result<MasterKey> master_key(const CaSettings& settings, CaHost host) {
  if (settings.master_key) return *settings.master_key;
  bool made = false;
  const std::string path = settings.folder + "/master-key";
  auto key = MasterKey::read_or_make(path, host.random, made);
  if (key && made)
    log::warn(
        "made a master key beside the CA's state: whoever can copy this folder has the authority's "
        "key, and without this file nobody has",
        {{"file", path}});
  return std::move(key).with_context("the CA's master key");
}

Issuer make_root(const CaSettings& settings, CaHost host) {
  const WallTime begin = std::chrono::floor<std::chrono::minutes>(host.clock.now()) - kBackdate;
  return Issuer::make_root(settings.subject, begin, begin + settings.root_expiry, host.random);
}

// The one in the registry, the one given, or a fresh root; to be written down if there is a folder.
Result<Issuer> open_issuer(const CaSettings& settings, CaHost host, const Registry& registry,
                           Change& change) {
  const auto made = [&]() -> Result<Issuer> {
    if (!settings.authority) return make_root(settings, host);
    return Issuer::from_pem(settings.authority->certificate, settings.authority->key);
  };
  if (settings.folder.empty()) return made();
  const auto master = master_key(settings, host);
  if (!master) return tl::unexpected(master.error());
  if (const auto sealed = registry.note(kAuthorityNote)) {
    auto key = master->open(*sealed, kAuthorityNote);
    if (!key) return fail("the authority's key cannot be opened: " + key.error().message);
    auto issuer = Issuer::from_pem(registry.note(kChainNote).value_or(""), *key);
    wipe(*key);
    return issuer;
  }
  auto issuer = made();
  if (!issuer) return issuer;
  std::string key = issuer->key();
  change.notes[std::string(kChainNote)] = issuer->chain();
  change.notes[std::string(kAuthorityNote)] = master->seal(key, kAuthorityNote, host.random);
  wipe(key);
  return issuer;
}

// The registrar and the affiliations, once. Whether this was the time.
Result<bool> seed(const CaSettings& settings, CaHost host, const Registry& registry,
                  Change& change) {
  if (registry.note(kSeededNote)) return false;
  if (!settings.registrar.empty() && settings.registrar_secret.empty())
    return fail("the CA's registrar needs a secret, or anybody could enroll as it");
  for (const std::string& affiliation : settings.affiliations) {
    std::string path;
    for (const std::string& part : split(affiliation, '.'))
      change.affiliations.insert(path += (path.empty() ? "" : ".") + part);
  }
  if (!settings.registrar.empty()) {
    Identity registrar;
    registrar.id = settings.registrar;
    registrar.type = "client";
    registrar.secret_hash =
        hash_secret(settings.registrar_secret,
                    settings.folder.empty() ? kCostInMemory : kCostOnDisk, host.random);
    registrar.max_enrollments = settings.max_enrollments;
    for (const std::string_view name : {kRoles, kDelegateRoles, kRegistrarAttributes})
      registrar.attributes.push_back({std::string(name), "*"});
    for (const std::string_view name : {kRevoker, kIntermediateCa, kGenCrl, kAffiliationManager})
      registrar.attributes.push_back({std::string(name), "1"});
    change.identities.push_back(std::move(registrar));
  }
  change.notes[std::string(kSeededNote)] = "1";
  return true;
}

}  // namespace

std::optional<std::pair<Profile, Duration>> CaState::profile(std::string_view name) const {
  if (name.empty()) return std::pair(Profile{}, settings.default_expiry);
  if (name == "tls") return std::pair(Profile{.for_tls = true}, settings.tls_expiry);
  if (name == "ca") return std::pair(Profile{.authority = true}, settings.ca_expiry);
  return {};
}

std::pair<WallTime, WallTime> CaState::validity(Duration expiry) const {
  const WallTime end = std::chrono::round<std::chrono::minutes>(host.clock.now()) + expiry;
  return {issuer.certificate().not_before(), std::min(end, issuer.certificate().not_after())};
}

std::string attribute_text(std::vector<std::pair<std::string, std::string>> attributes) {
  std::ranges::sort(attributes);
  std::string text = R"({"attrs":{)";
  for (size_t i = 0; i < attributes.size(); ++i) {
    if (i) text += ',';
    append_go_string(text, attributes[i].first);
    text += ':';
    append_go_string(text, attributes[i].second);
  }
  return text + "}}";
}

Ca::Ca(std::unique_ptr<CaState> state) : state_(std::move(state)) {}
Ca::~Ca() = default;

Result<std::unique_ptr<Ca>> Ca::open(CaSettings settings, CaHost host) {
  auto registry = Registry::open(host.files, host.clock, host.random, settings.folder);
  if (!registry) return tl::unexpected(registry.error());
  Change change;
  auto issuer = open_issuer(settings, host, **registry, change);
  if (!issuer) return tl::unexpected(issuer.error());
  const auto fresh = seed(settings, host, **registry, change);
  if (!fresh) return tl::unexpected(fresh.error());
  if (!change.notes.empty())
    if (auto kept = (*registry)->apply(std::move(change)); !kept)
      return tl::unexpected(kept.error());
  wipe(settings.registrar_secret);
  if (settings.authority) wipe(settings.authority->key);
  return std::unique_ptr<Ca>(new Ca(std::unique_ptr<CaState>(new CaState{
      std::move(settings), host, std::move(*registry), std::move(*issuer), *fresh, {}})));
}

bool Ca::fresh() const {
  return state_->fresh;
}
const std::string& Ca::name() const {
  return state_->settings.name;
}
const msp::Certificate& Ca::certificate() const {
  return state_->issuer.certificate();
}
const std::string& Ca::chain() const {
  return state_->issuer.chain();
}
std::string Ca::key() const {
  return state_->issuer.key();
}

Result<Credential> Ca::issue(const IssueOptions& options) const {
  const auto profile = state_->profile(options.profile);
  if (!profile)
    return fail(
        fmt::format("there is no profile '{}': leave it out, or give tls or ca", options.profile));
  CertificateTemplate what;
  what.subject.common_name = options.common_name;
  what.subject.units = options.units;
  what.names = names_of_hosts(options.hosts);
  what.profile = profile->first;
  std::tie(what.not_before, what.not_after) = state_->validity(profile->second);
  if (!options.attributes.empty()) what.attributes = attribute_text(options.attributes);
  const auto key = make_p256_key();
  return Credential{state_->issuer.sign(what, key.get(), state_->host.random).pem(),
                    key_pem(key.get())};
}

}  // namespace belfry::ca
