// The chaincode lifecycle (`_lifecycle`, Fabric 2.0 and later) as values: the invocations that
// install, approve, commit and ask, and their answers read. Who is asked, and the way of the two
// that are transactions (approve, commit), is client_network.h's matter.
//
// fabric-protos peer/lifecycle/lifecycle.proto.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "fabric/chaincode_definition.h"
#include "fabric/transaction.h"

namespace belfry::fabric {

struct InstalledChaincode {
  std::string package_id, label;
  // By channel: the chaincodes (name, version) that run from this package.
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> used;
};
struct ApprovedChaincode {
  ChaincodeDefinition definition;
  std::string package_id;  // empty: approved without one
};
struct CommittedChaincode {
  ChaincodeDefinition definition;
  std::map<std::string, bool> approvals;  // by MSP id; only when asked for one name
};

// Of a peer, without a channel. Its administrators may.
Invocation install_chaincode(std::string package);
Invocation installed_chaincodes();
Result<InstalledChaincode> read_installed(std::string_view answer);  // of install_chaincode
Result<std::vector<InstalledChaincode>> read_installed_list(std::string_view answer);

// Transactions.
Invocation approve_chaincode(const std::string& channel, const ChaincodeDefinition& definition,
                             const std::string& package_id);
Invocation commit_chaincode(const std::string& channel, const ChaincodeDefinition& definition);

// Questions. `sequence` 0: the newest.
Invocation approved_chaincode(const std::string& channel, const std::string& name,
                              int64_t sequence);
Invocation commit_readiness(const std::string& channel, const ChaincodeDefinition& definition);
Invocation committed_chaincode(const std::string& channel, const std::string& name);
Invocation committed_chaincodes(const std::string& channel);
Result<ApprovedChaincode> read_approved(const std::string& name, std::string_view answer);
Result<std::map<std::string, bool>> read_readiness(std::string_view answer);
Result<CommittedChaincode> read_committed(const std::string& name, std::string_view answer);
Result<std::vector<CommittedChaincode>> read_committed_list(std::string_view answer);

}  // namespace belfry::fabric
