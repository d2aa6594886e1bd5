#include "call.h"

#include "common/common.pb.h"
#include "msp/identities.pb.h"
#include "peer/chaincode.pb.h"
#include "peer/proposal.pb.h"

namespace belfry::chaincode {
namespace {

Result<> read_proposal(const protos::SignedProposal& signed_proposal, Call& call) {
  const Error wrong{"the transaction's proposal cannot be read"};
  protos::Proposal proposal;
  common::Header header;
  common::ChannelHeader channel;
  common::SignatureHeader signature;
  msp::SerializedIdentity creator;
  protos::ChaincodeProposalPayload payload;
  if (!proposal.ParseFromString(signed_proposal.proposal_bytes()) ||
      !header.ParseFromString(proposal.header()) ||
      !channel.ParseFromString(header.channel_header()) ||
      !signature.ParseFromString(header.signature_header()) ||
      !creator.ParseFromString(signature.creator()) ||
      !payload.ParseFromString(proposal.payload())) {
    return wrong;
  }
  call.time = Time(std::chrono::seconds(channel.timestamp().seconds()) +
                   std::chrono::nanoseconds(channel.timestamp().nanos()));
  call.msp = std::move(*creator.mutable_mspid());
  call.certificate = std::move(*creator.mutable_id_bytes());
  for (auto& [name, value] : *payload.mutable_transientmap())
    call.transient.emplace(name, std::move(value));
  return {};
}

}  // namespace

Result<Call> read_call(const protos::ChaincodeMessage& message) {
  protos::ChaincodeInput input;
  if (!input.ParseFromString(message.payload()))
    return Error{"the transaction's input cannot be read"};
  Call call;
  call.id = message.txid();
  call.channel = message.channel_id();
  call.initialises = message.type() == protos::ChaincodeMessage::INIT || input.is_init();
  for (auto& argument : *input.mutable_args()) call.arguments.push_back(std::move(argument));
  if (message.has_proposal()) {
    if (auto read = read_proposal(message.proposal(), call); !read) return read.error();
  }
  return call;
}

}  // namespace belfry::chaincode
