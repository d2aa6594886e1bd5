// CRC-32C (Castagnoli, RFC 3720 appendix B.4): the checksum of files that belfry writes and of
// Kafka's records. Uses the processor's instruction where there is one, found out at run time, and
// a table elsewhere.
#pragma once

#include <cstdint>
#include <string_view>

namespace belfry {

// Extends the checksum of what came before; begin with 0.
uint32_t crc32c(std::string_view bytes, uint32_t before = 0);

uint32_t crc32c_by_table(std::string_view bytes,
                         uint32_t before = 0);  // the fallback, for tests to compare

}  // namespace belfry
