#include "ledger/endorsement_check.h"

#include <fmt/format.h>

#include "common/policies.pb.h"
#include "ledger/definition_policies.h"
#include "ledger/ledger.h"
#include "ledger/legacy_check.h"
#include "peer/policy.pb.h"

namespace belfry::ledger {
namespace {

constexpr std::string_view kKeyPolicy = "VALIDATION_PARAMETER";
constexpr std::string_view kApplication = "/Channel/Application/";

std::string reference_to(std::string_view policy) {
  ::protos::ApplicationPolicy message;
  message.set_channel_config_policy_reference(std::string(policy));
  return message.SerializeAsString();
}

std::string signature_policy(std::string_view envelope) {
  ::protos::ApplicationPolicy message;
  if (!message.mutable_signature_policy()->ParseFromArray(envelope.data(),
                                                          static_cast<int>(envelope.size())))
    return {};
  return message.SerializeAsString();
}

std::vector<std::string> application_msps(const msp::ChannelConfig& config) {
  std::vector<std::string> out;
  for (const auto& org : config.application) out.push_back(org.msp_id);
  return out;
}

// Without a policy of that name, a majority of the organisations decides about definitions.
std::string lifecycle_policy(const msp::ChannelConfig& config) {
  const std::string path = std::string(kApplication) + "LifecycleEndorsement";
  if (config.policies->contains(path)) return reference_to(path);
  ::protos::ApplicationPolicy message;
  *message.mutable_signature_policy() = majority_of_members(application_msps(config));
  return message.SerializeAsString();
}

}  // namespace

std::string implicit_policy(const msp::ChannelConfig& config, std::string_view msp_id) {
  for (const auto& org : config.application) {
    if (org.msp_id != msp_id) continue;
    const std::string path = fmt::format("{}{}/Endorsement", kApplication, org.name);
    if (config.policies->contains(path)) return reference_to(path);
    ::protos::ApplicationPolicy message;
    *message.mutable_signature_policy() = any_member_of({std::string(msp_id)});
    return message.SerializeAsString();
  }
  return {};
}

const msp::SignaturePolicy* PolicyCache::compile(std::string_view envelope) {
  auto found = compiled_.find(envelope);
  if (found == compiled_.end()) {
    if (compiled_.size() >= kMost) compiled_.clear();
    auto compiled = msp::SignaturePolicy::parse(envelope);
    found = compiled_
                .emplace(std::string(envelope),
                         compiled ? std::optional(std::move(*compiled)) : std::nullopt)
                .first;
  }
  return found->second ? &*found->second : nullptr;
}

// One namespace of one transaction. A policy that several keys share is evaluated once.
class EndorsementCheck::Namespace {
 public:
  Namespace(EndorsementCheck& check, const CheckedTransaction& transaction,
            const Definition& definition, std::string_view name)
      : check_(check), transaction_(transaction), definition_(definition), name_(name) {}

  bool satisfied() {
    for (const NamespaceSet& set : transaction_.sets) {
      if (set.name_space != name_) continue;
      if (!keys_satisfied("", set.set)) return false;
      for (const CollectionSet& collection : set.collections)
        if (!keys_satisfied(collection.collection, collection.hashed)) return false;
    }
    return some_policy_checked_ || own_policy_satisfied();
  }

 private:
  bool keys_satisfied(std::string_view collection, const KeySet& set) {
    for (const KeyWrite& write : set.writes)
      if (!key_satisfied(collection, write.key)) return false;
    for (const KeyMetadata& metadata : set.metadata)
      if (!key_satisfied(collection, metadata.key)) return false;
    return true;
  }

  bool key_satisfied(std::string_view collection, std::string_view key) {
    if (!check_.changed_policies_.empty() &&
        check_.changed_policies_.contains(
            {std::string(name_), std::string(collection), std::string(key)}))
      return false;
    const Value* value = check_.state_.find(Space{name_, collection}, key);
    if (value != nullptr && !value->metadata.empty()) {
      auto policy = find_metadata(value->metadata, kKeyPolicy);
      if (policy && !policy->empty()) {
        const msp::SignaturePolicy* compiled = check_.policies_.compile(*policy);
        some_policy_checked_ = true;
        return compiled != nullptr && compiled->satisfied_by(transaction_.endorsers);
      }
    }
    return collection.empty() ? own_policy_satisfied() : collection_satisfied(collection);
  }

  bool collection_satisfied(std::string_view name) {
    if (checked_collections_.contains(name)) return true;
    std::string policy;
    if (const std::string_view org = implicit_org(name); !org.empty()) {
      policy = implicit_policy(check_.config_, org);
      if (policy.empty()) return false;
    } else if (definition_.definition) {
      auto collection = find_collection(*definition_.definition, name);
      if (!collection || !*collection) return false;
      if (!check_.legacy_) policy = (*collection)->endorsement_policy;  // 2.0 brought them
    }
    if (policy.empty()) return own_policy_satisfied();
    if (!check_.satisfied(policy, transaction_.endorsers)) return false;
    checked_collections_.insert(name);
    some_policy_checked_ = true;
    return true;
  }

  bool own_policy_satisfied() {
    if (own_policy_checked_) return true;
    if (!check_.satisfied(definition_.policy, transaction_.endorsers)) return false;
    own_policy_checked_ = some_policy_checked_ = true;
    return true;
  }

  EndorsementCheck& check_;
  const CheckedTransaction& transaction_;
  const Definition& definition_;
  const std::string_view name_;
  bool some_policy_checked_ = false, own_policy_checked_ = false;
  std::set<std::string_view> checked_collections_;
};

const EndorsementCheck::Definition& EndorsementCheck::definition_of(std::string_view chaincode) {
  auto found = definitions_.find(chaincode);
  if (found != definitions_.end()) return found->second;
  Definition& made = definitions_[std::string(chaincode)];
  if (chaincode == kLifecycle) {
    made.known = true;
    made.policy = lifecycle_policy(config_);
    return made;
  }
  if (legacy_ && is_system_chaincode(chaincode)) {
    made.known = true;
    made.policy = signature_policy(any_member_of(application_msps(config_)).SerializeAsString());
    return made;
  }
  auto definition = find_definition(reader_, chaincode);
  if (!definition || !*definition) return made;
  made.policy = (*definition)->sequence > 0 ? (*definition)->endorsement_policy
                                            : signature_policy((*definition)->legacy_policy);
  made.known = !made.policy.empty() && !(*definition)->validation_plugin.empty();
  made.definition = std::move(**definition);
  return made;
}

bool EndorsementCheck::satisfied(std::string_view application_policy,
                                 std::span<const msp::MemberPtr> endorsers) {
  ::protos::ApplicationPolicy message;
  if (!message.ParseFromArray(application_policy.data(),
                              static_cast<int>(application_policy.size())))
    return false;
  if (message.Type_case() == ::protos::ApplicationPolicy::kChannelConfigPolicyReference)
    return config_.policies->evaluate(message.channel_config_policy_reference(), endorsers)
        .has_value();
  if (message.Type_case() != ::protos::ApplicationPolicy::kSignaturePolicy) return false;
  const msp::SignaturePolicy* policy =
      policies_.compile(message.signature_policy().SerializeAsString());
  return policy != nullptr && policy->satisfied_by(endorsers);
}

uint8_t EndorsementCheck::check(const CheckedTransaction& transaction) {
  // The chaincode's own namespace first; on channels of 1.4 nothing else of system chaincodes'.
  std::vector<std::string_view> written = {transaction.chaincode};
  if (!legacy_ || !is_system_chaincode(transaction.chaincode))
    for (const NamespaceSet& set : transaction.sets)
      if (set.changes() && set.name_space != transaction.chaincode)
        written.push_back(set.name_space);
  uint8_t result = code::kValid;
  std::set<std::string_view> good;
  for (std::string_view name : written) {
    const Definition& definition = definition_of(name);
    if (!definition.known)
      result = legacy_ ? code::kInvalidOtherReason : code::kInvalidChaincode;
    else if (legacy_ && name == transaction.chaincode && definition.definition &&
             definition.definition->version != transaction.version)
      result = code::kExpiredChaincode;
    else if (!Namespace(*this, transaction, definition, name).satisfied())
      result = code::kEndorsementPolicyFailure;
    else if (legacy_ && name == kLegacyLifecycle && !is_good_deployment(transaction, reader_))
      result = code::kEndorsementPolicyFailure;
    else
      good.insert(name);
    if (result != code::kValid) break;
  }
  // A namespace that passed counts as changed even if another one of the transaction did not.
  for (const NamespaceSet& set : transaction.sets) {
    if (!good.contains(set.name_space)) continue;
    for (const KeyMetadata& metadata : set.set.metadata)
      changed_policies_.emplace(set.name_space, "", metadata.key);
    for (const CollectionSet& collection : set.collections)
      for (const KeyMetadata& metadata : collection.hashed.metadata)
        changed_policies_.emplace(set.name_space, collection.collection, metadata.key);
  }
  return result;
}

}  // namespace belfry::ledger
