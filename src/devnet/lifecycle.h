// `_lifecycle`: how organisations install, approve and commit chaincode (Fabric's
// core/chaincode/lifecycle, peer/lifecycle/lifecycle.proto).
//
//   install (each peer) ▶ approve (each organisation, in its implicit collection)
//                       ▶ commit (the channel's state, once enough have approved)
//
// Error texts are Fabric's 2.5.
#pragma once

#include <string>

#include "base/result.h"
#include "devnet/installed_chaincodes.h"
#include "devnet/peer.h"
#include "devnet/simulator.h"

namespace protos {
class Response;
}

namespace belfry::devnet {

struct LifecycleCall {
  Peer& peer;
  InstalledChaincodes& installed;
  std::shared_ptr<Channel> channel;  // null without one
  Simulator* simulator = nullptr;    // set with the channel
  std::string transaction_id;
};

// Runs one function, whose right to be called was checked before.
::protos::Response call_lifecycle(const LifecycleCall& call, const std::string& function,
                                  const std::string& argument);

// The package that the peer's organisation has approved for a committed definition; empty when it
// named none. An error when it has not approved it. Reads committed state without remembering.
Result<std::string> approved_package(const ledger::Reader& state, const std::string& msp_id,
                                     const std::string& chaincode, int64_t sequence);

}  // namespace belfry::devnet
