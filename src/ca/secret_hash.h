// Enrollment secrets as they are kept: scrypt (RFC 7914) over a salt of their own.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"

namespace belfry::ca {

// How much work a hash is, a power of two: about ten milliseconds and 4 MB for what goes to disk,
// next to none for what never leaves memory, where the start of a test network counts.
inline constexpr uint64_t kCostOnDisk = 4096, kCostInMemory = 16;

// "scrypt$4096$SALT$HASH", block size 8, parallelism 1.
std::string hash_secret(std::string_view secret, uint64_t cost, Random& random);
// Whether the secret is the one. False for a text that is no hash.
bool secret_matches(std::string_view secret, std::string_view hash);
// Twelve letters.
std::string make_secret(Random& random);

}  // namespace belfry::ca
