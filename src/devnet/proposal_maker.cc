#include "devnet/proposal_maker.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "common/common.pb.h"
#include "peer/chaincode.pb.h"
#include "peer/transaction.pb.h"

namespace belfry::devnet {

MadeProposal make_proposal(const std::string& channel, const std::string& chaincode,
                           const std::vector<std::string>& args, const msp::SigningIdentity& signer,
                           const Clock& clock, Random& random) {
  MadeProposal out;
  std::string nonce;
  for (int i = 0; i < 3; ++i) {
    const uint64_t part = random.next();
    nonce.append(reinterpret_cast<const char*>(&part), sizeof part);
  }
  Sha256 id;
  id.add(nonce);
  id.add(signer.serialized());
  out.transaction_id = hex(view(id.finish()));

  ::protos::ChaincodeHeaderExtension extension;
  extension.mutable_chaincode_id()->set_name(chaincode);
  ::common::ChannelHeader header;
  header.set_type(::common::ENDORSER_TRANSACTION);
  header.set_tx_id(out.transaction_id);
  header.set_channel_id(channel);
  header.set_extension(extension.SerializeAsString());
  const auto now = clock.now().time_since_epoch().count();
  header.mutable_timestamp()->set_seconds(now / 1'000'000'000);
  header.mutable_timestamp()->set_nanos(static_cast<int32_t>(now % 1'000'000'000));
  ::common::SignatureHeader signature;
  signature.set_creator(signer.serialized());
  signature.set_nonce(nonce);
  ::common::Header headers;
  headers.set_channel_header(header.SerializeAsString());
  headers.set_signature_header(signature.SerializeAsString());

  ::protos::ChaincodeInvocationSpec spec;
  spec.mutable_chaincode_spec()->mutable_chaincode_id()->set_name(chaincode);
  auto& input = *spec.mutable_chaincode_spec()->mutable_input();
  for (const auto& arg : args) input.add_args(arg);
  ::protos::ChaincodeProposalPayload payload;
  payload.set_input(spec.SerializeAsString());
  ::protos::Proposal proposal;
  proposal.set_header(headers.SerializeAsString());
  proposal.set_payload(payload.SerializeAsString());
  auto signed_ = std::make_shared<::protos::SignedProposal>();
  signed_->set_proposal_bytes(proposal.SerializeAsString());
  signed_->set_signature(signer.sign(signed_->proposal_bytes()));
  out.signed_proposal = std::move(signed_);
  return out;
}

Result<std::string> make_transaction(const ::protos::SignedProposal& signed_,
                                     const std::vector<::protos::ProposalResponse>& responses,
                                     const msp::SigningIdentity& signer) {
  ::protos::Proposal proposal;
  ::common::Header headers;
  ::protos::ChaincodeProposalPayload payload;
  if (responses.empty()) return fail("a transaction needs an endorsement");
  if (!proposal.ParseFromString(signed_.proposal_bytes()) ||
      !headers.ParseFromString(proposal.header()) || !payload.ParseFromString(proposal.payload()))
    return fail("the proposal does not decode");
  payload.clear_transientmap();
  ::protos::ChaincodeActionPayload action;
  action.set_chaincode_proposal_payload(payload.SerializeAsString());
  auto& endorsed = *action.mutable_action();
  endorsed.set_proposal_response_payload(responses.front().payload());
  for (const auto& response : responses) {
    if (response.payload() != endorsed.proposal_response_payload())
      return fail("ProposalResponsePayloads do not match");
    *endorsed.add_endorsements() = response.endorsement();
  }
  ::protos::Transaction transaction;
  auto& only = *transaction.add_actions();
  only.set_header(headers.signature_header());
  only.set_payload(action.SerializeAsString());
  ::common::Payload whole;
  *whole.mutable_header() = headers;
  whole.set_data(transaction.SerializeAsString());
  ::common::Envelope envelope;
  envelope.set_payload(whole.SerializeAsString());
  envelope.set_signature(signer.sign(envelope.payload()));
  return envelope.SerializeAsString();
}

}  // namespace belfry::devnet
