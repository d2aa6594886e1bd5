// The one value that flows: something that happened on a ledger.
//
// An event is immutable. Its text and bytes are views into the block it came from, so it lives no
// longer than that block's buffer (decode/block.h); what must live longer is its JSON form
// (event/json.h), the body of the message that a listener sends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/hash.h"

namespace belfry::event {

enum class Kind : uint8_t { block, transaction, chaincode_event, write };
inline constexpr std::string_view kKindNames[] = {"block", "transaction", "chaincode-event",
                                                  "write"};
inline std::string_view name(Kind kind) {
  return kKindNames[static_cast<int>(kind)];
}

// Where an event stands, for ever: stable, and ordered within its channel by (block, transaction,
// kind, index). As text it is the event's id, "GENESIS/128/3/chaincode-event/0", which is also the
// message id, deduplication id or primary key wherever the event goes. A block's own event has
// transaction 0.
struct Position {
  std::string_view genesis;  // hex of the header hash of the channel's block 0
  uint64_t block = 0;
  uint32_t transaction = 0;
  Kind kind = Kind::block;
  uint32_t index = 0;  // among the events of this kind in this transaction

  std::string id() const;
};
void append_id(std::string& out, const Position& position);

// The position that id() wrote, its genesis a view into the text; none if it is not exactly such a
// text.
std::optional<Position> parse_id(std::string_view id);

struct Creator {
  std::string_view msp;   // empty: none, or it does not decode
  std::string_view name;  // the certificate's common name; empty if it does not parse
};

struct Event {
  Position position;
  std::string_view network;  // the name in belfry.yaml
  std::string_view channel;
  std::string_view transaction_id;  // empty for blocks and configuration transactions
  WallTime time{};  // the channel header's timestamp; the block's: that of its first transaction;
                    // the epoch: unknown
  uint8_t validation_code = 0;  // TxValidationCode; 0 is VALID. A block's is 0.
  Creator creator;
  std::string_view chaincode;  // of the transaction; of a write: its namespace

  // chaincode-event
  std::string_view event_name;
  std::string_view
      payload;  // as the chaincode set it; of a write: the value; of a filtered stream: absent
  bool has_payload = false;

  // write
  std::string_view key;
  std::string_view collection;  // private data only
  bool is_delete = false;

  // transaction
  int32_t header_type = 3;    // common.HeaderType; 1 is a configuration block's
  std::string_view function;  // the first argument of the invocation, if there is one

  // block
  uint32_t transaction_count = 0;
  std::string_view block_hash;     // the header's, 32 bytes
  std::string_view previous_hash;  // 32 bytes, empty for block 0

  bool valid() const { return validation_code == 0; }
};

// "VALID", "MVCC_READ_CONFLICT", …; a code that Fabric does not name is "CODE_77".
std::string validation_name(uint8_t code);

// "ENDORSER_TRANSACTION", "CONFIG", …; a type that Fabric does not name is "TYPE_99".
std::string header_type_name(int32_t type);

}  // namespace belfry::event
