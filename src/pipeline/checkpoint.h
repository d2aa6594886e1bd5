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

#include "base/clock.h"
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
  // Events above next, or of private data that came late, that arrived already; ascending.
  std::vector<Place> acknowledged;
  // Private writes of a transaction, one after another, whose data had not reached the peer when
  // their block came (pipeline/late_data.h).
  struct Gap {
    uint64_t block = 0;
    uint32_t transaction = 0;
    uint32_t index = 0, count = 1;          // of the write events
    int64_t time = 0;                       // the transaction's, see seconds()
    std::string block_hash;                 // 32 bytes: the block's header hash
    static int64_t seconds(WallTime time);  // Unix time
    bool operator==(const Gap&) const = default;
  };
  std::vector<Gap> gaps;  // ascending
  uint64_t epoch = 0;     // rises each time an owner takes the place over

  bool operator==(const Checkpoint&) const = default;
};

// Adds what stands at or after the last of `gaps`, joined with it where they touch; what is there
// already is not added again. False if there are `most` already.
[[nodiscard]] bool add_gap(std::vector<Checkpoint::Gap>& gaps, Checkpoint::Gap gap, size_t most);
bool holds(const Checkpoint::Gap& gap, const Place& write);

std::string encode(const Checkpoint& checkpoint);  // one line of JSON
// An error says what is wrong; a version newer than kVersion is refused.
Result<Checkpoint> decode_checkpoint(std::string_view text);

// The name of the record in the store (queue/store.h): "place/LISTENER/DESTINATION".
std::string checkpoint_key(std::string_view listener, std::string_view destination);

}  // namespace belfry::pipeline
