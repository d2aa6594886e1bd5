#include "event/event.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace belfry::event {
namespace {

constexpr size_t kGenesisDigits = 64;  // hex of a sha256

// Fabric's peer.TxValidationCode, 0 to 25; 254 and 255 stand apart.
constexpr std::string_view kValidationNames[] = {
    "VALID",
    "NIL_ENVELOPE",
    "BAD_PAYLOAD",
    "BAD_COMMON_HEADER",
    "BAD_CREATOR_SIGNATURE",
    "INVALID_ENDORSER_TRANSACTION",
    "INVALID_CONFIG_TRANSACTION",
    "UNSUPPORTED_TX_PAYLOAD",
    "BAD_PROPOSAL_TXID",
    "DUPLICATE_TXID",
    "ENDORSEMENT_POLICY_FAILURE",
    "MVCC_READ_CONFLICT",
    "PHANTOM_READ_CONFLICT",
    "UNKNOWN_TX_TYPE",
    "TARGET_CHAIN_NOT_FOUND",
    "MARSHAL_TX_ERROR",
    "NIL_TXACTION",
    "EXPIRED_CHAINCODE",
    "CHAINCODE_VERSION_CONFLICT",
    "BAD_HEADER_EXTENSION",
    "BAD_CHANNEL_HEADER",
    "BAD_RESPONSE_PAYLOAD",
    "BAD_RWSET",
    "ILLEGAL_WRITESET",
    "INVALID_WRITESET",
    "INVALID_CHAINCODE",
};

// Fabric's common.HeaderType.
constexpr std::string_view kHeaderTypes[] = {"MESSAGE",
                                             "CONFIG",
                                             "CONFIG_UPDATE",
                                             "ENDORSER_TRANSACTION",
                                             "ORDERER_TRANSACTION",
                                             "DELIVER_SEEK_INFO",
                                             "CHAINCODE_PACKAGE"};

void append_number(std::string& out, uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

// Takes the text up to the next slash, or all of it.
std::string_view take_part(std::string_view& rest) {
  const size_t slash = rest.find('/');
  const auto part = rest.substr(0, slash);
  rest = slash == rest.npos ? std::string_view() : rest.substr(slash + 1);
  return part;
}

// A decimal number as append_number writes it.
template <class Number>
bool read_number(std::string_view part, Number& number) {
  if (part.empty() || (part.size() > 1 && part.front() == '0')) return false;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
  return error == std::errc() && end == part.data() + part.size();
}

}  // namespace

void append_id(std::string& out, const Position& position) {
  out += position.genesis;
  out += '/';
  append_number(out, position.block);
  out += '/';
  append_number(out, position.transaction);
  out += '/';
  out += name(position.kind);
  out += '/';
  append_number(out, position.index);
}

std::string Position::id() const {
  std::string out;
  append_id(out, *this);
  return out;
}

std::optional<Position> parse_id(std::string_view id) {
  if (std::count(id.begin(), id.end(), '/') != 4) return std::nullopt;
  Position position;
  position.genesis = take_part(id);
  const bool is_hash = position.genesis.size() == kGenesisDigits &&
                       position.genesis.find_first_not_of("0123456789abcdef") == id.npos;
  if (!is_hash || !read_number(take_part(id), position.block) ||
      !read_number(take_part(id), position.transaction))
    return std::nullopt;
  const auto* kind = std::find(std::begin(kKindNames), std::end(kKindNames), take_part(id));
  if (kind == std::end(kKindNames) || !read_number(id, position.index)) return std::nullopt;
  position.kind = static_cast<Kind>(kind - std::begin(kKindNames));
  return position;
}

std::string validation_name(uint8_t code) {
  if (code < std::size(kValidationNames)) return std::string(kValidationNames[code]);
  if (code == 254) return "NOT_VALIDATED";
  if (code == 255) return "INVALID_OTHER_REASON";
  return fmt::format("CODE_{}", code);
}

std::string header_type_name(int32_t type) {
  if (type >= 0 && type < static_cast<int32_t>(std::size(kHeaderTypes)))
    return std::string(kHeaderTypes[type]);
  return fmt::format("TYPE_{}", type);
}

}  // namespace belfry::event
