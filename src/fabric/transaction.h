// A client's transaction, step by step: an invocation becomes a signed proposal, endorsers answer
// it, and their agreeing answers become the envelope that is ordered. Pure; the calls are made by
// peer_client.h, and client_network.h does all of it in one go.
//
// Byte layouts: fabric-protos peer/proposal.proto and peer/transaction.proto. What an endorser
// answered is never serialized anew: its signature is over the bytes as they came.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "msp/identity.h"

namespace belfry::fabric {

struct Invocation {
  std::string channel;  // empty: what concerns the peer itself, such as installing
  std::string chaincode;
  std::vector<std::string> arguments;            // the function's name first
  std::map<std::string, std::string> transient;  // for the endorsers only; not in the transaction
  bool is_init = false;
};

struct Proposal {
  std::string transaction_id;
  std::string channel;
  std::string bytes;      // protos.Proposal
  std::string signature;  // over bytes
};

// Signed afresh: its timestamp must lie within 15 minutes of the peer's clock.
Proposal make_proposal(const Invocation& invocation, std::string_view tls_cert_hash,
                       const msp::SigningIdentity& identity, const Clock& clock, Random& random);

// What an endorser answered (protos.ProposalResponse). A chaincode that failed answers with a
// status of 400 or more and does not endorse.
struct Endorsement {
  int status = 0;
  std::string message;              // the chaincode's
  std::string payload;              // the result
  std::string response_payload;     // protos.ProposalResponsePayload: what was signed
  std::string endorser, signature;  // msp.SerializedIdentity; empty: not endorsed
  bool endorsed() const { return !signature.empty(); }
  std::string msp_id() const;  // of the endorser; empty when not endorsed
};

// Whether all executed alike: the same read-write set, result and events. An error says which two
// do not.
Result<void> check_agreement(std::span<const Endorsement> endorsements);

// The signed transaction: a serialized common.Envelope. The endorsements, at least one, agree.
Result<std::string> assemble_transaction(const Proposal& proposal,
                                         std::span<const Endorsement> endorsements,
                                         const msp::SigningIdentity& identity);

// A serialized common.Envelope of a common.Payload that somebody else made, signed.
std::string sign_payload(const std::string& payload, const msp::SigningIdentity& identity);

// "VALID", "MVCC_READ_CONFLICT": a validation code (protos.TxValidationCode) as a word.
std::string validation_code(int code);

}  // namespace belfry::fabric
