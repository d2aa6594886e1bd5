#include "standin/filtered.h"

#include "common/common.pb.h"
#include "peer/chaincode_event.pb.h"
#include "peer/events.pb.h"
#include "peer/proposal.pb.h"
#include "peer/proposal_response.pb.h"
#include "peer/transaction.pb.h"

namespace belfry::tests {
namespace {

bool add_actions(const protos::Transaction& transaction, protos::FilteredTransactionActions& out) {
  for (const auto& action : transaction.actions()) {
    protos::ChaincodeActionPayload payload;
    protos::ProposalResponsePayload response;
    protos::ChaincodeAction chaincode;
    protos::ChaincodeEvent event;
    if (!payload.ParseFromString(action.payload())) return false;
    if (!payload.has_action()) continue;
    if (!response.ParseFromString(payload.action().proposal_response_payload()) ||
        !chaincode.ParseFromString(response.extension()) ||
        !event.ParseFromString(chaincode.events()))
      return false;
    if (event.chaincode_id().empty()) continue;
    event.clear_payload();
    *out.add_chaincode_actions()->mutable_chaincode_event() = std::move(event);
  }
  return true;
}

}  // namespace

std::optional<std::string> filtered_block(std::string_view bytes) {
  common::Block block;
  if (!block.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
  const std::string& codes = block.metadata().metadata(common::TRANSACTIONS_FILTER);
  protos::FilteredBlock out;
  out.set_number(block.header().number());
  for (int i = 0; i < block.data().data_size(); ++i) {
    common::Envelope envelope;
    common::Payload payload;
    common::ChannelHeader header;
    if (!envelope.ParseFromString(block.data().data(i))) continue;
    if (!payload.ParseFromString(envelope.payload())) return std::nullopt;
    if (!payload.has_header()) continue;
    if (!header.ParseFromString(payload.header().channel_header())) return std::nullopt;
    out.set_channel_id(header.channel_id());
    auto* transaction = out.add_filtered_transactions();
    transaction->set_txid(header.tx_id());
    transaction->set_type(static_cast<common::HeaderType>(header.type()));
    transaction->set_tx_validation_code(static_cast<protos::TxValidationCode>(
        static_cast<unsigned char>(codes.at(static_cast<size_t>(i)))));
    if (header.type() != common::ENDORSER_TRANSACTION) continue;
    protos::Transaction actions;
    if (!actions.ParseFromString(payload.data()) ||
        !add_actions(actions, *transaction->mutable_transaction_actions()))
      return std::nullopt;
  }
  return out.SerializeAsString();
}

}  // namespace belfry::tests
