// Randomness as an argument, so that a test run can be repeated from its seed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace belfry {

class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t next() = 0;          // uniform over 64 bits; thread-safe
  uint64_t below(uint64_t bound);       // uniform in [0, bound); bound > 0
  std::string uuid();                   // version 4, lower case with dashes
};

Random& secure_random();                               // the system's, for the life of the process
std::unique_ptr<Random> seeded_random(uint64_t seed);  // the same sequence for the same seed

}  // namespace belfry
