// Message ids: UUIDs (RFC 9562, version 4) as text, packed to their 16 bytes in the log. Chosen
// fast: one seed from the process's randomness, then a generator of its own, since ids must be
// unique but need not be secret.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"

namespace belfry::queue {

inline constexpr size_t kPackedIdSize = 16;

// The bytes of a lower-case UUID; none for any other text.
std::optional<std::array<char, kPackedIdSize>> pack_id(std::string_view id);
std::string unpack_id(std::string_view bytes);  // of kPackedIdSize; empty if not

// Not thread-safe.
class MessageIds {
 public:
  explicit MessageIds(Random& random);
  std::string next();

 private:
  uint64_t step();
  uint64_t state_[4];  // xoshiro256**
};

}  // namespace belfry::queue
