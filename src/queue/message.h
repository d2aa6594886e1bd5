// A message as queues hold it, in the terms of Amazon SQS.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace belfry::queue {

// A system attribute: the id of the ledger's event that a message comes from (event/event.h). It
// goes along through functions and topics, so whatever leaves belfry can name its event.
inline constexpr std::string_view kEventAttribute = "belfry.event";

struct Attribute {
  std::string type;   // String, Number, Binary, with an optional custom suffix: "Number.int"
  std::string value;  // Binary: the bytes
};
using Attributes = std::map<std::string, Attribute>;  // sorted by name, as their MD5 wants them

struct Message {
  std::string id;  // UUID; empty: the queue chooses one
  std::string body;
  Attributes attributes;
  std::map<std::string, std::string>
      system;         // AWSTraceHeader, SenderId, DeadLetterQueueSourceArn, belfry.reason …
  std::string group;  // FIFO and fair queues
  std::string deduplication;  // FIFO
  Duration delay{-1};         // negative: the queue's own
};

struct Received {
  Message message;
  std::string receipt;    // handle of this very receive
  uint64_t sequence = 0;  // unique and rising in its queue; FIFO's SequenceNumber
  uint32_t receives = 0;  // this one included
  WallTime sent{};
  WallTime first_received{};
};

}  // namespace belfry::queue
