// Which peers of the process can endorse what on a channel: the common ground of discovery and of
// the gateways (Fabric's discovery/endorsement).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "devnet/endorsing_peer.h"

namespace protos {
class ChaincodeInterest;
}

namespace belfry::devnet {

// All peers of the process, in their order. Fixed once services are called.
using EndorsingPeers = std::vector<std::shared_ptr<EndorsingPeer>>;

struct EndorsementLayouts {
  std::string chaincode;                                    // the first of the interest
  std::map<std::string, EndorsingPeers> groups;             // by name, "G0", "G1" …
  std::vector<std::map<std::string, uint32_t>> quantities;  // each satisfies all policies
};

// Those that have joined the channel.
EndorsingPeers peers_of_channel(const EndorsingPeers& peers, const std::string& channel);
// Whether the peer can run the chaincode on the channel.
bool has_chaincode(const EndorsingPeer& peer, const std::string& channel,
                   const std::string& chaincode);
// Peers that may see the collections the interest names and have its chaincodes.
Result<EndorsingPeers> peers_for(const EndorsingPeers& peers, const std::string& channel,
                                 const ::protos::ChaincodeInterest& interest);
// What those answers hang on, in bytes that change when they may: the configuration, the
// chaincode's definition, who has approved it with which package. Costs some microseconds, the
// answers some hundreds.
std::string endorsers_version(const EndorsingPeers& peers, const std::string& channel,
                              const std::string& chaincode);
// Errors in Fabric's words.
Result<EndorsementLayouts> layouts_for(const EndorsingPeers& peers, const std::string& channel,
                                       const ::protos::ChaincodeInterest& interest);

}  // namespace belfry::devnet
