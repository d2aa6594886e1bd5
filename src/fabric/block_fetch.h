// One block, as bytes, from a peer or an orderer; and the wait for a transaction to appear in a
// peer's blocks, for peers without a gateway. Both over Deliver.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/random.h"
#include "fabric/orderer_client.h"
#include "fabric/peer_client.h"

namespace belfry::fabric {

// Who asks.
struct Requester {
  const msp::SigningIdentity& identity;
  const Clock& clock;
  Random& random;
};

struct Newest {};
struct LastConfig {};  // the configuration that holds now
using BlockPosition = std::variant<uint64_t, Newest, LastConfig>;

// A serialized common.Block, as it came.
RpcResult<std::string> fetch_block(const PeerClient& peer, std::string_view channel,
                                   BlockPosition position, const Requester& requester,
                                   Duration patience);
RpcResult<std::string> fetch_block(const OrdererClient& orderer, std::string_view channel,
                                   BlockPosition position, const Requester& requester,
                                   Duration patience);

// Reads the peer's filtered blocks from `block` on until one holds the transaction.
RpcResult<CommitStatus> wait_for_transaction(const PeerClient& peer, std::string_view channel,
                                             const std::string& transaction_id, uint64_t block,
                                             const Requester& requester, Duration patience);

}  // namespace belfry::fabric
