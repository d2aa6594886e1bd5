// DeliverResponse bytes from a peer that may be hostile: an error or views that stay inside the
// message.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "fabric/peer_response.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  const auto inside = [&](std::string_view part) {
    return part.empty() ||
           (part.data() >= message.data() && part.data() + part.size() <= message.data() + size);
  };
  const auto response = belfry::fabric::parse_deliver_response(message);
  if (response) BELFRY_CHECK(inside(response->block));
  return 0;
}
