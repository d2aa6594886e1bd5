#include "base/random.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <mutex>
#include <random>

#include "base/check.h"

namespace belfry {
namespace {

class SecureRandom final : public Random {
 public:
  uint64_t next() override {
    uint64_t value = 0;
    BELFRY_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(&value), sizeof value) == 1);
    return value;
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
  const uint64_t unfair = (0 - bound) % bound;  // 2^64 mod bound: values below it would be too likely
  for (;;) {
    const uint64_t value = next();
    if (value >= unfair) return value % bound;
  }
}

std::string Random::uuid() {
  const uint64_t high = (next() & ~uint64_t{0xf000}) | 0x4000;
  const uint64_t low = (next() >> 2) | uint64_t{1} << 63;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xffff, high & 0xffff,
                     low >> 48, low & 0xffffffffffff);
}

Random& secure_random() {
  static SecureRandom random;
  return random;
}

std::unique_ptr<Random> seeded_random(uint64_t seed) { return std::make_unique<SeededRandom>(seed); }

}  // namespace belfry
