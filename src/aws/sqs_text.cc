#include "aws/sqs_text.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"

namespace belfry::aws::sqs {
namespace {

// Whether all of eight bytes are printable ASCII, or DEL: the quick way through most text.
bool is_plain(uint64_t eight) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;
  return ((eight | (eight - kOnes * 0x20)) & kHighs) == 0;
}

}  // namespace

bool is_xml_text(std::string_view text) {
  for (uint64_t eight; text.size() >= sizeof eight; text.remove_prefix(sizeof eight)) {
    std::memcpy(&eight, text.data(), sizeof eight);
    if (!is_plain(eight)) break;
  }
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') return false;
    // U+FFFE and U+FFFF are EF BF BE and EF BF BF.
    if (c == 0xEF && i + 2 < text.size() && static_cast<unsigned char>(text[i + 1]) == 0xBF &&
        static_cast<unsigned char>(text[i + 2]) >= 0xBE)
      return false;
  }
  return is_utf8(text);
}

bool is_attribute_text(std::string_view name) {
  static const re2::RE2 good(R"([\p{L}\p{N}_.-]+)");
  return is_utf8(name) && re2::RE2::FullMatch(name, good);
}

bool is_word(std::string_view text, std::string_view small) {
  return std::ranges::equal(text, small, [](char c, char wanted) {
    return (c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) == wanted;
  });
}

}  // namespace belfry::aws::sqs
