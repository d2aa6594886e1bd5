// A 64-bit hash of short texts for the index's tables: multiply and fold, a few nanoseconds for
// what fits 16 bytes. Seeded once per process, so that nobody outside can aim for collisions; what
// is found is always compared whole.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace belfry::match {

uint64_t process_seed();

__extension__ using Wide = unsigned __int128;

inline uint64_t fold_multiply(uint64_t a, uint64_t b) {
  Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t load64(const char* p) {
  uint64_t out;
  std::memcpy(&out, p, 8);
  return out;
}

inline uint64_t load32(const char* p) {
  uint32_t out;
  std::memcpy(&out, p, 4);
  return out;
}

inline uint64_t hash_text(std::string_view text, uint64_t seed) {
  constexpr uint64_t kOne = 0x9e3779b97f4a7c15, kTwo = 0xd6e8feb86659fd93;
  const char* p = text.data();
  size_t size = text.size();
  uint64_t low = 0, high = 0;
  seed ^= kOne;
  if (size > 16) {
    for (; size > 16; p += 16, size -= 16)
      seed = fold_multiply(load64(p) ^ kTwo, load64(p + 8) ^ seed);
    low = load64(p + size - 16);
    high = load64(p + size - 8);
  } else if (size >= 8) {
    low = load64(p);
    high = load64(p + size - 8);
  } else if (size >= 4) {
    low = load32(p);
    high = load32(p + size - 4);
  } else if (size > 0) {
    low = static_cast<uint64_t>(static_cast<unsigned char>(p[0])) << 16 |
          static_cast<uint64_t>(static_cast<unsigned char>(p[size >> 1])) << 8 |
          static_cast<unsigned char>(p[size - 1]);
  }
  return fold_multiply(kTwo ^ text.size(), fold_multiply(low ^ kTwo, high ^ seed));
}

inline uint64_t hash_number(double value, uint64_t seed) {
  if (value == 0) value = 0;  // -0
  uint64_t bits;
  std::memcpy(&bits, &value, 8);
  return fold_multiply(bits ^ 0xa0761d6478bd642f, seed ^ 0xe7037ed1a0b428db);
}

}  // namespace belfry::match
