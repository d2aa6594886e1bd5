// orderer.AtomicBroadcast: Broadcast and Deliver.
#pragma once

#include <memory>
#include <string_view>

#include "devnet/deliver_seek.h"
#include "devnet/peer.h"

namespace grpc {
class Service;
}

namespace belfry::devnet {

// An envelope for whichever channel its header names, as Broadcast and the gateway's Submit hand it
// in.
BroadcastAnswer broadcast_to(Channels& channels, std::string_view envelope);

// All must outlive the service, which must outlive its server.
std::unique_ptr<grpc::Service> make_orderer_service(
    Channels& channels, const Clock& clock, std::shared_ptr<ledger::SignatureCache> signatures,
    bool mutual_tls);

}  // namespace belfry::devnet
