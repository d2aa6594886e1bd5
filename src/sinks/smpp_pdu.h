// The SMPP 3.4 wire format (Short Message Peer to Peer Protocol Specification v3.4, issue 1.2):
// what a client that sends messages and hears of their delivery needs. Pure; smpp_session.h speaks
// the protocol with it.
//
// Written here because Debian's libsmpp34 keeps its errors in process-wide buffers, so two threads
// cannot use it, packs through macros over caller-sized buffers, and has no fuzzing: not what
// should parse a provider's bytes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::sinks::smpp {

enum class Command : uint32_t {  // §5.1.2.1
  generic_nack = 0x80000000,
  bind_receiver = 0x00000001,
  bind_transmitter = 0x00000002,
  submit_sm = 0x00000004,
  submit_sm_resp = 0x80000004,
  deliver_sm = 0x00000005,
  deliver_sm_resp = 0x80000005,
  unbind = 0x00000006,
  unbind_resp = 0x80000006,
  bind_transceiver = 0x00000009,
  outbind = 0x0000000b,
  enquire_link = 0x00000015,
  enquire_link_resp = 0x80000015,
  alert_notification = 0x00000102,
};
constexpr bool is_response(Command command) {
  return static_cast<uint32_t>(command) & 0x80000000;
}
constexpr Command response_to(Command command) {
  return static_cast<Command>(static_cast<uint32_t>(command) | 0x80000000);
}

struct Pdu {
  Command command{};
  uint32_t status = 0;
  uint32_t sequence = 0;
  std::string_view body;
};

constexpr size_t kHeaderSize = 16;
constexpr size_t kLargestPdu = 64 << 10;  // bytes; far above any message the standard allows

std::string encode(const Pdu& pdu);

// The PDU at the front of a stream of bytes.
enum class Framing { whole, incomplete, broken };
Framing next_pdu(std::string_view bytes, Pdu& pdu,
                 size_t& size);  // broken: its length is out of bounds

struct Address {
  uint8_t ton = 0, npi = 0;
  std::string number;  // at most 20 characters
};

struct Bind {
  std::string system_id;    // at most 15 characters
  std::string password;     // at most 8
  std::string system_type;  // at most 12
  uint8_t ton = 0, npi = 0;
  std::string address_range;  // at most 40
};
std::string encode_bind(const Bind& bind);

enum class Tag : uint16_t {  // §5.3.2
  receipted_message_id = 0x001e,
  network_error_code = 0x0423,
  message_payload = 0x0424,
  message_state = 0x0427,
};

struct ShortMessage {        // the body of submit_sm and deliver_sm
  std::string service_type;  // at most 5 characters
  Address source, destination;
  uint8_t esm_class = 0;
  uint8_t protocol_id = 0;
  uint8_t priority = 0;
  std::string schedule, validity;  // §7.1.1, 16 characters, or empty
  uint8_t registered_delivery = 0;
  uint8_t replace_if_present = 0;
  uint8_t data_coding = 0;
  uint8_t default_message = 0;
  std::string text;                          // at most 254 bytes
  std::map<uint16_t, std::string> optional;  // by tag

  const std::string* find(Tag tag) const;
};
constexpr uint8_t kHasHeader = 0x40;      // esm_class: the text begins with a user data header
constexpr uint8_t kReceipt = 0x04;        // esm_class & 0x3c of deliver_sm
constexpr uint8_t kCodingDefault = 0x00;  // data_coding: the message centre's alphabet
constexpr uint8_t kCodingUcs2 = 0x08;

std::string encode_short_message(const ShortMessage& message);
std::optional<ShortMessage> decode_short_message(std::string_view body);  // none if malformed
std::optional<std::string> decode_message_id(
    std::string_view body);  // of submit_sm_resp; none if malformed

// What an error means for the message (§5.1.3).
enum class Meaning {
  accepted,
  throttled,  // send more slowly, then the same again
  retry,      // the fault may pass
  rebind,     // the session is of no use
  permanent,  // this message never will do
};
Meaning meaning_of(uint32_t status);
std::string status_name(
    uint32_t status);  // "ESME_RTHROTTLED (throttling error)", "error 0x00000400"

}  // namespace belfry::sinks::smpp
