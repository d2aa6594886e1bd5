#include "devnet/access.h"

#include <map>

namespace belfry::devnet {
namespace {

constexpr const char* kReaders = "/Channel/Application/Readers";
constexpr const char* kWriters = "/Channel/Application/Writers";

// Fabric's core/aclmgmt defaults.
const std::map<std::string_view, const char*>& defaults() {
  static const std::map<std::string_view, const char*> policies = {
      {"_lifecycle/CheckCommitReadiness", kWriters},
      {"_lifecycle/CommitChaincodeDefinition", kWriters},
      {"_lifecycle/QueryChaincodeDefinition", kWriters},
      {"_lifecycle/QueryChaincodeDefinitions", kWriters},
      {"cscc/GetChannelConfig", kReaders},
      {"cscc/GetConfigBlock", kReaders},
      {"event/Block", kReaders},
      {"event/FilteredBlock", kReaders},
      {"gateway/ChaincodeEvents", kReaders},
      {"gateway/CommitStatus", kReaders},
      {"lscc/ChaincodeExists", kReaders},
      {"lscc/GetChaincodeData", kReaders},
      {"lscc/GetCollectionsConfig", kReaders},
      {"lscc/GetDeploymentSpec", kReaders},
      {"lscc/GetInstantiatedChaincodes", kReaders},
      {"peer/ChaincodeToChaincode", kWriters},
      {"peer/Propose", kWriters},
      {"qscc/GetBlockByHash", kReaders},
      {"qscc/GetBlockByNumber", kReaders},
      {"qscc/GetBlockByTxID", kReaders},
      {"qscc/GetChainInfo", kReaders},
      {"qscc/GetTransactionByID", kReaders},
  };
  return policies;
}

}  // namespace

std::string policy_of(const msp::ChannelConfig& config, std::string_view resource) {
  auto set = config.acls.find(std::string(resource));
  if (set != config.acls.end()) {
    // A bare name is one of the application's policies.
    return set->second.starts_with('/') ? set->second : "/Channel/Application/" + set->second;
  }
  auto found = defaults().find(resource);
  return found != defaults().end() ? found->second : "";
}

Result<void> check_policy(const msp::ChannelConfig& config, std::string_view policy,
                          std::string_view identity, std::string_view message,
                          std::string_view signature, ledger::SignatureCache& signatures) {
  std::vector<msp::MemberPtr> signers;
  if (auto member = config.msps->member(identity);
      member && signatures.verify(**member, identity, message, signature))
    signers.push_back(std::move(*member));
  return config.policies->evaluate(policy, signers);
}

}  // namespace belfry::devnet
