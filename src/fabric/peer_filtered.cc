#include "fabric/peer_filtered.h"

#include "common/common.pb.h"
#include "peer/chaincode_event.pb.h"
#include "peer/events.pb.h"
#include "peer/proposal.pb.h"
#include "peer/proposal_response.pb.h"
#include "peer/transaction.pb.h"

namespace belfry::fabric {
namespace {

protos::TransactionAction action_with(const protos::ChaincodeEvent& event) {
  protos::ChaincodeAction action;
  action.mutable_chaincode_id()->set_name(event.chaincode_id());
  action.set_events(event.SerializeAsString());
  protos::ProposalResponsePayload response;
  response.set_extension(action.SerializeAsString());
  protos::ChaincodeActionPayload payload;
  payload.mutable_action()->set_proposal_response_payload(response.SerializeAsString());
  protos::TransactionAction out;
  out.set_payload(payload.SerializeAsString());
  return out;
}

std::string envelope_of(const protos::FilteredTransaction& filtered, const std::string& channel) {
  common::ChannelHeader header;
  header.set_type(filtered.type());
  header.set_channel_id(channel);
  header.set_tx_id(filtered.txid());
  common::Payload payload;
  payload.mutable_header()->set_channel_header(header.SerializeAsString());
  if (filtered.type() == common::ENDORSER_TRANSACTION) {
    protos::Transaction transaction;
    for (const auto& action : filtered.transaction_actions().chaincode_actions())
      if (action.has_chaincode_event()) *transaction.add_actions() = action_with(action.chaincode_event());
    payload.set_data(transaction.SerializeAsString());
  }
  common::Envelope envelope;
  envelope.set_payload(payload.SerializeAsString());
  return envelope.SerializeAsString();
}

}  // namespace

Result<decode::Block> block_from_filtered(std::string_view message) {
  protos::FilteredBlock filtered;
  if (!filtered.ParseFromArray(message.data(), static_cast<int>(message.size())))
    return fail("the filtered block does not decode");
  common::Block made;
  made.mutable_header()->set_number(filtered.number());
  std::string codes;
  for (const auto& transaction : filtered.filtered_transactions()) {
    made.mutable_data()->add_data(envelope_of(transaction, filtered.channel_id()));
    codes.push_back(static_cast<char>(transaction.tx_validation_code()));
  }
  for (size_t slot = 0; slot < decode::kMetadataSlots; ++slot)
    made.mutable_metadata()->add_metadata(slot == common::TRANSACTIONS_FILTER ? codes : std::string());
  auto bytes = std::make_shared<const std::string>(made.SerializeAsString());
  auto block = decode::parse_block(bytes, *bytes);
  if (block) block->filtered = true;
  return block;
}

}  // namespace belfry::fabric
