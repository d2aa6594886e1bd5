// Receipt handles: which receive of which message, with a checksum that tells a handle from
// garbage. They are not secrets; who may use a queue is decided elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "queue/store.h"

namespace belfry::queue {

struct Receipt {
  QueueId queue = 0;
  uint64_t sequence = 0;
  uint32_t receives = 0;  // the message's count at that receive
};

std::string to_text(const Receipt& receipt, uint64_t salt);  // salt: the store's
std::optional<Receipt> parse_receipt(std::string_view text,
                                     uint64_t salt);  // none: no handle of this store

}  // namespace belfry::queue
