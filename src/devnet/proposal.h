// A client's signed proposal, taken apart and checked as a peer's endorser does before it runs
// anything (Fabric's core/endorser/msgvalidation.go). Errors are Fabric's texts.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "devnet/execution.h"
#include "msp/msp.h"
#include "peer/chaincode.pb.h"
#include "peer/proposal.pb.h"

namespace belfry::devnet {

struct UnpackedProposal {
  std::shared_ptr<Proposal> proposal;
  std::string channel;
  std::string chaincode;
  ::protos::ChaincodeInput input;
  std::string hash;  // that endorsements sign: without the transient data
  std::string nonce;
  int32_t type = 0;
  uint64_t epoch = 0;
};

Result<UnpackedProposal> unpack_proposal(std::shared_ptr<const ::protos::SignedProposal> signed_);

// Refuses a creator whose certificate has ended, as the filter before a peer's endorser does.
Result<void> check_expiry(const ::protos::SignedProposal& proposal, WallTime now);

// Everything that needs no MSP: type, epoch, nonce, creator, transaction id.
Result<void> check_form(const UnpackedProposal& unpacked);

}  // namespace belfry::devnet
