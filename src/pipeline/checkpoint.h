// The place a listener keeps for each of its destinations: everything before it has arrived there,
// nothing after it is owed to anyone else. It is a small record that becomes durable after the
// effect it stands for, together with it where the destination allows. docs/formats/checkpoint.md
// is the format.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "event/event.h"

namespace belfry::pipeline {

// Where an event stands in its channel, and so a point between events: everything ordered before
// it. Ordered as positions are (event/event.h).
struct Place {
  uint64_t block = 0;
  uint32_t transaction = 0;
  event::Kind kind = event::Kind::block;
  uint32_t index = 0;
  auto operator<=>(const Place&) const = default;
};

Place place_of(const event::Position& position);
Place just_after(const Place& place);
std::string to_string(const Place& place);  // "128/3/chaincode-event/0"

struct Checkpoint {
  static constexpr int kVersion = 1;

  std::string channel;
  std::string genesis;              // hex of block 0's header hash
  Place next;                       // the first event that has not arrived
  std::string last_transaction_id;  // of the last event that arrived; for people
  std::string previous_block_hash;  // 32 bytes: header hash of block next.block − 1; empty: not yet
                                    // known, or block 0
  std::vector<Place> acknowledged;  // events above next that arrived already, ascending
  struct Gap {                      // private data of a transaction that had not reached the peer
    uint64_t block = 0;
    uint32_t transaction = 0;
    bool operator==(const Gap&) const = default;
  };
  std::vector<Gap> gaps;
  uint64_t epoch = 0;  // rises each time an owner takes the place over

  bool operator==(const Checkpoint&) const = default;
};

std::string encode(const Checkpoint& checkpoint);  // one line of JSON
// An error says what is wrong; a version newer than kVersion is refused.
Result<Checkpoint> decode_checkpoint(std::string_view text);

// The name of the record in the store (queue/store.h): "place/LISTENER/DESTINATION".
std::string checkpoint_key(std::string_view listener, std::string_view destination);

}  // namespace belfry::pipeline
