// Whether a transaction's endorsers satisfy everything that its writes ask for: the chaincode's
// policy, its collections' and single keys' own (VALIDATION_PARAMETER), namespace by namespace.
// Follows Fabric's v2.0 validation, or v1.4's where the channel has no later capability.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "ledger/chaincode_definition.h"
#include "ledger/legacy_check.h"
#include "ledger/read_write_set.h"
#include "ledger/state.h"
#include "ledger/transaction_check.h"
#include "msp/channel_config.h"

namespace belfry::ledger {

// Whose consent writes to an organisation's implicit collection want (protos.ApplicationPolicy):
// the organisation's Endorsement policy, or else any of its members. Empty when the channel knows
// no such organisation.
std::string implicit_policy(const msp::ChannelConfig& config, std::string_view msp_id);

// Compiled signature policies by their bytes; they come again with every transaction. One thread.
class PolicyCache {
 public:
  static constexpr size_t kMost = 1024;
  // Null when the bytes are no signature policy.
  const msp::SignaturePolicy* compile(std::string_view envelope);

 private:
  std::map<std::string, std::optional<msp::SignaturePolicy>, std::less<>> compiled_;
};

// Over one block: it knows which keys' policies earlier transactions of the block changed, as
// nothing endorsed under the former policy may write these. One thread, transactions in order.
class EndorsementCheck {
 public:
  EndorsementCheck(const Reader& reader, const State& state, const msp::ChannelConfig& config,
                   PolicyCache& policies)
      : reader_(reader),
        state_(state),
        config_(config),
        policies_(policies),
        legacy_(!has_new_lifecycle(config)) {}

  // code::kValid, kInvalidChaincode, kEndorsementPolicyFailure, kInvalidOtherReason or
  // kExpiredChaincode.
  uint8_t check(const CheckedTransaction& transaction);

 private:
  struct Definition {
    bool known = false;
    std::string policy;  // serialized peer.ApplicationPolicy
    std::optional<ChaincodeDefinition> definition;
  };
  using Key = std::tuple<std::string, std::string, std::string>;  // namespace, collection, key
  class Namespace;

  const Definition& definition_of(std::string_view chaincode);
  bool satisfied(std::string_view application_policy, std::span<const msp::MemberPtr> endorsers);

  const Reader& reader_;
  const State& state_;
  const msp::ChannelConfig& config_;
  PolicyCache& policies_;
  const bool legacy_;  // lscc's definitions and the rules of 1.4
  std::map<std::string, Definition, std::less<>> definitions_;
  std::set<Key> changed_policies_;
};

}  // namespace belfry::ledger
