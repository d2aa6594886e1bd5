// protos.Deliver of one peer: Deliver, DeliverFiltered, DeliverWithPrivateData.
#pragma once

#include <memory>

#include "devnet/deliver_seek.h"
#include "devnet/peer.h"

namespace grpc {
class Service;
}

namespace belfry::devnet {

// All must outlive the service, which must outlive its server.
std::unique_ptr<grpc::Service> make_deliver_service(const PeerContext& context, Peer& peer,
                                                    bool mutual_tls);

}  // namespace belfry::devnet
