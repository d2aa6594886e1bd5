// Bytes of a common.Block, or of one with private data, from a peer that may be hostile: an error,
// or events whose views stay inside the bytes.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "decode/events.h"

namespace {

using namespace belfry;

void walk_through(const decode::Block& block, std::string_view bytes) {
  const auto inside = [&](std::string_view part) {
    return part.empty() || (part.data() >= bytes.data() &&
                            part.data() + part.size() <= bytes.data() + bytes.size());
  };
  (void)decode::data_hash(block);
  event::Position last{};
  uint32_t events = 0;
  (void)decode::walk(block, {}, 0, [&](const event::Event& event) {
    for (const auto part :
         {event.transaction_id, event.creator.msp, event.chaincode, event.event_name, event.payload,
          event.key, event.collection, event.function, event.previous_hash})
      BELFRY_CHECK(inside(part));
    const auto& at = event.position;
    const auto order = [](const event::Position& p) {
      return std::tuple(p.transaction, p.kind, p.index);
    };
    BELFRY_CHECK(events++ == 0 || order(last) < order(at));
    last = at;
    return true;
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto block = decode::parse_block(nullptr, bytes)) walk_through(*block, bytes);
  if (const auto block = decode::parse_block_and_private_data(nullptr, bytes))
    walk_through(*block, bytes);
  return 0;
}
