// What a client of the devnet needs besides the MSP folders: connection profiles, and the peer
// CLI's environment.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "devnet/network.h"

namespace belfry::devnet {

// For fabric-network and fabric-gateway users of that organisation, as JSON; YAML has the same
// contents. The organisation's own peers, and every orderer; a CA when its address is given.
std::string connection_profile(const Network& network, const std::string& msp_id,
                               const std::string& ca_address = {});
std::string connection_profile_yaml(const Network& network, const std::string& msp_id,
                                    const std::string& ca_address = {});

// For the peer CLI as an organisation's administrator towards its first peer.
std::vector<std::pair<std::string, std::string>> peer_environment(const Network& network,
                                                                  const std::string& msp_id);

}  // namespace belfry::devnet
