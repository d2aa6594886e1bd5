#include "fabric/peer_requests.h"

#include "fabric/headers.h"
#include "fabric/transaction.h"
#include "orderer/ab.pb.h"

namespace belfry::fabric {
namespace {

constexpr uint64_t kForEver =
    (uint64_t{1} << 63) - 1;  // the largest number that every client's and peer's type holds

}  // namespace

std::string seek_envelope(const Seek& seek, std::string_view channel,
                          std::string_view tls_cert_hash, const msp::SigningIdentity& identity,
                          const Clock& clock, Random& random) {
  orderer::SeekInfo info;
  if (seek.from == Seek::From::newest) {
    info.mutable_start()->mutable_newest();
    info.mutable_stop()->mutable_newest();
  } else {
    info.mutable_start()->mutable_specified()->set_number(seek.block);
    info.mutable_stop()->mutable_specified()->set_number(seek.follow ? kForEver : seek.block);
  }
  info.set_behavior(seek.follow ? orderer::SeekInfo::BLOCK_UNTIL_READY
                                : orderer::SeekInfo::FAIL_IF_NOT_READY);

  return signed_envelope(channel_header(common::DELIVER_SEEK_INFO, channel, tls_cert_hash, clock),
                         info.SerializeAsString(), identity, random);
}

protos::SignedProposal qscc_proposal(std::string_view channel,
                                     const std::vector<std::string>& arguments,
                                     std::string_view tls_cert_hash,
                                     const msp::SigningIdentity& identity, const Clock& clock,
                                     Random& random) {
  Proposal proposal =
      make_proposal({.channel = std::string(channel), .chaincode = "qscc", .arguments = arguments},
                    tls_cert_hash, identity, clock, random);
  protos::SignedProposal out;
  out.set_proposal_bytes(std::move(proposal.bytes));
  out.set_signature(std::move(proposal.signature));
  return out;
}

}  // namespace belfry::fabric
