// Any bytes as a signed proposal: taken apart and checked as far as no MSP is needed.
#include "devnet/proposal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto proposal = std::make_shared<::protos::SignedProposal>();
  if (!proposal->ParseFromArray(data, static_cast<int>(size)))
    proposal->set_proposal_bytes(data, size);
  (void)belfry::devnet::check_expiry(*proposal, belfry::WallTime());
  if (const auto unpacked = belfry::devnet::unpack_proposal(proposal))
    (void)belfry::devnet::check_form(*unpacked);
  return 0;
}
