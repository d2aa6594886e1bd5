// The steps of a chaincode's way onto a channel, each on every peer or organisation that it
// concerns. The commands (chaincode_command.cc, chaincode_upgrade.cc) put them together and print.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/fabric_options.h"
#include "fabric/chaincode_package.h"
#include "fabric/lifecycle.h"

namespace belfry::cli {

struct OnPeer {
  std::string peer;  // its name
  bool already = false;
};
// On all peers of the organisation at once. Any peer that refuses is an error, which names it; the
// others have the package then.
fabric::RpcResult<std::vector<OnPeer>> install(fabric::ClientNetwork& network,
                                               const fabric::ChaincodePackage& package,
                                               Duration patience);

// What stands on the channel; none: the name is not defined there.
fabric::RpcResult<std::optional<fabric::CommittedChaincode>> committed(
    fabric::ClientNetwork& network, const std::string& name);
// What this organisation has approved; sequence 0: the newest.
fabric::RpcResult<std::optional<fabric::ApprovedChaincode>> approved(fabric::ClientNetwork& network,
                                                                     const std::string& name,
                                                                     int64_t sequence);

struct Approval {
  bool already = false;  // the same was approved before
  std::optional<fabric::Submission> submission;
};
fabric::RpcResult<Approval> approve(fabric::ClientNetwork& network,
                                    const fabric::ChaincodeDefinition& definition,
                                    const std::string& package_id, Duration wait);

struct Readiness {
  std::vector<std::string> approved, missing;  // MSP ids
};
fabric::RpcResult<Readiness> readiness(fabric::ClientNetwork& network,
                                       const fabric::ChaincodeDefinition& definition);

// Endorsed by a peer of each organisation that approved, as far as they are known here; by those
// that the gateway knows otherwise.
fabric::RpcResult<fabric::Submission> commit(fabric::ClientNetwork& network,
                                             const fabric::ChaincodeDefinition& definition,
                                             const std::vector<std::string>& organisations,
                                             Duration wait);

// An error unless the transaction was found valid.
fabric::RpcResult<void> check_valid(const fabric::Submission& submission);

}  // namespace belfry::cli
