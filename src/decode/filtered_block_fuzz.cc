// Bytes of a peer.FilteredBlock from a peer that may be hostile.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "decode/events.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace belfry;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto block = decode::parse_filtered_block(nullptr, bytes);
  if (!block) return 0;
  size_t transactions = 0;
  (void)decode::walk(*block, {}, 0, [&](const event::Event& event) {
    BELFRY_CHECK(!event.has_payload && event.payload.empty());
    transactions += event.position.kind == event::Kind::transaction;
    return true;
  });
  BELFRY_CHECK(transactions == block->transactions.size());
  return 0;
}
