// A committed block in the forms that Deliver sends it: whole, filtered, with private data, and as
// the orderer had it before validation. All as parts of a response (peer.DeliverResponse,
// orderer.DeliverResponse), in wire format.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "devnet/deliver_seek.h"
#include "ledger/ledger.h"

namespace belfry::devnet {

// A response: `head` and, not copied, what follows it.
struct DeliverFrame {
  std::string head;
  std::shared_ptr<const std::string> rest;  // may be null
};

DeliverFrame status_frame(Status status);
DeliverFrame block_frame(const ledger::CommittedBlock& block);
// Without the validation codes and the commit hash, which are the peers'.
DeliverFrame ordered_frame(const ledger::CommittedBlock& block);
// A BAD_REQUEST status in the place of a block with a transaction that does not decode.
DeliverFrame filtered_frame(const ledger::CommittedBlock& block);
// With the private data of collections that both the peer's organisation and the client are
// members of.
DeliverFrame private_frame(const ledger::CommittedBlock& block, const Channel& channel,
                           std::string_view peer_msp, std::string_view client);

}  // namespace belfry::devnet
