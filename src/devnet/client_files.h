// What a client of the devnet needs besides the MSP folders: connection profiles, and the peer
// CLI's environment.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "devnet/network.h"

namespace belfry::devnet {

using CaAddresses = std::map<std::string, std::string>;  // by MSP id

// For fabric-network and fabric-gateway users of that organisation, as JSON; YAML has the same
// contents. The organisation's own peers and users, and every orderer; a CA where its address is
// given. With `everybody`, all organisations' peers and users, for `belfry … --all-orgs`.
std::string connection_profile(const Network& network, const std::string& msp_id,
                               const CaAddresses& cas = {}, bool everybody = false);
std::string connection_profile_yaml(const Network& network, const std::string& msp_id,
                                    const CaAddresses& cas = {}, bool everybody = false);

using Environment = std::vector<std::pair<std::string, std::string>>;

// For the peer CLI as an organisation's administrator towards its first peer.
Environment peer_environment(const Network& network, const std::string& msp_id);
// For `belfry ca` and fabric-ca-client.
Environment ca_environment(const Network& network, const std::string& msp_id,
                           const std::string& ca_address);

}  // namespace belfry::devnet
