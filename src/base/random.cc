#include "base/random.h"

#include <openssl/rand.h>

#include <array>
#include <mutex>
#include <random>
#include <utility>

#include "base/check.h"

namespace belfry {
namespace {

// Drawn ahead, a few hundred bytes a thread: the generator's way in costs more than the bytes.
class SecureRandom final : public Random {
 public:
  uint64_t next() override {
    thread_local std::array<uint64_t, 64> drawn;
    thread_local size_t left = 0;
    if (left == 0) {
      BELFRY_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(drawn.data()), sizeof drawn) == 1);
      left = drawn.size();
    }
    return std::exchange(drawn[--left], 0);  // nobody needs to find it here later
  }
};

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : engine_(seed) {}
  uint64_t next() override {
    std::lock_guard lock(mutex_);
    return engine_();
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

}  // namespace

uint64_t Random::below(uint64_t bound) {
  BELFRY_CHECK(bound > 0);
  const uint64_t unfair =
      (0 - bound) % bound;  // 2^64 mod bound: values below it would be too likely
  for (;;) {
    const uint64_t value = next();
    if (value >= unfair) return value % bound;
  }
}

std::string Random::uuid() {
  const uint64_t high = (next() & ~uint64_t{0xf000}) | 0x4000;
  const uint64_t low = (next() >> 2) | uint64_t{1} << 63;
  std::string out(36, '-');
  int digit = 0;
  for (size_t at = 0; at < out.size(); ++at) {
    if (at == 8 || at == 13 || at == 18 || at == 23) continue;
    const uint64_t word = digit < 16 ? high : low;
    out[at] = "0123456789abcdef"[word >> (60 - 4 * (digit % 16)) & 15];
    ++digit;
  }
  return out;
}

Random& secure_random() {
  static SecureRandom random;
  return random;
}

std::unique_ptr<Random> seeded_random(uint64_t seed) {
  return std::make_unique<SeededRandom>(seed);
}

}  // namespace belfry
