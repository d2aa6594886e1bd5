#include "devnet/collection_check.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "common/policies.pb.h"
#include "msp/identity.h"
#include "msp/msp_principal.pb.h"
#include "peer/collection.pb.h"

namespace belfry::devnet {
namespace {

using ::protos::StaticCollectionConfig;

bool is_name(const std::string& text) {
  if (text.empty() || text.front() == '_') return false;
  for (const char c : text)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
          c == '_'))
      return false;
  return true;
}

Result<void> check_only_or(const ::common::SignaturePolicy& rule) {
  if (!rule.has_n_out_of()) return {};
  if (rule.n_out_of().n() != 1)
    return fail(
        fmt::format("signature policy is not an OR concatenation, NOutOf {}", rule.n_out_of().n()));
  for (const auto& inner : rule.n_out_of().rules())
    if (auto checked = check_only_or(inner); !checked) return checked;
  return {};
}

Result<void> check_member(const std::string& collection, const ::common::MSPPrincipal& principal,
                          const msp::ChannelConfig& config) {
  const auto outside = [&](const std::string& org) {
    return fail(
        fmt::format("collection-name: {} -- collection member '{}' is not part of the "
                    "channel",
                    collection, org));
  };
  switch (principal.principal_classification()) {
    case ::common::MSPPrincipal::ROLE: {
      ::common::MSPRole role;
      if (!role.ParseFromString(principal.principal()))
        return fail(fmt::format("collection-name: {} -- cannot unmarshal identities into MSPRole",
                                collection));
      if (!config.msps->find(role.msp_identifier())) return outside(role.msp_identifier());
      return {};
    }
    case ::common::MSPPrincipal::ORGANIZATION_UNIT: {
      ::common::OrganizationUnit unit;
      if (!unit.ParseFromString(principal.principal()))
        return fail(
            fmt::format("collection-name: {} -- cannot unmarshal identities into OrganizationUnit",
                        collection));
      if (!config.msps->find(unit.msp_identifier())) return outside(unit.msp_identifier());
      return {};
    }
    case ::common::MSPPrincipal::IDENTITY:
      if (!config.msps->member(principal.principal()))
        return fail(fmt::format(
            "collection-name: {} -- contains an identity that is not part of the channel",
            collection));
      return {};
    default:
      return fail(fmt::format("collection-name: {} -- principal type {} is not supported",
                              collection, static_cast<int>(principal.principal_classification())));
  }
}

Result<void> check_policy_of(const StaticCollectionConfig& collection,
                             const msp::ChannelConfig& config) {
  if (!collection.has_member_orgs_policy())
    return fail(
        fmt::format("collection member policy is not set for collection '{}'", collection.name()));
  if (!collection.member_orgs_policy().has_signature_policy())
    return fail(fmt::format("collection member org policy is empty for collection '{}'",
                            collection.name()));
  const auto& policy = collection.member_orgs_policy().signature_policy();
  if (auto compiled = msp::SignaturePolicy::compile(policy); !compiled)
    return fail(fmt::format("invalid member org policy for collection '{}': {}", collection.name(),
                            compiled.error().message));
  if (auto only_or = check_only_or(policy.rule()); !only_or)
    return fail(fmt::format("collection-name: {} -- error in member org policy: {}",
                            collection.name(), only_or.error().message));
  for (const auto& principal : policy.identities())
    if (auto member = check_member(collection.name(), principal, config); !member) return member;
  return {};
}

Result<void> check_one(const StaticCollectionConfig& collection, std::set<std::string>& seen,
                       const msp::ChannelConfig& config) {
  const auto& name = collection.name();
  if (!is_name(name))
    return fail(
        fmt::format("invalid collection name '{}'. Names can only consist of "
                    "alphanumerics, '_', and '-' and cannot begin with '_'",
                    name));
  if (!seen.insert(name).second)
    return fail(
        fmt::format("collection-name: {} -- found duplicate in collection configuration", name));
  if (collection.maximum_peer_count() < collection.required_peer_count())
    return fail(
        fmt::format("collection-name: {} -- maximum peer count ({}) cannot be less than "
                    "the required peer count ({})",
                    name, collection.maximum_peer_count(), collection.required_peer_count()));
  if (collection.required_peer_count() < 0)
    return fail(
        fmt::format("collection-name: {} -- requiredPeerCount ({}) cannot be less than "
                    "zero",
                    name, collection.required_peer_count()));
  return check_policy_of(collection, config);
}

Result<void> check_against(const std::map<std::string, const StaticCollectionConfig*>& proposed,
                           const std::string& committed) {
  ::protos::CollectionConfigPackage old;
  if (!old.ParseFromString(committed)) return fail("the committed collections do not decode");
  if (old.config_size() == 0) return {};
  if (proposed.empty())
    return fail("the proposed collection config does not contain previously defined collections");
  for (const auto& entry : old.config()) {
    const auto& collection = entry.static_collection_config();
    const auto found = proposed.find(collection.name());
    if (found == proposed.end())
      return fail(
          fmt::format("existing collection [{}] missing in the proposed collection configuration",
                      collection.name()));
    if (found->second->block_to_live() != collection.block_to_live())
      return fail(
          fmt::format("the BlockToLive in an existing collection [{}] modified. Existing "
                      "value [{}]",
                      collection.name(), collection.block_to_live()));
  }
  return {};
}

}  // namespace

Result<void> check_collections(const ::protos::CollectionConfigPackage& proposed,
                               const std::string& committed, const msp::ChannelConfig& config) {
  std::map<std::string, const StaticCollectionConfig*> by_name;
  std::set<std::string> seen;
  for (const auto& entry : proposed.config())
    if (!entry.has_static_collection_config())
      return fail("collection config contains unexpected payload type: <nil>");
  for (const auto& entry : proposed.config()) {
    const auto& collection = entry.static_collection_config();
    if (auto checked = check_one(collection, seen, config); !checked) return checked;
    by_name[collection.name()] = &collection;
  }
  return check_against(by_name, committed);
}

}  // namespace belfry::devnet
