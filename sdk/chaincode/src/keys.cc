#include "belfry/chaincode/keys.h"

namespace belfry::chaincode {
namespace {

constexpr std::string_view kLastCharacter =
    "\xf4\x8f\xbf\xbf";  // U+10FFFF, the end of a range over composite keys

Result<> check(std::string_view part) {
  if (!is_utf8(part)) return Error{"a part of a composite key is not UTF-8"};
  if (part.find('\0') != part.npos || part.find(kLastCharacter) != part.npos) {
    return Error{"a part of a composite key contains U+0000 or U+10FFFF"};
  }
  return {};
}

}  // namespace

Result<std::string> composite_key(std::string_view type,
                                  const std::vector<std::string>& attributes) {
  if (auto fine = check(type); !fine) return fine.error();
  std::string key(1, '\0');
  key.append(type).push_back('\0');
  for (const auto& attribute : attributes) {
    if (auto fine = check(attribute); !fine) return fine.error();
    key.append(attribute).push_back('\0');
  }
  return key;
}

Result<CompositeKey> split_composite_key(std::string_view key) {
  if (key.size() < 2 || key.front() != '\0' || key.back() != '\0')
    return Error{"not a composite key"};
  key.remove_prefix(1);
  CompositeKey out;
  for (bool first = true; !key.empty(); first = false) {
    const auto end = key.find('\0');
    (first ? out.type : out.attributes.emplace_back()) = key.substr(0, end);
    key.remove_prefix(end + 1);
  }
  return out;
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xC2 && lead < 0xE0 ? 2
                               : (lead & 0xF0) == 0xE0       ? 3
                               : lead >= 0xF0 && lead < 0xF5 ? 4
                                                             : 0;
    if (length == 0 || length > text.size() - at) return false;
    unsigned code = length == 1 ? lead : lead & (0xFFu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
      const auto next = static_cast<unsigned char>(text[at + i]);
      if ((next & 0xC0) != 0x80) return false;
      code = code << 6 | (next & 0x3Fu);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    if (overlong || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    at += length;
  }
  return true;
}

}  // namespace belfry::chaincode
