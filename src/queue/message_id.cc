#include "queue/message_id.h"

#include <bit>
#include <cstring>

namespace belfry::queue {
namespace {

constexpr char kDigits[] = "0123456789abcdef";
constexpr size_t kTextSize = 36;

constexpr bool is_dash(size_t at) {
  return at == 8 || at == 13 || at == 18 || at == 23;
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::optional<std::array<char, kPackedIdSize>> pack_id(std::string_view id) {
  if (id.size() != kTextSize) return std::nullopt;
  std::array<char, kPackedIdSize> out;
  size_t to = 0;
  for (size_t at = 0; at < kTextSize;) {
    if (is_dash(at)) {
      if (id[at++] != '-') return std::nullopt;
      continue;
    }
    const int high = digit(id[at]), low = digit(id[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out[to++] = static_cast<char>(high << 4 | low);
    at += 2;
  }
  return out;
}

std::string unpack_id(std::string_view bytes) {
  if (bytes.size() != kPackedIdSize) return {};
  std::string out(kTextSize, '-');
  size_t at = 0;
  for (const char c : bytes) {
    if (is_dash(at)) ++at;
    out[at++] = kDigits[static_cast<unsigned char>(c) >> 4];
    out[at++] = kDigits[c & 15];
  }
  return out;
}

MessageIds::MessageIds(Random& random) {
  for (auto& word : state_) word = random.next();
  state_[0] |= 1;  // all zeroes would stay so
}

uint64_t MessageIds::step() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::string MessageIds::next() {
  char bytes[kPackedIdSize];
  const uint64_t words[2] = {step(), step()};
  std::memcpy(bytes, words, sizeof bytes);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  return unpack_id({bytes, sizeof bytes});
}

}  // namespace belfry::queue
