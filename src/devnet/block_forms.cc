#include "devnet/block_forms.h"

#include <map>
#include <vector>

#include "common/common.pb.h"
#include "decode/transaction.h"
#include "ledger/block_store.h"
#include "ledger/chaincode_definition.h"
#include "ledger/encode.h"
#include "ledger/read_write_set.h"
#include "msp/policy.h"
#include "peer/chaincode_event.pb.h"
#include "peer/events.pb.h"
#include "peer/proposal.pb.h"
#include "peer/proposal_response.pb.h"
#include "peer/transaction.pb.h"

namespace belfry::devnet {
namespace {

constexpr size_t kCodes = 2, kCommitHash = 4;  // metadata slots

using ledger::append_field;

// The field's tag and length; its bytes follow.
std::string field_head(uint32_t number, size_t size) {
  std::string head;
  ledger::append_varint(head, number << 3 | 2);
  ledger::append_varint(head, size);
  return head;
}

DeliverFrame message_frame(uint32_t number, std::string bytes) {
  auto rest = std::make_shared<const std::string>(std::move(bytes));
  return {field_head(number, rest->size()), rest};
}

// The events of an endorser transaction, without payloads. False: something does not decode.
bool read_actions(const std::string& data, ::protos::FilteredTransactionActions& out) {
  ::protos::Transaction transaction;
  if (!transaction.ParseFromString(data)) return false;
  for (const auto& each : transaction.actions()) {
    ::protos::ChaincodeActionPayload payload;
    ::protos::ProposalResponsePayload response;
    ::protos::ChaincodeAction action;
    ::protos::ChaincodeEvent event;
    if (!payload.ParseFromString(each.payload())) return false;
    if (!payload.has_action()) continue;
    if (!response.ParseFromString(payload.action().proposal_response_payload()) ||
        !action.ParseFromString(response.extension()) || !event.ParseFromString(action.events()))
      return false;
    if (event.chaincode_id().empty()) continue;
    event.clear_payload();
    *out.add_chaincode_actions()->mutable_chaincode_event() = std::move(event);
  }
  return true;
}

bool read_filtered(const ledger::CommittedBlock& block, ::protos::FilteredBlock& out) {
  out.set_number(block.block.number);
  for (size_t i = 0; i < block.block.transactions.size(); ++i) {
    const std::string_view bytes = block.block.transactions[i];
    ::common::Envelope envelope;
    ::common::Payload payload;
    ::common::ChannelHeader header;
    if (!envelope.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) continue;
    if (!payload.ParseFromString(envelope.payload())) return false;
    if (!payload.has_header()) continue;
    if (!header.ParseFromString(payload.header().channel_header())) return false;
    out.set_channel_id(header.channel_id());
    auto* transaction = out.add_filtered_transactions();
    transaction->set_txid(header.tx_id());
    transaction->set_type(static_cast<::common::HeaderType>(header.type()));
    if (i < block.block.metadata[kCodes].size())
      transaction->set_tx_validation_code(static_cast<::protos::TxValidationCode>(
          static_cast<uint8_t>(block.block.metadata[kCodes][i])));
    if (header.type() == ::common::ENDORSER_TRANSACTION &&
        !read_actions(payload.data(), *transaction->mutable_transaction_actions()))
      return false;
  }
  return true;
}

// Whether the peer's organisation is a member of the collection, and the client is one or need not
// be, for values that members alone may read.
class Membership {
 public:
  Membership(const Channel& channel, std::string_view peer_msp, std::string_view client)
      : ledger_(channel.ledger()), peer_msp_(peer_msp) {
    if (auto member = channel.access()->msps->member(client)) client_.push_back(std::move(*member));
  }

  bool covers(std::string_view name_space, std::string_view name) {
    const auto key = std::make_pair(std::string(name_space), std::string(name));
    auto known = known_.find(key);
    if (known == known_.end()) known = known_.emplace(key, look_up(name_space, name)).first;
    return known->second;
  }

 private:
  bool look_up(std::string_view name_space, std::string_view name) const {
    ledger::ChaincodeDefinition none;
    auto definition = ledger::find_definition(ledger_, name_space);
    if (!definition) return false;
    auto collection = ledger::find_collection(*definition ? **definition : none, name);
    if (!collection || !*collection || !(*collection)->has_member(peer_msp_)) return false;
    if (!(*collection)->member_only_read) return true;
    auto policy = msp::SignaturePolicy::parse((*collection)->member_policy);
    return policy && policy->satisfied_by(client_);
  }

  const ledger::Ledger& ledger_;
  const std::string_view peer_msp_;
  std::vector<msp::MemberPtr> client_;
  std::map<std::pair<std::string, std::string>, bool> known_;
};

// The set's collections that are covered, as it had them; empty when there is none.
std::string covered_part(std::string_view set, Membership& membership) {
  std::vector<ledger::PrivateCollection> collections;
  if (!ledger::read_private_sets(set, collections)) return {};
  std::map<std::string_view, std::string> spaces;
  for (const auto& each : collections) {
    if (!membership.covers(each.name_space, each.collection)) continue;
    std::string collection;
    append_field(collection, 1, each.collection);
    append_field(collection, 2, each.bytes);
    append_field(spaces[each.name_space], 2, std::string_view(collection));
  }
  std::string kept;
  for (const auto& [name, parts] : spaces) {
    std::string space;
    append_field(space, 1, name);
    append_field(kept, 2, std::string_view(space + parts));
  }
  return kept;
}

}  // namespace

DeliverFrame status_frame(Status status) {
  DeliverFrame frame;
  append_field(frame.head, 1, static_cast<uint64_t>(status));
  return frame;
}

DeliverFrame block_frame(const ledger::CommittedBlock& block) {
  return {field_head(2, block.bytes->size()), block.bytes};
}

DeliverFrame ordered_frame(const ledger::CommittedBlock& block) {
  ledger::BlockContents contents = ledger::contents_of(block.block);
  contents.metadata[kCodes] = {};
  contents.metadata[kCommitHash] = {};
  return message_frame(2, ledger::encode_block(contents));
}

DeliverFrame filtered_frame(const ledger::CommittedBlock& block) {
  ::protos::FilteredBlock filtered;
  if (!read_filtered(block, filtered)) return status_frame(Status::bad_request);
  return message_frame(3, filtered.SerializeAsString());
}

DeliverFrame private_frame(const ledger::CommittedBlock& block, const Channel& channel,
                           std::string_view peer_msp, std::string_view client) {
  std::string message;
  append_field(message, 1, std::string_view(*block.bytes));
  if (auto sets = channel.ledger().private_data(block.block.number)) {
    Membership membership(channel, peer_msp, client);
    for (size_t i = 0; i < sets->size(); ++i) {
      if ((*sets)[i].empty()) continue;
      const std::string kept = covered_part((*sets)[i], membership);
      if (kept.empty()) continue;
      std::string entry;
      append_field(entry, 1, static_cast<uint64_t>(i));
      append_field(entry, 2, std::string_view(kept));
      append_field(message, 2, std::string_view(entry));
    }
  }
  return message_frame(4, std::move(message));
}

}  // namespace belfry::devnet
