// The client's half of an endorsement, for what the devnet does of itself: a signed proposal, and
// the transaction made of its endorsements.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "msp/identity.h"
#include "peer/proposal.pb.h"
#include "peer/proposal_response.pb.h"

namespace belfry::devnet {

struct MadeProposal {
  std::shared_ptr<const ::protos::SignedProposal> signed_proposal;
  std::string transaction_id;
};
MadeProposal make_proposal(const std::string& channel, const std::string& chaincode,
                           const std::vector<std::string>& args, const msp::SigningIdentity& signer,
                           const Clock& clock, Random& random);

// A serialized common.Envelope, signed. An error when the responses do not agree.
Result<std::string> make_transaction(const ::protos::SignedProposal& proposal,
                                     const std::vector<::protos::ProposalResponse>& responses,
                                     const msp::SigningIdentity& signer);

}  // namespace belfry::devnet
