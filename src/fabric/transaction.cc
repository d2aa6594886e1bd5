#include "fabric/transaction.h"

#include <fmt/format.h>

#include "fabric/headers.h"
#include "peer/chaincode.pb.h"
#include "peer/proposal.pb.h"
#include "peer/transaction.pb.h"

namespace belfry::fabric {

Proposal make_proposal(const Invocation& invocation, std::string_view tls_cert_hash,
                       const msp::SigningIdentity& identity, const Clock& clock, Random& random) {
  const common::SignatureHeader signer = signature_header(identity, random);
  common::ChannelHeader header =
      channel_header(common::ENDORSER_TRANSACTION, invocation.channel, tls_cert_hash, clock);
  header.set_tx_id(transaction_id(signer));
  protos::ChaincodeHeaderExtension extension;
  extension.mutable_chaincode_id()->set_name(invocation.chaincode);
  header.set_extension(extension.SerializeAsString());

  protos::ChaincodeInvocationSpec input;
  protos::ChaincodeSpec* spec = input.mutable_chaincode_spec();
  spec->set_type(protos::ChaincodeSpec::GOLANG);
  spec->mutable_chaincode_id()->set_name(invocation.chaincode);
  for (const std::string& argument : invocation.arguments)
    spec->mutable_input()->add_args(argument);
  spec->mutable_input()->set_is_init(invocation.is_init);
  protos::ChaincodeProposalPayload payload;
  payload.set_input(input.SerializeAsString());
  for (const auto& [name, value] : invocation.transient)
    (*payload.mutable_transientmap())[name] = value;

  common::Header both;
  both.set_channel_header(header.SerializeAsString());
  both.set_signature_header(signer.SerializeAsString());
  protos::Proposal proposal;
  proposal.set_header(both.SerializeAsString());
  proposal.set_payload(payload.SerializeAsString());

  Proposal out;
  out.transaction_id = header.tx_id();
  out.channel = invocation.channel;
  out.bytes = proposal.SerializeAsString();
  out.signature = identity.sign(out.bytes);
  return out;
}

std::string Endorsement::msp_id() const {
  if (const auto identity = msp::parse_identity(endorser)) return std::string(identity->msp_id);
  return {};
}

Result<void> check_agreement(std::span<const Endorsement> endorsements) {
  for (const Endorsement& it : endorsements)
    if (it.response_payload != endorsements[0].response_payload)
      return fail(fmt::format(
          "the peers of {} and {} did not execute alike: their ledgers stand at different blocks "
          "(try again), or the chaincode's result depends on something beside them, such as time, "
          "randomness or a map's order",
          endorsements[0].msp_id(), it.msp_id()));
  return {};
}

Result<std::string> assemble_transaction(const Proposal& proposal,
                                         std::span<const Endorsement> endorsements,
                                         const msp::SigningIdentity& identity) {
  protos::Proposal proposed;
  common::Header header;
  protos::ChaincodeProposalPayload input;
  if (!proposed.ParseFromString(proposal.bytes) || !header.ParseFromString(proposed.header()) ||
      !input.ParseFromString(proposed.payload()))
    return fail("the proposal does not decode");
  if (endorsements.empty()) return fail("nobody endorsed the transaction");
  input.clear_transientmap();

  protos::ChaincodeActionPayload action;
  action.set_chaincode_proposal_payload(input.SerializeAsString());
  action.mutable_action()->set_proposal_response_payload(endorsements[0].response_payload);
  for (const Endorsement& it : endorsements) {
    protos::Endorsement* endorsement = action.mutable_action()->add_endorsements();
    endorsement->set_endorser(it.endorser);
    endorsement->set_signature(it.signature);
  }
  protos::Transaction transaction;
  transaction.add_actions()->set_header(header.signature_header());
  transaction.mutable_actions(0)->set_payload(action.SerializeAsString());

  common::Payload payload;
  *payload.mutable_header() = header;
  payload.set_data(transaction.SerializeAsString());
  return sign_payload(payload.SerializeAsString(), identity);
}

std::string sign_payload(const std::string& payload, const msp::SigningIdentity& identity) {
  common::Envelope envelope;
  envelope.set_payload(payload);
  envelope.set_signature(identity.sign(payload));
  return envelope.SerializeAsString();
}

std::string validation_code(int code) {
  const std::string& name =
      protos::TxValidationCode_Name(static_cast<protos::TxValidationCode>(code));
  return name.empty() ? fmt::format("code {}", code) : name;
}

}  // namespace belfry::fabric
