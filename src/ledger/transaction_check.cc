#include "ledger/transaction_check.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/hash.h"
#include "common/common.pb.h"
#include "ledger/chaincode_definition.h"
#include "ledger/ledger.h"
#include "ledger/legacy_check.h"
#include "peer/chaincode.pb.h"
#include "peer/chaincode_event.pb.h"
#include "peer/proposal.pb.h"
#include "peer/proposal_response.pb.h"
#include "peer/transaction.pb.h"

namespace belfry::ledger {
namespace {

template <class Message>
bool parse(Message& message, std::string_view bytes) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

struct Headers {
  ::common::ChannelHeader channel;
  ::common::SignatureHeader signature;
};

// With a nonce and a creator.
bool good_signature_header(const ::common::SignatureHeader& header) {
  return !header.nonce().empty() && !header.creator().empty();
}

bool read_headers(const ::common::Payload& payload, Headers& out) {
  if (!payload.has_header() || !out.channel.ParseFromString(payload.header().channel_header()) ||
      !out.signature.ParseFromString(payload.header().signature_header()))
    return false;
  const int type = out.channel.type();
  if (type != ::common::ENDORSER_TRANSACTION && type != ::common::CONFIG_UPDATE &&
      type != ::common::CONFIG)
    return false;
  return out.channel.epoch() == 0 && good_signature_header(out.signature);
}

// Null unless the signature is good.
msp::MemberPtr good_creator(const msp::ChannelConfig& config, const std::string& creator,
                            const std::string& message, const std::string& signature,
                            SignatureCache& signatures) {
  auto member = config.msps->member(creator);
  if (!member || !signatures.verify(**member, creator, message, signature)) return nullptr;
  return std::move(*member);
}

bool good_id(const Headers& headers) {
  Sha256 hash;
  hash.add(headers.signature.nonce());
  hash.add(headers.signature.creator());
  return headers.channel.tx_id() == hex(view(hash.finish()));
}

struct Action {
  ::protos::ChaincodeActionPayload payload;
  ::protos::ProposalResponsePayload response;
  ::protos::ChaincodeAction action;
};

// Exactly one action, whose response belongs to the proposal of these headers.
bool read_action(const ::common::Payload& payload, Action& out) {
  ::protos::Transaction transaction;
  if (!transaction.ParseFromString(payload.data()) || transaction.actions_size() != 1) return false;
  const auto& action = transaction.actions(0);
  ::common::SignatureHeader header;
  if (!header.ParseFromString(action.header()) || !good_signature_header(header) ||
      !out.payload.ParseFromString(action.payload()) ||
      !out.response.ParseFromString(out.payload.action().proposal_response_payload()))
    return false;
  // Only what a peer keeps of a proposal is hashed: without the transient map.
  ::protos::ChaincodeProposalPayload proposal;
  if (!proposal.ParseFromString(out.payload.chaincode_proposal_payload())) return false;
  Sha256 hash;
  hash.add(payload.header().channel_header());
  hash.add(action.header());
  hash.add(out.payload.chaincode_proposal_payload());
  return out.response.proposal_hash() == view(hash.finish());
}

bool writes(const std::vector<NamespaceSet>& sets, std::initializer_list<std::string_view> names) {
  return std::any_of(sets.begin(), sets.end(), [&](const NamespaceSet& set) {
    return set.changes() && std::find(names.begin(), names.end(), set.name_space) != names.end();
  });
}

// What channels of 1.4 let nobody write: lscc's entries come from lscc alone.
uint8_t check_system_writes(const CheckedTransaction& out) {
  if (out.chaincode == "vscc" || out.chaincode == "escc") return code::kIllegalWriteset;
  const bool illegal = !is_system_chaincode(out.chaincode) &&
                       writes(out.sets, {kLegacyLifecycle, "cscc", "vscc", "escc"});
  return illegal ? code::kIllegalWriteset : code::kValid;
}

void read_lscc_arguments(const Action& action, CheckedTransaction& out) {
  ::protos::ChaincodeProposalPayload proposal;
  ::protos::ChaincodeInvocationSpec spec;
  if (!proposal.ParseFromString(action.payload.chaincode_proposal_payload()) ||
      !spec.ParseFromString(proposal.input()))
    return;
  const auto& args = spec.chaincode_spec().input().args();
  out.lscc_arguments.assign(args.begin(), args.end());
}

// The dispatcher's checks (v2.0's, or v1.4's), in front of the policies.
uint8_t check_action(const Headers& headers, bool legacy, Action& action, CheckedTransaction& out) {
  ::protos::ChaincodeHeaderExtension extension;
  if (!extension.ParseFromString(headers.channel.extension())) return code::kBadHeaderExtension;
  if (!action.action.ParseFromString(action.response.extension())) return code::kBadResponsePayload;
  out.results = std::make_shared<const std::string>(std::move(*action.action.mutable_results()));
  if (!read_sets(*out.results, out.sets)) return code::kBadRwset;
  if (!extension.has_chaincode_id() || !action.action.has_chaincode_id())
    return code::kInvalidOtherReason;
  const auto& chaincode = action.action.chaincode_id();
  if (extension.chaincode_id().name().empty() ||
      extension.chaincode_id().name() != chaincode.name() || chaincode.version().empty())
    return legacy ? code::kInvalidOtherReason : code::kInvalidChaincode;
  out.chaincode = chaincode.name();
  out.version = chaincode.version();
  if (!action.action.events().empty()) {
    ::protos::ChaincodeEvent event;
    if (!event.ParseFromString(action.action.events()) || event.chaincode_id() != chaincode.name())
      return code::kInvalidOtherReason;
  }
  std::set<std::string_view> names;
  for (const NamespaceSet& set : out.sets)
    if (!names.insert(set.name_space).second) return code::kIllegalWriteset;
  if (!legacy) return code::kValid;
  if (out.chaincode == kLegacyLifecycle) read_lscc_arguments(action, out);
  return check_system_writes(out);
}

void check_endorsements(const Action& action, const msp::ChannelConfig& config,
                        SignatureCache& signatures, CheckedTransaction& out) {
  const std::string& response = action.payload.action().proposal_response_payload();
  for (const auto& endorsement : action.payload.action().endorsements()) {
    auto member = config.msps->member(endorsement.endorser());
    if (!member) continue;
    if (std::any_of(out.endorsers.begin(), out.endorsers.end(),
                    [&](const msp::MemberPtr& other) { return other->same_as(**member); }))
      continue;
    if (signatures.verify(**member, endorsement.endorser(), response + endorsement.endorser(),
                          endorsement.signature()))
      out.endorsers.push_back(std::move(*member));
  }
}

}  // namespace

CheckedTransaction check_transaction(std::string_view bytes, const msp::ChannelConfig& config,
                                     SignatureCache& signatures) {
  CheckedTransaction out;
  const auto with = [&](uint8_t code) {
    out.code = code;
    return std::move(out);
  };
  ::common::Envelope envelope;
  ::common::Payload payload;
  Headers headers;
  if (!parse(envelope, bytes)) return with(code::kInvalidOtherReason);
  if (!payload.ParseFromString(envelope.payload())) return with(code::kBadPayload);
  if (!read_headers(payload, headers)) return with(code::kBadCommonHeader);
  out.type = headers.channel.type();
  out.creator = good_creator(config, headers.signature.creator(), envelope.payload(),
                             envelope.signature(), signatures);
  if (!out.creator) return with(code::kBadCreatorSignature);
  if (out.type == ::common::CONFIG) return out;
  if (out.type != ::common::ENDORSER_TRANSACTION) return with(code::kUnsupportedTxPayload);
  if (!good_id(headers)) return with(code::kBadProposalTxid);
  out.id = headers.channel.tx_id();
  Action action;
  if (!read_action(payload, action)) return with(code::kInvalidEndorserTransaction);
  out.late_code = check_action(headers, !has_new_lifecycle(config), action, out);
  if (out.late_code == code::kValid) check_endorsements(action, config, signatures, out);
  return out;
}

}  // namespace belfry::ledger
