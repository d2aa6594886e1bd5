#include "sinks/smpp_pdu.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace belfry::sinks::smpp {
namespace {

void put16(std::string& out, uint16_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value & 0xff);
}

void put32(std::string& out, uint32_t value) {
  put16(out, static_cast<uint16_t>(value >> 16));
  put16(out, static_cast<uint16_t>(value & 0xffff));
}

uint32_t get(std::string_view bytes) {
  uint32_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

// A C-octet string of at most `most` bytes without its end.
void put_text(std::string& out, std::string_view text, size_t most) {
  BELFRY_CHECK(text.size() <= most && text.find('\0') == text.npos);
  out.append(text).push_back('\0');
}

void put_address(std::string& out, const Address& address) {
  out += static_cast<char>(address.ton);
  out += static_cast<char>(address.npi);
  put_text(out, address.number, 20);
}

// Takes fields off the front; once one is missing, it and all that follow are empty and good() is
// false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool good() const { return good_; }
  bool at_end() const { return bytes_.empty(); }

  std::string_view take(size_t count) {
    if (!good_ || count > bytes_.size()) return good_ = false, std::string_view();
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  uint8_t byte() { return static_cast<uint8_t>(get(take(1))); }
  uint16_t half() { return static_cast<uint16_t>(get(take(2))); }
  std::string text(size_t most) {
    const size_t end = bytes_.substr(0, most + 1).find('\0');
    if (end == bytes_.npos) return good_ = false, std::string();
    return std::string(take(end + 1).substr(0, end));
  }
  Address address() {
    Address address;
    address.ton = byte();
    address.npi = byte();
    address.number = text(20);
    return address;
  }

 private:
  std::string_view bytes_;
  bool good_ = true;
};

struct Status {
  uint32_t code;
  const char* name;
  const char* words;
  Meaning meaning;
};
// §5.1.3, in its order.
constexpr Status kStatuses[] = {
    {0x00000001, "ESME_RINVMSGLEN", "invalid message length", Meaning::permanent},
    {0x00000002, "ESME_RINVCMDLEN", "invalid command length", Meaning::permanent},
    {0x00000003, "ESME_RINVCMDID", "invalid command", Meaning::permanent},
    {0x00000004, "ESME_RINVBNDSTS", "wrong bind status for this command", Meaning::rebind},
    {0x00000005, "ESME_RALYBND", "already bound", Meaning::retry},
    {0x00000006, "ESME_RINVPRTFLG", "invalid priority", Meaning::permanent},
    {0x00000007, "ESME_RINVREGDLVFLG", "invalid registered delivery", Meaning::permanent},
    {0x00000008, "ESME_RSYSERR", "system error", Meaning::retry},
    {0x0000000a, "ESME_RINVSRCADR", "invalid source address", Meaning::permanent},
    {0x0000000b, "ESME_RINVDSTADR", "invalid destination address", Meaning::permanent},
    {0x0000000c, "ESME_RINVMSGID", "invalid message id", Meaning::permanent},
    {0x0000000d, "ESME_RBINDFAIL", "bind failed", Meaning::rebind},
    {0x0000000e, "ESME_RINVPASWD", "invalid password", Meaning::rebind},
    {0x0000000f, "ESME_RINVSYSID", "invalid system id", Meaning::rebind},
    {0x00000011, "ESME_RCANCELFAIL", "cancel failed", Meaning::permanent},
    {0x00000013, "ESME_RREPLACEFAIL", "replace failed", Meaning::permanent},
    {0x00000014, "ESME_RMSGQFUL", "message queue full", Meaning::throttled},
    {0x00000015, "ESME_RINVSERTYP", "invalid service type", Meaning::permanent},
    {0x00000033, "ESME_RINVNUMDESTS", "invalid number of destinations", Meaning::permanent},
    {0x00000034, "ESME_RINVDLNAME", "invalid distribution list", Meaning::permanent},
    {0x00000040, "ESME_RINVDESTFLAG", "invalid destination flag", Meaning::permanent},
    {0x00000042, "ESME_RINVSUBREP", "invalid replace request", Meaning::permanent},
    {0x00000043, "ESME_RINVESMCLASS", "invalid esm_class", Meaning::permanent},
    {0x00000044, "ESME_RCNTSUBDL", "cannot submit to distribution list", Meaning::permanent},
    {0x00000045, "ESME_RSUBMITFAIL", "submit failed", Meaning::retry},
    {0x00000048, "ESME_RINVSRCTON", "invalid source type of number", Meaning::permanent},
    {0x00000049, "ESME_RINVSRCNPI", "invalid source numbering plan", Meaning::permanent},
    {0x00000050, "ESME_RINVDSTTON", "invalid destination type of number", Meaning::permanent},
    {0x00000051, "ESME_RINVDSTNPI", "invalid destination numbering plan", Meaning::permanent},
    {0x00000053, "ESME_RINVSYSTYP", "invalid system type", Meaning::rebind},
    {0x00000054, "ESME_RINVREPFLAG", "invalid replace flag", Meaning::permanent},
    {0x00000055, "ESME_RINVNUMMSGS", "invalid number of messages", Meaning::permanent},
    {0x00000058, "ESME_RTHROTTLED", "throttling error", Meaning::throttled},
    {0x00000061, "ESME_RINVSCHED", "invalid scheduled delivery time", Meaning::permanent},
    {0x00000062, "ESME_RINVEXPIRY", "invalid validity period", Meaning::permanent},
    {0x00000063, "ESME_RINVDFTMSGID", "invalid predefined message", Meaning::permanent},
    {0x00000064, "ESME_RX_T_APPN", "temporary application error", Meaning::retry},
    {0x00000065, "ESME_RX_P_APPN", "permanent application error", Meaning::permanent},
    {0x00000066, "ESME_RX_R_APPN", "rejected by the application", Meaning::permanent},
    {0x00000067, "ESME_RQUERYFAIL", "query failed", Meaning::permanent},
    {0x000000c0, "ESME_RINVOPTPARSTREAM", "error in the optional part", Meaning::permanent},
    {0x000000c1, "ESME_ROPTPARNOTALLWD", "optional parameter not allowed", Meaning::permanent},
    {0x000000c2, "ESME_RINVPARLEN", "invalid parameter length", Meaning::permanent},
    {0x000000c3, "ESME_RMISSINGOPTPARAM", "optional parameter missing", Meaning::permanent},
    {0x000000c4, "ESME_RINVOPTPARAMVAL", "invalid optional parameter", Meaning::permanent},
    {0x000000fe, "ESME_RDELIVERYFAILURE", "delivery failure", Meaning::retry},
    {0x000000ff, "ESME_RUNKNOWNERR", "unknown error", Meaning::retry},
};

const Status* find_status(uint32_t code) {
  const auto* found = std::find_if(std::begin(kStatuses), std::end(kStatuses),
                                   [&](const Status& status) { return status.code == code; });
  return found == std::end(kStatuses) ? nullptr : found;
}

}  // namespace

std::string encode(const Pdu& pdu) {
  std::string out;
  out.reserve(kHeaderSize + pdu.body.size());
  put32(out, static_cast<uint32_t>(kHeaderSize + pdu.body.size()));
  put32(out, static_cast<uint32_t>(pdu.command));
  put32(out, pdu.status);
  put32(out, pdu.sequence);
  return out.append(pdu.body);
}

Framing next_pdu(std::string_view bytes, Pdu& pdu, size_t& size) {
  if (bytes.size() < 4) return Framing::incomplete;
  size = get(bytes.substr(0, 4));
  if (size < kHeaderSize || size > kLargestPdu) return Framing::broken;
  if (bytes.size() < size) return Framing::incomplete;
  pdu.command = static_cast<Command>(get(bytes.substr(4, 4)));
  pdu.status = get(bytes.substr(8, 4));
  pdu.sequence = get(bytes.substr(12, 4));
  pdu.body = bytes.substr(kHeaderSize, size - kHeaderSize);
  return Framing::whole;
}

std::string encode_bind(const Bind& bind) {
  std::string out;
  put_text(out, bind.system_id, 15);
  put_text(out, bind.password, 8);
  put_text(out, bind.system_type, 12);
  out += '\x34';  // interface_version
  out += static_cast<char>(bind.ton);
  out += static_cast<char>(bind.npi);
  put_text(out, bind.address_range, 40);
  return out;
}

const std::string* ShortMessage::find(Tag tag) const {
  const auto found = optional.find(static_cast<uint16_t>(tag));
  return found == optional.end() ? nullptr : &found->second;
}

std::string encode_short_message(const ShortMessage& message) {
  BELFRY_CHECK(message.text.size() <= 254);
  std::string out;
  put_text(out, message.service_type, 5);
  put_address(out, message.source);
  put_address(out, message.destination);
  for (const uint8_t byte : {message.esm_class, message.protocol_id, message.priority})
    out += static_cast<char>(byte);
  put_text(out, message.schedule, 16);
  put_text(out, message.validity, 16);
  for (const uint8_t byte :
       {message.registered_delivery, message.replace_if_present, message.data_coding,
        message.default_message, static_cast<uint8_t>(message.text.size())})
    out += static_cast<char>(byte);
  out += message.text;
  for (const auto& [tag, value] : message.optional) {
    put16(out, tag);
    put16(out, static_cast<uint16_t>(value.size()));
    out += value;
  }
  return out;
}

std::optional<ShortMessage> decode_short_message(std::string_view body) {
  Reader reader(body);
  ShortMessage message;
  message.service_type = reader.text(5);
  message.source = reader.address();
  message.destination = reader.address();
  message.esm_class = reader.byte();
  message.protocol_id = reader.byte();
  message.priority = reader.byte();
  message.schedule = reader.text(16);
  message.validity = reader.text(16);
  message.registered_delivery = reader.byte();
  message.replace_if_present = reader.byte();
  message.data_coding = reader.byte();
  message.default_message = reader.byte();
  message.text = reader.take(reader.byte());
  while (reader.good() && !reader.at_end()) {
    const uint16_t tag = reader.half();
    message.optional[tag] = reader.take(reader.half());
  }
  if (!reader.good()) return {};
  return message;
}

std::optional<std::string> decode_message_id(std::string_view body) {
  Reader reader(body);
  std::string id = reader.text(64);
  if (!reader.good()) return {};
  return id;
}

Meaning meaning_of(uint32_t status) {
  if (status == 0) return Meaning::accepted;
  const Status* known = find_status(status);
  return known ? known->meaning
               : Meaning::retry;  // a provider's own code says nothing that could be relied on
}

std::string status_name(uint32_t status) {
  if (status == 0) return "ESME_ROK";
  if (const Status* known = find_status(status))
    return fmt::format("{} ({})", known->name, known->words);
  return fmt::format("error {:#010x}", status);
}

}  // namespace belfry::sinks::smpp
