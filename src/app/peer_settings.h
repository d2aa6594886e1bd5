// A network's peers, orderers and identity, from the keys of belfry.yaml or from a connection
// profile: what listeners (network.h) and the commands that submit and administer
// (fabric_clients.h) start from.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "app/secrets.h"
#include "fabric/endpoint.h"
#include "msp/connection_profile.h"
#include "msp/identity.h"

namespace belfry::app {

struct PeerSettings {
  std::vector<fabric::ClientPeer> peers;  // in the file's order, of a profile our own first
  std::vector<fabric::PeerAddress> orderers;
  std::string msp_id;
  msp::IdentitySource identity;
};

// An error names the file that cannot be read. `secrets` may be empty where the identity is in
// files; `files` must outlive the settings.
Result<PeerSettings> peer_settings(const NetworkConfig& config, FileSystem& files,
                                   const SecretLookup& secrets);

msp::IdentitySource identity_source(const IdentityConfig& config, const SecretLookup& secrets);

}  // namespace belfry::app
