#include "sinks/mail.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "base/bytes.h"

namespace belfry::sinks {
namespace {

constexpr size_t kLine = 76;          // of base64, RFC 2045 §6.8
constexpr size_t kLongestLine = 998;  // RFC 5322 §2.1.1
// What fits an encoded word of 75 characters beside "=?UTF-8?B?" and "?=" (RFC 2047 §2), in bytes
// before base64.
constexpr size_t kWord = 45;

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= 0x20 && static_cast<unsigned char>(c) < 0x7f; });
}

// A header's text: as it is if it is ASCII, else in encoded words, never cut within a character.
std::string encode_words(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    size_t size = std::min(text.size(), kWord);
    while (size < text.size() && size > 1 &&
           (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80)
      --size;
    if (!out.empty()) out += "\r\n ";
    out += fmt::format("=?UTF-8?B?{}?=", base64(text.substr(0, size)));
    text.remove_prefix(size);
  }
  return out;
}

std::string date(WallTime now) {
  static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const time_t seconds =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000",
                     kDays[static_cast<size_t>(utc.tm_wday)], utc.tm_mday,
                     kMonths[static_cast<size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                     utc.tm_min, utc.tm_sec);
}

bool goes_plainly(std::string_view text) {
  size_t line = 0;
  for (const char c : text) {
    line = c == '\n' ? 0 : line + 1;
    if ((static_cast<unsigned char>(c) >= 0x7f || c < 0x20) && c != '\n' && c != '\t') return false;
    if (line > kLongestLine) return false;
  }
  return true;
}

void append_body(std::string& out, std::string_view text) {
  if (goes_plainly(text)) {
    out += "Content-Transfer-Encoding: 7bit\r\n\r\n";
    for (const char c : text) c == '\n' ? out += "\r\n" : out += c;
    out += "\r\n";
    return;
  }
  out += "Content-Transfer-Encoding: base64\r\n\r\n";
  const std::string encoded = base64(text);
  for (size_t at = 0; at < encoded.size(); at += kLine)
    (out += encoded.substr(at, kLine)) += "\r\n";
}

}  // namespace

std::optional<std::string> mail_address_problem(std::string_view address) {
  const size_t at = address.find('@');
  const bool good = at != address.npos && at > 0 && at + 1 < address.size() &&
                    address.size() <= 320 && address.find('@', at + 1) == address.npos &&
                    std::all_of(address.begin(), address.end(), [](char c) {
                      return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '<' &&
                             c != '>' && c != ',' && c != ';' && c != '"';
                    });
  if (good) return {};
  return fmt::format("'{}' is no e-mail address, as in board@example.org", address);
}

std::string bare_address(const std::string& address) {
  const size_t open = address.rfind('<');
  if (open == address.npos || !address.ends_with('>')) return address;
  return address.substr(open + 1, address.size() - open - 2);
}

std::string format_mail(const Mail& mail, const std::string& from, WallTime now) {
  const std::string sender = bare_address(from);
  const size_t at = sender.rfind('@');
  const std::string host = at == sender.npos ? "belfry" : sender.substr(at + 1);
  std::string out = fmt::format("From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {}\r\n", from, mail.to,
                                encode_words(mail.subject), date(now));
  if (!mail.id.empty()) out += fmt::format("Message-ID: <{}@{}>\r\n", mail.id, host);
  if (!mail.unsubscribe_url.empty())
    out += fmt::format("List-Unsubscribe: <{}>\r\n", mail.unsubscribe_url);
  out +=
      "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n";
  append_body(out, mail.text);
  return out;
}

}  // namespace belfry::sinks
