// --network, --profile, --peer and their like: how the commands `tx`, `chaincode` and `channel` are
// told which network to act on and as whom. In this order: --peer with flags, --profile, a network
// of belfry.yaml, and where there is no such file the environment that Fabric's own `peer` reads
// (CORE_PEER_ADDRESS and so on).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "fabric/client_network.h"

namespace belfry::cli {

struct FabricOptions {
  std::string config = "belfry.yaml";
  std::vector<std::string> networks;  // of the file; several: the same channel as several orgs
  std::string profile, user;
  std::vector<std::string> peers, orderers, tls_ca, orderer_ca;
  std::string tls_name, tls_certificate, tls_key;
  bool plaintext = false;
  std::string channel, msp, identity, certificate, key;
  bool all_organisations = false;
  double timeout = 30;  // seconds, for one answer

  bool administers = false;   // set by the command
  bool wants_channel = true;  // likewise
};

// Adds them to the command; those of several organisations only where `several` makes sense.
void add_fabric_options(CLI::App* command, FabricOptions& options, bool several);

// One client per organisation at hand, the preferred one first. None: what was wrong is said, and
// `exit_code` is what the command ends with.
using FabricClients = std::vector<std::unique_ptr<fabric::ClientNetwork>>;
FabricClients open_fabric(const Program& program, const FabricOptions& options, int& exit_code);

// Says what went wrong, with the next step where one is known (fabric_advice.h).
int fabric_failed(const Program& program, const fabric::RpcError& error);

}  // namespace belfry::cli
