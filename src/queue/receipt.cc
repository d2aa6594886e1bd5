#include "queue/receipt.h"

#include "base/crc32c.h"
#include "queue/codec.h"

namespace belfry::queue {
namespace {

constexpr size_t kBytes = 4 + 8 + 4 + 4;
constexpr char kDigits[] = "0123456789abcdef";

uint32_t checksum(std::string_view bytes, uint64_t salt) {
  char seed[sizeof salt];
  std::memcpy(seed, &salt, sizeof seed);
  return crc32c(bytes, crc32c({seed, sizeof seed}));
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::string to_text(const Receipt& receipt, uint64_t salt) {
  char bytes[kBytes];
  std::memcpy(bytes, &receipt.queue, 4);
  std::memcpy(bytes + 4, &receipt.sequence, 8);
  std::memcpy(bytes + 12, &receipt.receives, 4);
  const uint32_t sum = checksum({bytes, 16}, salt);
  std::memcpy(bytes + 16, &sum, 4);
  std::string out(2 * kBytes, '0');
  for (size_t i = 0; i < kBytes; ++i) {
    out[2 * i] = kDigits[static_cast<unsigned char>(bytes[i]) >> 4];
    out[2 * i + 1] = kDigits[bytes[i] & 15];
  }
  return out;
}

std::optional<Receipt> parse_receipt(std::string_view text, uint64_t salt) {
  if (text.size() != 2 * kBytes) return std::nullopt;
  char bytes[kBytes];
  for (size_t i = 0; i < kBytes; ++i) {
    const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<char>(high << 4 | low);
  }
  Decoder decoder({bytes, kBytes});
  Receipt receipt;
  receipt.queue = decoder.u32();
  receipt.sequence = decoder.u64();
  receipt.receives = decoder.u32();
  if (decoder.u32() != checksum({bytes, 16}, salt)) return std::nullopt;
  return receipt;
}

}  // namespace belfry::queue
