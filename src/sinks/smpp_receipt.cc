#include "sinks/smpp_receipt.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace belfry::sinks::smpp {
namespace {

// By message_state's value, and by the first letters of the text form's stat.
constexpr std::string_view kStates[] = {"",         "ENROUTE", "DELIVERED",
                                        "EXPIRED",  "DELETED", "UNDELIVERABLE",
                                        "ACCEPTED", "UNKNOWN", "REJECTED"};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

// The word behind `key:` in the text form, or nothing.
std::string_view word(std::string_view text, const std::string& folded, std::string_view key) {
  size_t at = 0;
  while ((at = folded.find(key, at)) != folded.npos) {
    if (at == 0 || folded[at - 1] == ' ') {
      const size_t begin = at + key.size();
      return text.substr(begin, std::min(text.find(' ', begin), text.size()) - begin);
    }
    ++at;
  }
  return {};
}

std::string state_of(std::string_view stat) {
  const std::string folded = upper(stat);
  if (folded.starts_with("DELIV")) return "DELIVERED";
  if (folded.starts_with("DELET")) return "DELETED";
  for (const std::string_view state : kStates)
    if (folded.size() >= 5 && folded.substr(0, 5) == state.substr(0, 5)) return std::string(state);
  return "UNKNOWN";
}

}  // namespace

std::optional<SmsReceipt> receipt_of(const ShortMessage& message) {
  const std::string* id = message.find(Tag::receipted_message_id);
  const std::string* state = message.find(Tag::message_state);
  if ((message.esm_class & 0x3c) != kReceipt && !id) return {};

  SmsReceipt receipt;
  const std::string* payload = message.find(Tag::message_payload);
  const std::string& text = message.text.empty() && payload ? *payload : message.text;
  const std::string folded = upper(text);
  receipt.id = id ? id->substr(0, id->find('\0')) : std::string(word(text, folded, "ID:"));
  if (receipt.id.empty() || receipt.id.size() > 64) return {};
  if (state && state->size() == 1 && (*state)[0] >= 1 &&
      static_cast<size_t>((*state)[0]) < std::size(kStates))
    receipt.state = kStates[static_cast<size_t>((*state)[0])];
  else
    receipt.state = state_of(word(text, folded, "STAT:"));
  receipt.error = std::string(word(text, folded, "ERR:").substr(0, 16));
  if (const std::string* error = message.find(Tag::network_error_code); error && error->size() == 3)
    receipt.error = fmt::format(
        "{}", static_cast<uint8_t>((*error)[1]) << 8 | static_cast<uint8_t>((*error)[2]));
  const Address& phone = message.source;  // receipts come from the phone, as it were
  receipt.to = phone.ton == 1 && !phone.number.starts_with('+') ? '+' + phone.number : phone.number;
  return receipt;
}

}  // namespace belfry::sinks::smpp
