// Deploys a chaincode on a channel in one go, as its users' administrators would with `_lifecycle`:
// approves it for every organisation and commits it. For `belfry devnet --chaincode` and tests.
#pragma once

#include <string>

#include "base/result.h"
#include "devnet/endorsing_services.h"
#include "devnet/network.h"

namespace belfry::devnet {

struct Deployment {
  std::string channel, name;
  std::string version = "1.0";
  std::string package_id;          // empty: no peer runs it
  std::string endorsement_policy;  // serialized peer.ApplicationPolicy; empty: the default
  std::string collections;         // serialized peer.CollectionConfigPackage
  bool init_required = false;
};

// The next sequence of its definition; waits until it is committed (at most 30 s). The error is in
// Fabric's words.
Result<void> deploy(const EndorsingServices& endorsing, Network& network,
                    const Deployment& deployment);

// `name` as it is found at PATH or ADDRESS (chaincode_way.h), on every peer, without a package: its
// package id is NAME:VERSION. A name that the channel has already is not deployed again, but
// runs from here on.
Result<void> deploy_from(EndorsingServices& endorsing, Network& network, FileSystem& files,
                         const std::string& channel, const std::string& name,
                         const std::string& path_or_address, const std::string& log_folder);

}  // namespace belfry::devnet
