#include "ledger/legacy_check.h"

#include <algorithm>
#include <map>

#include "ledger/chaincode_definition.h"
#include "msp/policy.h"
#include "peer/chaincode.pb.h"
#include "peer/collection.pb.h"

namespace belfry::ledger {
namespace {

using Collections = std::map<std::string, ::protos::StaticCollectionConfig>;

// "deploy"|"upgrade", channel, deployment spec, and, optional: endorsement policy, escc, vscc,
// collections.
constexpr size_t kFunction = 0, kSpec = 2, kCollections = 6, kMostArguments = 7;

bool is_or_concatenation(const ::common::SignaturePolicy& rule) {
  if (!rule.has_n_out_of()) return true;
  return rule.n_out_of().n() == 1 &&
         std::all_of(rule.n_out_of().rules().begin(), rule.n_out_of().rules().end(),
                     is_or_concatenation);
}

bool is_collection_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

// None when they do not decode, or are no good collections.
std::optional<Collections> read_collections(std::string_view bytes) {
  ::protos::CollectionConfigPackage package;
  if (!package.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
  Collections out;
  for (const auto& config : package.config()) {
    if (!config.has_static_collection_config()) return std::nullopt;
    const auto& one = config.static_collection_config();
    const auto& policy = one.member_orgs_policy().signature_policy();
    if (!is_collection_name(one.name()) || !out.emplace(one.name(), one).second ||
        one.required_peer_count() < 0 || one.maximum_peer_count() < one.required_peer_count() ||
        !is_or_concatenation(policy.rule()))
      return std::nullopt;
  }
  return out;
}

// An upgrade may add collections; it keeps those that are there, and how long they keep data.
bool keeps_collections(const Collections& old, const Collections& now) {
  return std::all_of(old.begin(), old.end(), [&](const auto& entry) {
    const auto found = now.find(entry.first);
    return found != now.end() && found->second.block_to_live() == entry.second.block_to_live();
  });
}

// The writes beside the chaincode's entry, and the collections that the arguments name.
bool are_good_collections(const CheckedTransaction& transaction, const NamespaceSet& own,
                          const std::string& name, const Reader& state) {
  const auto& writes = own.set.writes;
  const std::string key = name + "~collection";
  if (writes.size() > 2 || (writes.size() == 2 && writes[1].key != key)) return false;
  const auto& args = transaction.lscc_arguments;
  std::string_view asked, written;
  if (args.size() > kCollections) asked = args[kCollections];
  if (writes.size() == 2) written = writes[1].value;
  if (asked != written) return false;
  const auto old = state.get(kLegacyLifecycle, key);
  if (args[kFunction] == "deploy" && old) return false;
  if (args.size() <= kCollections) return true;
  const auto now = read_collections(asked);
  if (!now) return false;
  if (!old) return true;
  const auto before = read_collections(old->bytes);
  return before && keeps_collections(*before, *now);
}

bool allows(const std::string& policy, const msp::MemberPtr& creator) {
  const auto compiled = msp::SignaturePolicy::parse(policy);
  return compiled && creator && compiled->satisfied_by(std::span(&creator, 1));
}

std::optional<::protos::ChaincodeSpec> spec_of(const CheckedTransaction& transaction) {
  ::protos::ChaincodeDeploymentSpec spec;
  if (transaction.lscc_arguments.size() <= kSpec ||
      !spec.ParseFromString(transaction.lscc_arguments[kSpec]) ||
      !spec.chaincode_spec().has_chaincode_id())
    return std::nullopt;
  return spec.chaincode_spec();
}

bool is_known_type(const ::protos::ChaincodeSpec& spec) {
  switch (spec.type()) {
    case ::protos::ChaincodeSpec::GOLANG:
    case ::protos::ChaincodeSpec::NODE:
    case ::protos::ChaincodeSpec::JAVA:
    case ::protos::ChaincodeSpec::CAR:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool has_new_lifecycle(const msp::ChannelConfig& config) {
  const auto& capabilities = config.application_capabilities;
  return capabilities.contains("V2_0") || capabilities.contains("V2_5");
}

bool is_good_deployment(const CheckedTransaction& transaction, const Reader& state) {
  const auto& args = transaction.lscc_arguments;
  if (args.empty() || (args[kFunction] != "deploy" && args[kFunction] != "upgrade")) return false;
  const auto spec = spec_of(transaction);
  if (args.size() > kMostArguments || !spec || !is_known_type(*spec)) return false;
  const auto& name = spec->chaincode_id().name();
  const auto& version = spec->chaincode_id().version();
  if (!is_chaincode_name(name) || is_system_chaincode(name) || !is_chaincode_version(version))
    return false;

  const auto own =
      std::find_if(transaction.sets.begin(), transaction.sets.end(),
                   [](const NamespaceSet& set) { return set.name_space == kLegacyLifecycle; });
  if (own == transaction.sets.end() || own->set.writes.empty()) return false;
  const auto& entry = own->set.writes.front();
  ::protos::ChaincodeData data;
  if (entry.key != name ||
      !data.ParseFromArray(entry.value.data(), static_cast<int>(entry.value.size())) ||
      data.name() != name || data.version() != version)
    return false;
  for (const NamespaceSet& set : transaction.sets)
    if (set.name_space != kLegacyLifecycle && set.name_space != name && !set.set.writes.empty())
      return false;

  const auto old = find_definition(state, name);
  if (!old) return false;
  const bool upgrades = args[kFunction] == "upgrade";
  if (old->has_value() != upgrades) return false;
  if (upgrades && (*old)->version == version) return false;
  if (!are_good_collections(transaction, *own, name, state)) return false;
  const std::string policy = data.instantiation_policy().SerializeAsString();
  if (upgrades && policy != (*old)->legacy_instantiation_policy &&
      !allows((*old)->legacy_instantiation_policy, transaction.creator))
    return false;
  return data.has_instantiation_policy() && allows(policy, transaction.creator);
}

std::optional<std::string> upgraded_chaincode(const CheckedTransaction& transaction) {
  const auto& args = transaction.lscc_arguments;
  if (args.empty() || args[kFunction] != "upgrade") return std::nullopt;
  const auto spec = spec_of(transaction);
  if (!spec || spec->type() != ::protos::ChaincodeSpec::GOLANG) return std::nullopt;
  return spec->chaincode_id().name();
}

}  // namespace belfry::ledger
