#include "queue/codec.h"

namespace belfry::queue {

void Encoder::varint(uint64_t value) {
  while (value >= 0x80) {
    u8(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  u8(static_cast<uint8_t>(value));
}

int64_t Decoder::time() {
  const int64_t value = i64();
  if (value >= 0 && value <= kLatestTime) return value;
  fail();
  return 0;
}

uint64_t Decoder::varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = u8();
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return ok_ ? value : 0;
  }
  fail();
  return 0;
}

std::string_view Decoder::raw(size_t size) {
  if (size > in_.size()) {
    fail();
    return {};
  }
  const auto out = in_.substr(0, size);
  in_.remove_prefix(size);
  return out;
}

}  // namespace belfry::queue
