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
  bool own_packages = false;       // each organisation approves package_of(package_id, its MSP id)
  std::string endorsement_policy;  // serialized peer.ApplicationPolicy; empty: the default
  std::string collections;         // serialized peer.CollectionConfigPackage
  bool init_required = false;
};

// The next sequence of its definition; waits until it is committed (at most 30 s). The error is in
// Fabric's words.
Result<void> deploy(const EndorsingServices& endorsing, Network& network,
                    const Deployment& deployment);

// An organisation's own package of a chaincode that has one for all: "Org1MSP.ngo:1.0".
std::string package_of(const std::string& package_id, const std::string& msp_id);

struct ChaincodeSource {
  std::string name;
  std::string path_or_address;  // chaincode_way.h
  std::string log_folder;
  bool per_organization = false;  // a process each; a service at an address remains one
};
// On every peer, without a package: its package id is NAME:VERSION. A name that the channel has
// already is not deployed again, but runs from here on as it was approved.
Result<void> deploy_from(EndorsingServices& endorsing, Network& network, FileSystem& files,
                         const std::string& channel, const ChaincodeSource& source);

}  // namespace belfry::devnet
