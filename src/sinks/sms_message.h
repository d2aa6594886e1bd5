// What a text message is made of: the phone number it goes to, and the text cut into parts that fit
// the radio interface (3GPP TS 23.038 and 23.040).
//
// Text in the GSM 7-bit default alphabet and its extension takes 160 septets in one part; any other
// text is sent as UCS-2, 70 units of 16 bits. Longer text goes in parts that begin with a header
// (number of the message, count, place), which leaves room for 153 septets or 67 units with an
// 8-bit number, 152 or 66 with a 16-bit one. No part ends within an escape sequence or a surrogate
// pair.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::sinks {

// Why the text is no phone number in international form (ITU-T E.164: a plus, a country code, 7 to
// 15 digits in all, nothing else); none if it is one.
std::optional<std::string> phone_number_problem(std::string_view number);

enum class SmsEncoding { gsm7, ucs2 };
enum class SmsReference {
  bits8,
  bits16
};  // size of the number that joins the parts of one message

struct SmsText {
  SmsEncoding encoding = SmsEncoding::gsm7;
  size_t units = 0;  // septets or 16-bit units of the whole text
  // Without headers. GSM-7: a septet in each byte, as SMPP carries it; UCS-2: two bytes a unit,
  // big-endian. Never empty: an empty text is one empty part.
  std::vector<std::string> parts;
};

// Bytes that are not UTF-8 become U+FFFD.
SmsText split_sms(std::string_view utf8, SmsReference reference = SmsReference::bits8);

// The user data header of part `place` (from 1) of `count`, its length byte first. Both at most
// 255.
std::string concatenation_header(SmsReference reference, uint16_t number, size_t count,
                                 size_t place);

}  // namespace belfry::sinks
