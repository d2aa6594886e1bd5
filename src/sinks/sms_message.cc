#include "sinks/sms_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/check.h"

namespace belfry::sinks {
namespace {

constexpr char kEscape = 0x1b;

// 3GPP TS 23.038 §6.2.1: the default alphabet, in the order of its codes. 0x1b is the escape.
constexpr char32_t kAlphabet[128] = {
    U'@', U'£', U'$', U'¥', U'è', U'é', U'ù', U'ì', U'ò', U'Ç',  U'\n', U'Ø', U'ø', U'\r', U'Å',
    U'å', U'Δ', U'_', U'Φ', U'Γ', U'Λ', U'Ω', U'Π', U'Ψ', U'Σ',  U'Θ',  U'Ξ', 0,    U'Æ',  U'æ',
    U'ß', U'É', U' ', U'!', U'"', U'#', U'¤', U'%', U'&', U'\'', U'(',  U')', U'*', U'+',  U',',
    U'-', U'.', U'/', U'0', U'1', U'2', U'3', U'4', U'5', U'6',  U'7',  U'8', U'9', U':',  U';',
    U'<', U'=', U'>', U'?', U'¡', U'A', U'B', U'C', U'D', U'E',  U'F',  U'G', U'H', U'I',  U'J',
    U'K', U'L', U'M', U'N', U'O', U'P', U'Q', U'R', U'S', U'T',  U'U',  U'V', U'W', U'X',  U'Y',
    U'Z', U'Ä', U'Ö', U'Ñ', U'Ü', U'§', U'¿', U'a', U'b', U'c',  U'd',  U'e', U'f', U'g',  U'h',
    U'i', U'j', U'k', U'l', U'm', U'n', U'o', U'p', U'q', U'r',  U's',  U't', U'u', U'v',  U'w',
    U'x', U'y', U'z', U'ä', U'ö', U'ñ', U'ü', U'à'};
// §6.2.1.1: the extension, each behind an escape.
constexpr std::pair<char32_t, char> kExtension[] = {
    {U'\f', 0x0a}, {U'^', 0x14}, {U'{', 0x28}, {U'}', 0x29}, {U'\\', 0x2f},
    {U'[', 0x3c},  {U'~', 0x3d}, {U']', 0x3e}, {U'|', 0x40}, {U'€', 0x65}};

const std::unordered_map<char32_t, std::string>& gsm_codes() {
  static const auto codes = [] {
    std::unordered_map<char32_t, std::string> table;
    for (int code = 0; code < 128; ++code)
      if (code != kEscape) table[kAlphabet[code]] = std::string(1, static_cast<char>(code));
    for (const auto& [character, code] : kExtension) table[character] = {kEscape, code};
    return table;
  }();
  return codes;
}

// Takes one character off the front; U+FFFD for each byte that begins none.
char32_t next_character(std::string_view& text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t length = first < 0x80                    ? 1
                        : first >= 0xc2 && first < 0xe0 ? 2
                        : (first & 0xf0) == 0xe0        ? 3
                        : first >= 0xf0 && first < 0xf5 ? 4
                                                        : 0;
  char32_t character = length == 1 ? first : first & (0x7f >> length);
  bool good = length > 0 && length <= text.size();
  for (size_t i = 1; good && i < length; ++i) {
    good = (byte(i) & 0xc0) == 0x80;
    character = character << 6 | (byte(i) & 0x3f);
  }
  good = good && character <= 0x10ffff && (character < 0xd800 || character > 0xdfff) &&
         !(length == 3 && character < 0x800) && !(length == 4 && character < 0x10000);
  text.remove_prefix(good ? length : 1);
  return good ? character : U'\ufffd';
}

void append_unit(std::string& out, char32_t unit) {
  out += static_cast<char>(unit >> 8 & 0xff);
  out += static_cast<char>(unit & 0xff);
}

std::string ucs2_code(char32_t character) {
  std::string code;
  if (character < 0x10000) {
    append_unit(code, character);
  } else {
    append_unit(code, 0xd800 + ((character - 0x10000) >> 10));
    append_unit(code, 0xdc00 + ((character - 0x10000) & 0x3ff));
  }
  return code;
}

}  // namespace

std::optional<std::string> phone_number_problem(std::string_view number) {
  const auto bad = [&](std::string_view why) {
    return fmt::format("'{}' is no phone number: {}, as in +15555550100", number, why);
  };
  if (number.empty()) return bad("it is empty; give a plus, the country code and the number");
  if (number[0] != '+') return bad("it does not begin with a plus and the country code");
  const std::string_view digits = number.substr(1);
  const size_t odd = digits.find_first_not_of("0123456789");
  if (odd != digits.npos) {
    const auto byte = static_cast<unsigned char>(digits[odd]);
    return bad(byte > 0x20 && byte < 0x7f
                   ? fmt::format("'{}' at place {} is no digit", digits[odd], odd + 2)
                   : fmt::format("the character at place {} is no digit", odd + 2));
  }
  if (digits.starts_with('0')) return bad("no country code begins with 0");
  if (digits.size() < 7) return bad(fmt::format("it has {} digits, too few", digits.size()));
  if (digits.size() > 15)
    return bad(fmt::format("it has {} digits, at most 15 are possible", digits.size()));
  return {};
}

SmsText split_sms(std::string_view utf8, SmsReference reference) {
  std::vector<char32_t> characters;
  for (std::string_view left = utf8; !left.empty();) characters.push_back(next_character(left));
  const auto& gsm = gsm_codes();
  const bool is_gsm = std::all_of(characters.begin(), characters.end(),
                                  [&](char32_t c) { return gsm.contains(c); });

  SmsText text;
  text.encoding = is_gsm ? SmsEncoding::gsm7 : SmsEncoding::ucs2;
  std::vector<std::string> codes;  // of one character each: what must stay together
  size_t bytes = 0;
  for (const char32_t character : characters) {
    codes.push_back(is_gsm ? gsm.at(character) : ucs2_code(character));
    bytes += codes.back().size();
  }
  const size_t unit = is_gsm ? 1 : 2;
  text.units = bytes / unit;
  const size_t whole = is_gsm ? 160 : 140;  // bytes as written here
  const size_t in_parts = is_gsm ? (reference == SmsReference::bits8 ? 153 : 152)
                                 : (reference == SmsReference::bits8 ? 134 : 132);
  const size_t room = bytes <= whole ? whole : in_parts;
  text.parts.emplace_back();
  for (const auto& code : codes) {
    if (text.parts.back().size() + code.size() > room) text.parts.emplace_back();
    text.parts.back() += code;
  }
  return text;
}

// 3GPP TS 23.040 §9.2.3.24.1 and .8: information elements 0x00 and 0x08.
std::string concatenation_header(SmsReference reference, uint16_t number, size_t count,
                                 size_t place) {
  BELFRY_CHECK(count <= 255 && place >= 1 && place <= count);
  std::string header = reference == SmsReference::bits8 ? std::string("\x05\x00\x03", 3)
                                                        : std::string("\x06\x08\x04", 3);
  if (reference == SmsReference::bits16) header += static_cast<char>(number >> 8);
  header += static_cast<char>(number & 0xff);
  header += static_cast<char>(count);
  header += static_cast<char>(place);
  return header;
}

}  // namespace belfry::sinks
