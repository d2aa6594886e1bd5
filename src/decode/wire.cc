#include "decode/wire.h"

#include <array>

#include "base/bytes.h"

namespace belfry::decode::wire {

bool take_text(std::string_view& field, std::string_view bytes) {
  field = bytes;
  return is_utf8(bytes);
}

bool Reader::skip_group() {
  std::array<uint32_t, kMaxGroups> open;
  size_t depth = 0;
  open[depth++] = tag_ >> 3;
  while (depth > 0) {
    uint64_t tag, size;
    if (!read_varint(at_, end_, tag) || tag < 8 || tag > UINT32_MAX) return damage();
    const auto number = static_cast<uint32_t>(tag >> 3);
    switch (tag & 7) {
      case 0:
        if (!read_varint(at_, end_, size)) return damage();
        break;
      case 1:
        if (!skip(8)) return false;
        break;
      case 2:
        if (!read_varint(at_, end_, size) || size > static_cast<uint64_t>(end_ - at_))
          return damage();
        at_ += size;
        break;
      case 3:
        if (depth == kMaxGroups) return damage();
        open[depth++] = number;
        break;
      case 4:
        if (open[--depth] != number) return damage();
        break;
      case 5:
        if (!skip(4)) return false;
        break;
      default:
        return damage();
    }
  }
  return true;
}

}  // namespace belfry::decode::wire
