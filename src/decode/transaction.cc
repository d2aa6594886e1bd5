#include "decode/transaction.h"

#include "decode/wire.h"

// Field numbers are those of Fabric's common/common.proto, peer/transaction.proto,
// peer/proposal.proto, peer/proposal_response.proto, peer/chaincode.proto,
// peer/chaincode_event.proto and msp/identities.proto.
namespace belfry::decode {
namespace {

using wire::Reader;
using wire::take_text;

// A time that nanoseconds cannot count (before 1677, after 2262) is the nearest that they can.
WallTime to_time(int64_t seconds, int32_t nanoseconds) {
  constexpr int64_t kMost =
      9'223'372'033;  // seconds: room for the nanoseconds, which may be forged too
  if (seconds > kMost) return WallTime::max();
  if (seconds < -kMost) return WallTime::min();
  return WallTime(Duration(seconds * 1'000'000'000 + nanoseconds));
}

struct Timestamp {
  int64_t seconds = 0;
  int32_t nanoseconds = 0;
};

bool read_timestamp(std::string_view message, Timestamp& out) {
  Reader fields(message);
  while (fields.next()) {
    if (fields.tag() == wire::varint(1)) out.seconds = static_cast<int64_t>(fields.value());
    if (fields.tag() == wire::varint(2)) out.nanoseconds = static_cast<int32_t>(fields.value());
  }
  return !fields.damaged();
}

bool read_chaincode_id(std::string_view message, std::string_view& name,
                       std::string_view& version) {
  Reader fields(message);
  bool good = true;
  while (fields.next()) {
    if (fields.tag() == wire::bytes(2)) good &= take_text(name, fields.bytes());
    if (fields.tag() == wire::bytes(3)) good &= take_text(version, fields.bytes());
  }
  return good && !fields.damaged();
}

// ChaincodeHeaderExtension{2: ChaincodeID}
bool read_extension(std::string_view message, std::string_view& name) {
  Reader fields(message);
  std::string_view version;
  bool good = true;
  while (fields.next())
    if (fields.tag() == wire::bytes(2)) good &= read_chaincode_id(fields.bytes(), name, version);
  if (good && !fields.damaged()) return true;
  name = {};
  return false;
}

bool read_channel_header(std::string_view message, Transaction& out) {
  Reader fields(message);
  std::string_view extension;
  Timestamp time;
  bool good = true;
  while (fields.next()) {
    switch (fields.tag()) {
      case wire::varint(1):
        out.type = static_cast<int32_t>(fields.value());
        break;
      case wire::bytes(3):
        good &= read_timestamp(fields.bytes(), time);
        break;
      case wire::bytes(4):
        good &= take_text(out.channel, fields.bytes());
        break;
      case wire::bytes(5):
        good &= take_text(out.id, fields.bytes());
        break;
      case wire::bytes(7):
        extension = fields.bytes();
        break;
      default:
        break;
    }
  }
  if (!good || fields.damaged()) return false;
  out.time = to_time(time.seconds, time.nanoseconds);
  out.has_extension = !extension.empty();
  if (!read_extension(extension, out.header_chaincode)) out.set_undecodable(Part::header_extension);
  return true;
}

bool read_signature_header(std::string_view message, std::string_view& creator) {
  Reader fields(message);
  while (fields.next())
    if (fields.tag() == wire::bytes(1)) creator = fields.bytes();
  return !fields.damaged();
}

struct Payload {
  std::string_view channel_header, signature_header, data;
};

bool read_header(std::string_view message, Payload& out) {
  Reader fields(message);
  while (fields.next()) {
    if (fields.tag() == wire::bytes(1)) out.channel_header = fields.bytes();
    if (fields.tag() == wire::bytes(2)) out.signature_header = fields.bytes();
  }
  return !fields.damaged();
}

bool read_payload(std::string_view message, Payload& out) {
  Reader fields(message);
  bool good = true;
  while (fields.next()) {
    if (fields.tag() == wire::bytes(1)) good &= read_header(fields.bytes(), out);
    if (fields.tag() == wire::bytes(2)) out.data = fields.bytes();
  }
  return good && !fields.damaged();
}

// Transaction{1: repeated TransactionAction{2: payload}}: the first action's payload.
bool read_first_action(std::string_view message, std::string_view& payload, bool& any) {
  Reader fields(message);
  while (fields.next()) {
    if (fields.tag() != wire::bytes(1)) continue;
    Reader action(fields.bytes());
    while (action.next())
      if (action.tag() == wire::bytes(2) && !any) payload = action.bytes();
    if (action.damaged()) return false;
    any = true;
  }
  return !fields.damaged();
}

// ChaincodeActionPayload{1: proposal payload, 2: ChaincodeEndorsedAction{1: response payload, 2:
// endorsements}}
bool read_action_payload(std::string_view message, Transaction& out, std::string_view& response) {
  Reader fields(message);
  while (fields.next()) {
    if (fields.tag() == wire::bytes(1)) out.proposal_payload = fields.bytes();
    if (fields.tag() != wire::bytes(2)) continue;
    Reader endorsed(fields.bytes());
    while (endorsed.next())
      if (endorsed.tag() == wire::bytes(1)) response = endorsed.bytes();
    if (endorsed.damaged()) return false;
  }
  return !fields.damaged();
}

// ProposalResponsePayload{2: serialized ChaincodeAction}
bool read_response_payload(std::string_view message, std::string_view& action) {
  Reader fields(message);
  while (fields.next())
    if (fields.tag() == wire::bytes(2)) action = fields.bytes();
  return !fields.damaged();
}

bool read_response(std::string_view message, int32_t& status) {
  Reader fields(message);
  while (fields.next())
    if (fields.tag() == wire::varint(1)) status = static_cast<int32_t>(fields.value());
  return !fields.damaged();
}

bool read_action(std::string_view message, Transaction& out) {
  Reader fields(message);
  bool good = true;
  while (fields.next()) {
    switch (fields.tag()) {
      case wire::bytes(1):
        out.results = fields.bytes();
        break;
      case wire::bytes(2):
        out.event = fields.bytes();
        break;
      case wire::bytes(3):
        good &= read_response(fields.bytes(), out.response_status);
        break;
      case wire::bytes(4):
        good &= read_chaincode_id(fields.bytes(), out.chaincode, out.version);
        break;
      default:
        break;
    }
  }
  return good && !fields.damaged();
}

void read_endorser_transaction(std::string_view data, Transaction& out) {
  std::string_view response, action;
  bool any = false;
  if (!read_first_action(data, out.action_payload, any))
    return out.set_undecodable(Part::transaction);
  if (!any) return out.set_undecodable(Part::no_actions);
  if (!read_action_payload(out.action_payload, out, response)) {
    out.action_payload = out.proposal_payload = {};
    return out.set_undecodable(Part::transaction);
  }
  if (!read_response_payload(response, action)) return out.set_undecodable(Part::response_payload);
  if (!read_action(action, out)) {
    out.results = out.event = out.chaincode = out.version = {};
    out.response_status = 0;
    return out.set_undecodable(Part::action);
  }
  out.has_action = true;
}

}  // namespace

std::string_view name(Part part) {
  switch (part) {
    case Part::envelope:
      return "envelope";
    case Part::payload:
      return "payload";
    case Part::channel_header:
      return "channel_header";
    case Part::header_extension:
      return "header_extension";
    case Part::signature_header:
      return "signature_header";
    case Part::creator:
      return "creator";
    case Part::transaction:
      return "transaction";
    case Part::no_actions:
      return "no actions";
    case Part::proposal_payload:
      return "proposal_payload";
    case Part::response_payload:
      return "response_payload";
    case Part::action:
      return "action";
    case Part::event:
      return "event";
    case Part::results:
      return "results";
    case Part::private_data:
      return "private_data";
  }
  return "";
}

Transaction read_transaction(std::string_view envelope) {
  Transaction out;
  std::string_view payload_bytes;
  Reader fields(envelope);
  while (fields.next())
    if (fields.tag() == wire::bytes(1)) payload_bytes = fields.bytes();
  if (fields.damaged()) {
    out.set_undecodable(Part::envelope);
    return out;
  }
  Payload payload;
  if (!read_payload(payload_bytes, payload)) {
    out.set_undecodable(Part::payload);
    return out;
  }
  if (!read_signature_header(payload.signature_header, out.creator)) {
    out.creator = {};
    out.set_undecodable(Part::signature_header);
  }
  Identity identity;
  if (!read_identity(out.creator, identity))
    out.set_undecodable(Part::creator);
  else
    out.creator_msp = identity.msp;
  if (!read_channel_header(payload.channel_header, out)) {
    out.type = 0;
    out.channel = out.id = {};
    out.set_undecodable(Part::channel_header);
    return out;
  }
  if (out.type == kEndorserTransaction) read_endorser_transaction(payload.data, out);
  return out;
}

bool read_event(std::string_view bytes, ChaincodeEvent& out) {
  out = {};
  Reader fields(bytes);
  bool good = true;
  while (fields.next()) {
    switch (fields.tag()) {
      case wire::bytes(1):
        good &= take_text(out.chaincode, fields.bytes());
        break;
      case wire::bytes(2):
        good &= take_text(out.transaction_id, fields.bytes());
        break;
      case wire::bytes(3):
        good &= take_text(out.name, fields.bytes());
        break;
      case wire::bytes(4):
        out.payload = fields.bytes();
        break;
      default:
        break;
    }
  }
  return good && !fields.damaged();
}

bool read_arguments(std::string_view proposal_payload, std::vector<std::string_view>& out,
                    size_t limit) {
  out.clear();
  // ChaincodeProposalPayload{1: serialized ChaincodeInvocationSpec{1: ChaincodeSpec{3:
  // ChaincodeInput{1: args}}}}
  std::string_view invocation;
  Reader outer(proposal_payload);
  while (outer.next())
    if (outer.tag() == wire::bytes(1)) invocation = outer.bytes();
  bool good = !outer.damaged();
  Reader specs(invocation);
  while (specs.next()) {
    if (specs.tag() != wire::bytes(1)) continue;
    Reader inputs(specs.bytes());
    while (inputs.next()) {
      if (inputs.tag() != wire::bytes(3)) continue;
      Reader input(inputs.bytes());
      while (input.next())
        if (input.tag() == wire::bytes(1) && out.size() < limit) out.push_back(input.bytes());
      good &= !input.damaged();
    }
    good &= !inputs.damaged();
  }
  good &= !specs.damaged();
  if (!good) out.clear();
  return good;
}

std::vector<std::string_view> endorsers(const Transaction& transaction) {
  std::vector<std::string_view> out;
  Reader payload(transaction.action_payload);
  while (payload.next()) {
    if (payload.tag() != wire::bytes(2)) continue;
    Reader endorsed(payload.bytes());
    while (endorsed.next()) {
      if (endorsed.tag() != wire::bytes(2)) continue;
      std::string_view endorser;
      Reader endorsement(endorsed.bytes());
      while (endorsement.next())
        if (endorsement.tag() == wire::bytes(1)) endorser = endorsement.bytes();
      out.push_back(endorser);
    }
  }
  return out;
}

bool read_identity(std::string_view bytes, Identity& out) {
  out = {};
  Reader fields(bytes);
  bool good = true;
  while (fields.next()) {
    if (fields.tag() == wire::bytes(1)) good &= take_text(out.msp, fields.bytes());
    if (fields.tag() == wire::bytes(2)) out.certificate = fields.bytes();
  }
  if (good && !fields.damaged()) return true;
  out = {};
  return false;
}

}  // namespace belfry::decode
