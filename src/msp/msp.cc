#include "msp/msp.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "msp/authorities.h"
#include "msp/identity.h"
#include "msp/msp_config.pb.h"

namespace belfry::msp {
namespace {

constexpr unsigned bit(Role role) {
  return 1U << static_cast<unsigned>(role);
}

struct Unit {
  Role role;
  std::string name;
  std::string certifiers;  // empty: whoever certified it
};

std::vector<std::string> texts(const google::protobuf::RepeatedPtrField<std::string>& field) {
  return {field.begin(), field.end()};
}

}  // namespace

struct Msp::State {
  explicit State(Authorities made) : authorities(std::move(made)) {}

  std::string id;
  Authorities authorities;
  std::vector<std::string> tls_roots;
  std::set<std::string> admins;  // TBS
  std::map<std::string, std::set<std::string>>
      required;             // unit → certifiers: a member carries one of them, if there are any
  std::vector<Unit> units;  // NodeOUs
  bool node_ous = false;

  Result<void> check_units(const Certificate& certificate, const std::string& certifiers) const;
};

Msp::Msp(std::unique_ptr<State> state) : state_(std::move(state)) {}
Msp::~Msp() = default;
const std::string& Msp::id() const {
  return state_->id;
}
bool Msp::node_ous() const {
  return state_->node_ous;
}
const std::vector<std::string>& Msp::tls_roots() const {
  return state_->tls_roots;
}
const std::vector<Certificate>& Msp::authorities() const {
  return state_->authorities.all();
}

Result<std::shared_ptr<const Msp>> Msp::create(const ::msp::FabricMSPConfig& config,
                                               MspVersion version) {
  auto authorities =
      Authorities::create(texts(config.root_certs()), texts(config.intermediate_certs()),
                          texts(config.revocation_list()));
  if (!authorities) return tl::unexpected(authorities.error());
  auto state = std::make_unique<State>(std::move(*authorities));
  state->id = config.name();
  state->tls_roots = texts(config.tls_root_certs());
  for (const auto& pem : config.tls_intermediate_certs()) state->tls_roots.push_back(pem);
  if (const auto& family = config.crypto_config().signature_hash_family();
      !family.empty() && family != "SHA2")
    return fail(fmt::format("signatures over {} are not supported", family));

  for (const auto& unit : config.organizational_unit_identifiers()) {
    auto certifiers = state->authorities.certifiers_of(unit.certificate());
    if (!certifiers) return tl::unexpected(certifiers.error());
    state->required[unit.organizational_unit_identifier()].insert(*certifiers);
  }
  if (version != MspVersion::v1_0 && config.has_fabric_node_ous()) {
    const auto& ous = config.fabric_node_ous();
    auto add = [&](Role role, bool present, const ::msp::FabricOUIdentifier& unit) -> Result<void> {
      if (!present) return {};
      std::string certifiers;
      if (!unit.certificate().empty()) {
        auto found = state->authorities.certifiers_of(unit.certificate());
        if (!found) return tl::unexpected(found.error());
        certifiers = std::move(*found);
      }
      state->units.push_back({role, unit.organizational_unit_identifier(), std::move(certifiers)});
      return {};
    };
    auto added = add(Role::client, ous.has_client_ou_identifier(), ous.client_ou_identifier());
    if (added) added = add(Role::peer, ous.has_peer_ou_identifier(), ous.peer_ou_identifier());
    if (version == MspVersion::v1_4_3) {
      if (added) added = add(Role::admin, ous.has_admin_ou_identifier(), ous.admin_ou_identifier());
      if (added)
        added = add(Role::orderer, ous.has_orderer_ou_identifier(), ous.orderer_ou_identifier());
    }
    if (!added) return tl::unexpected(added.error());
    state->node_ous = ous.enable() && !state->units.empty();
  }
  for (const auto& pem : config.admins()) {
    auto admin = Certificate::from_pem(pem);
    if (!admin)
      return tl::unexpected(std::move(admin).with_context("administrator's certificate").error());
    state->admins.insert(admin->tbs());
  }
  return std::shared_ptr<const Msp>(new Msp(std::move(state)));
}

Result<void> Msp::State::check_units(const Certificate& certificate,
                                     const std::string& certifiers) const {
  const auto& carried = certificate.organizational_units();
  if (!required.empty() &&
      std::none_of(carried.begin(), carried.end(), [&](const std::string& unit) {
        auto found = required.find(unit);
        return found != required.end() && found->second.contains(certifiers);
      }))
    return fail(fmt::format("the certificate of {} carries none of the units that {} asks for",
                            certificate.subject(), id));
  if (!node_ous) return {};
  int roles = 0;
  for (const std::string& unit : carried) {
    auto found = std::find_if(units.rbegin(), units.rend(),
                              [&](const Unit& known) { return known.name == unit; });
    if (found == units.rend()) continue;
    if (!found->certifiers.empty() && found->certifiers != certifiers)
      return fail(fmt::format(
          "the unit {} of the certificate of {} was given by another CA than {} asks for", unit,
          certificate.subject(), id));
    ++roles;
  }
  if (roles != 1)
    return fail(
        fmt::format("the certificate of {} carries {} of the units that tell client, peer, orderer "
                    "and admin apart; {} asks "
                    "for exactly one",
                    certificate.subject(), roles == 0 ? "none" : "several", id));
  return {};
}

bool Msp::can_place(const Certificate& certificate) const {
  return !certificate.ecdsa_signed() || state_->authorities.leads_to_root(certificate);
}

Result<MemberPtr> Msp::member(std::string_view certificate_pem) const {
  auto certificate = Certificate::from_pem(certificate_pem);
  if (!certificate) return tl::unexpected(certificate.error());
  auto certifiers = state_->authorities.check_identity(*certificate);
  if (!certifiers) return tl::unexpected(certifiers.error());
  if (auto good = state_->check_units(*certificate, *certifiers); !good)
    return tl::unexpected(good.error());

  std::shared_ptr<Member> member(new Member(std::move(*certificate)));
  member->msp_id_ = state_->id;
  member->certifiers_ = std::move(*certifiers);
  member->roles_ = bit(Role::member);
  if (state_->admins.contains(member->tbs_)) member->roles_ |= bit(Role::admin);
  if (state_->node_ous) {
    const auto& carried = member->certificate_.organizational_units();
    for (const Unit& unit : state_->units)
      if (std::find(carried.begin(), carried.end(), unit.name) != carried.end())
        member->roles_ |= bit(unit.role);
  }
  return MemberPtr(std::move(member));
}

bool Member::satisfies(const Principal& principal) const {
  switch (principal.kind) {
    case Principal::Kind::role:
      return principal.msp_id == msp_id_ && is(principal.role);
    case Principal::Kind::unit: {
      const auto& carried = certificate_.organizational_units();
      return principal.msp_id == msp_id_ && principal.certifiers == certifiers_ &&
             std::find(carried.begin(), carried.end(), principal.unit) != carried.end();
    }
    case Principal::Kind::identity:
      return principal.msp_id == msp_id_ && principal.certificate == tbs_;
    case Principal::Kind::nominal:
      return true;
    case Principal::Kind::anonymous:
      return false;
  }
  return false;
}

bool Member::satisfies(const std::vector<Principal>& principals) const {
  return std::all_of(principals.begin(), principals.end(),
                     [this](const Principal& principal) { return satisfies(principal); });
}

void MspSet::add(const std::string& id, Result<std::shared_ptr<const Msp>> msp) {
  msps_.insert_or_assign(id, std::move(msp));
}

const Msp* MspSet::find(const std::string& id) const {
  auto found = msps_.find(id);
  return found != msps_.end() && found->second ? found->second->get() : nullptr;
}

Result<MemberPtr> MspSet::look_up(std::string_view serialized) const {
  auto view = parse_identity(serialized);
  if (!view) return tl::unexpected(view.error());
  auto found = msps_.find(view->msp_id);
  if (found == msps_.end())
    return fail(fmt::format("the channel knows no organisation {}", view->msp_id));
  if (!found->second)
    return fail(
        fmt::format("the MSP {} cannot be used: {}", view->msp_id, found->second.error().message));
  return (*found->second)->member(view->certificate_pem);
}

Result<MemberPtr> MspSet::member(std::string_view serialized) const {
  std::string key(serialized);
  {
    std::lock_guard lock(mutex_);
    if (auto found = remembered_.find(key); found != remembered_.end()) return found->second;
  }
  auto member = look_up(serialized);
  std::lock_guard lock(mutex_);
  if (remembered_.size() >= kMostRemembered) remembered_.clear();
  remembered_.insert_or_assign(std::move(key), member);
  return member;
}

}  // namespace belfry::msp
