// The operations a batch is made of, public ones and the store's own. The flusher fills in the
// fields under "outcome" when it writes an operation, and uses them when the write is durable and
// the operation takes effect.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "queue/entry.h"
#include "queue/record.h"
#include "queue/store.h"

namespace belfry::queue {

struct SendOperation {
  QueueId queue;
  Message message;
  // outcome
  bool accepted = false;
  Entry entry{};
};

struct RemoveOperation {
  QueueId queue;
  std::string receipt;
  // outcome
  uint64_t sequence = 0;  // 0: nothing to remove
};

struct VisibilityOperation {
  QueueId queue;
  std::string receipt;
  Duration from_now;
  // outcome
  uint64_t sequence = 0;  // 0: nothing to do
  uint32_t receives = 0;
  bool gives_back = false;
};

struct PutOperation {
  std::string key, value;
};

struct EraseOperation {
  std::string key;
};

// Out of one queue, into another: by a handler (receipt), a move task (redrive) or because it was
// received too often.
struct MoveOperation {
  enum class Why { handler, redrive, received_too_often };
  Why why;
  QueueId from;
  QueueId to;
  std::string receipt;
  uint64_t sequence = 0;
  std::string reason;
  // outcome
  bool accepted = false;
  Entry entry{};
};

struct LeaseOperation {
  QueueId queue = 0;
  int64_t from = 0, until = 0;
  std::vector<LeaseItem> items;
};

struct ExpireOperation {  // retention
  QueueId queue;
  std::vector<uint64_t> sequences;
};

struct QueueOperation {
  QueueId queue;
  std::string name;
  QueueSettings settings;
};

struct PurgeOperation {
  QueueId queue;
  uint64_t through = 0;  // outcome
};

struct DeleteOperation {
  QueueId queue;
};

// The message found at `from` is written again, so that its old segment can be used anew.
struct RelocateOperation {
  QueueId queue;
  uint64_t sequence;
  Location from;
  std::string record;
  // outcome
  Location to{};
};

struct Batch::Operation {
  std::variant<SendOperation, RemoveOperation, VisibilityOperation, PutOperation, EraseOperation,
               MoveOperation, LeaseOperation, ExpireOperation, QueueOperation, PurgeOperation,
               DeleteOperation, RelocateOperation>
      what;
};

}  // namespace belfry::queue
