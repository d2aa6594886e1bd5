// A network of belfry.yaml, or a connection profile, as something to act on: what the commands
// `tx`, `chaincode` and `channel` start from. One fabric::ClientSettings per organisation for which
// an identity is at hand.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/host.h"
#include "app/secrets.h"
#include "fabric/client_network.h"

namespace belfry::app {

struct ClientRequest {
  bool administers = false;        // wants an administrator's identity, where there is a choice
  bool all_organisations = false;  // of a profile: every one that it names an identity of
  std::string user;                // of a profile: this identity
  std::string channel;             // instead of the file's
  // Instead of the file's.
  std::string msp;
  std::optional<msp::IdentitySource> identity;
  Duration patience = std::chrono::seconds(30);
};

// At least one, or an error: no identity, a file that cannot be read, no channel that is clear.
// `host` must outlive them. `secrets` may be empty where the identity is in files.
Result<std::vector<fabric::ClientSettings>> fabric_clients(const NetworkConfig& config,
                                                           const ClientRequest& request, Host host,
                                                           const SecretLookup& secrets);

}  // namespace belfry::app
