// What gossip would tell about a peer, in the messages that discovery's clients read: that it is
// alive and where, and on a channel its height and chaincodes. Signed by the peer, except where it
// speaks of itself.
#pragma once

#include <string>

#include "devnet/endorsing_peer.h"

namespace gossip {
class Envelope;
}

namespace belfry::devnet {

enum class Signed { yes, no };
::gossip::Envelope alive_message(const Peer& peer, const Clock& clock, Signed sign);
::gossip::Envelope state_message(const EndorsingPeer& peer, const Channel& channel,
                                 const Clock& clock);

}  // namespace belfry::devnet
