// Block bytes in, events out: a walk over the wire format that touches only the fields an event
// needs.
//
// A transaction that does not decode is one odd event, never the end of its block: what hangs on
// the undecodable part is absent from the event.
#pragma once

#include <functional>
#include <string_view>

#include "decode/block.h"
#include "event/event.h"

namespace belfry::decode {

// The common name in a serialized identity's certificate. Implemented over X.509 in
// fabric/creator_names.h; given from outside because this folder knows no certificates. The view
// stays valid for the resolver's life.
using CreatorName = std::function<std::string_view(std::string_view identity)>;

struct WalkOptions {
  std::string_view genesis;  // hex; the events' positions begin with it
  std::string_view network;
  std::string_view channel;
  unsigned kinds = 15;       // bit per event::Kind: only these are made
  CreatorName creator_name;  // may be empty: then creators have no name
  // Called, if there is one, for each private write that the block has only the hashes of though it
  // came with private data: the peer holds no private data of it, or not yet, or may not give it to
  // us. A write event without key and value, after the others of its transaction. Purges are none.
  std::function<void(const event::Event&)> withheld;
};

constexpr unsigned bit(event::Kind kind) {
  return 1U << static_cast<unsigned>(kind);
}

// Calls sink for each event of the block in the order of positions: the block's own, then by
// transaction. from_transaction skips earlier transactions (and the block's own event unless 0).
// Invalid transactions come with their code, and with their events and writes too: the caller
// chooses. Stops early, returning false, when sink returns false.
//
// A write event's index counts the public writes in the order of the read-write set; a private
// write's goes on from there by the place of its hash, so it is the same whichever private data a
// peer holds. A filtered block gives no write events. The event's views stay valid as long as the
// block's buffer, but for block_hash, which does only during the call.
bool walk(const Block& block, const WalkOptions& options, uint32_t from_transaction,
          const std::function<bool(const event::Event&)>& sink);

}  // namespace belfry::decode
