// One transaction of a block, as views into its envelope: what Fabric's nested messages say,
// without the messages.
//
// read_transaction goes down the one path from the envelope to the chaincode's action and notes
// what it passes; the functions below it open the parts that only some callers want. A part that
// does not decode is noted, and what hangs on it stays empty: blocks do hold such transactions
// (docs/formats/blocks.md), and they are nobody's failure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace belfry::decode {

// The parts that may be undecodable, each by itself.
enum class Part : uint8_t {
  envelope,
  payload,
  channel_header,
  header_extension,
  signature_header,
  creator,
  transaction,  // the transaction, its action or that one's payload
  no_actions,   // decodes, but has nothing to execute
  proposal_payload,
  response_payload,
  action,
  event,
  results,
  private_data,
};
std::string_view name(Part part);  // "header_extension", "no actions", …

struct Transaction {
  // Channel header
  int32_t type = 0;  // common.HeaderType
  std::string_view channel;
  std::string_view id;  // configuration transactions after genesis have none
  WallTime time{};      // the epoch if there is none
  bool has_extension = false;
  std::string_view header_chaincode;  // the extension's, whatever the transaction then calls

  // Signature header
  std::string_view creator;      // serialized msp.SerializedIdentity; empty if there is none
  std::string_view creator_msp;  // empty if there is none or it does not decode

  // The first action of an endorser transaction (type 3); Fabric allows no second.
  std::string_view action_payload;  // serialized peer.ChaincodeActionPayload: endorsers() reads it
  std::string_view
      proposal_payload;     // serialized peer.ChaincodeProposalPayload: arguments() reads it
  bool has_action = false;  // what follows is there
  std::string_view chaincode;
  std::string_view version;
  int32_t response_status = 0;
  std::string_view event;    // serialized peer.ChaincodeEvent, empty: none
  std::string_view results;  // serialized rwset.TxReadWriteSet: rwset.h reads it

  uint32_t undecodable_parts = 0;  // a bit per Part
  bool undecodable(Part part) const { return undecodable_parts >> static_cast<int>(part) & 1; }
  void set_undecodable(Part part) { undecodable_parts |= 1U << static_cast<int>(part); }
};

inline constexpr int32_t kEndorserTransaction = 3;

// Of an endorser transaction; of all others only the headers are read.
Transaction read_transaction(std::string_view envelope);

struct ChaincodeEvent {
  std::string_view chaincode, transaction_id, name, payload;
};
[[nodiscard]] bool read_event(std::string_view bytes,
                              ChaincodeEvent& out);  // false: does not decode

// The chaincode's arguments, function first; at most `limit` of them. False: they do not decode.
[[nodiscard]] bool read_arguments(std::string_view proposal_payload,
                                  std::vector<std::string_view>& out, size_t limit = SIZE_MAX);
// The endorsers as serialized identities, in order. action_payload has decoded once already.
std::vector<std::string_view> endorsers(const Transaction& transaction);

struct Identity {
  std::string_view msp;
  std::string_view certificate;  // PEM
};
[[nodiscard]] bool read_identity(std::string_view bytes, Identity& out);  // false: does not decode

}  // namespace belfry::decode
