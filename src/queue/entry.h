// What the index knows of one message; its body stays in the log. 64 bytes, the same in memory, in
// the spill file and in a checkpoint.
#pragma once

#include <cstdint>

#include "queue/log_format.h"

namespace belfry::queue {

enum class EntryState : uint8_t {
  gone = 0,     // a hole left in its page
  ready = 1,    // may be received
  delayed = 2,  // until due
  leased = 3,   // until due
  leaving = 4,  // its removal or move is being written
  aside = 5,    // cannot be read from the disk; in memory only, a checkpoint says ready
};

struct Entry {
  uint64_t sequence = 0;
  int64_t sent = 0;            // all times: nanoseconds of the Unix epoch
  int64_t due = 0;             // when a delay or lease ends
  int64_t first_received = 0;  // 0: never
  int64_t leased = 0;          // when the lease began
  uint32_t generation = 0;     // where the message record stands
  uint32_t offset = 0;
  uint32_t length = 0;
  uint32_t group = 0;  // FIFO: number of its group in its queue
  uint32_t receives = 0;
  EntryState state = EntryState::ready;
  uint8_t spare[3] = {};

  Location location() const { return {generation, offset, length}; }
};
static_assert(sizeof(Entry) == 64);

}  // namespace belfry::queue
