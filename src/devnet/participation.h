// The orderer's channel participation API (REST), as osnadmin calls it: list channels, join one by
// its genesis block, leave it. And, for monitoring, the operations endpoint.
#pragma once

#include "devnet/peer.h"
#include "http/server.h"

namespace belfry::devnet {

// Paths under /participation/v1/channels.
http::RequestHandler participation_handler(Channels& channels);
// /healthz, /version, /metrics, /logspec
http::RequestHandler operations_handler(Channels& channels, const Clock& clock);

}  // namespace belfry::devnet
