// One message-move task as it is kept: a store record "aws/sqs-move/SOURCE/STARTED-ID", as JSON,
// rewritten in the same batch as each step's moves, so that a task goes on where it was after a
// crash.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/service.h"
#include "queue/store.h"

namespace belfry::aws::sqs {

struct MoveTask {
  std::string id;           // UUID
  std::string source;       // name of a dead-letter queue
  std::string destination;  // empty: each message goes back to where it came from
  int64_t rate = 0;         // messages a second; 0: as fast as belfry moves them
  int64_t started = 0;      // milliseconds of the Unix epoch
  uint64_t cursor = 0;      // all messages up to this sequence were looked at
  int64_t moved = 0;
  int64_t to_move = 0;  // in the source when it began
  std::string status = "RUNNING";
  std::string failure;  // when FAILED

  bool running() const { return status == "RUNNING"; }
};

std::string encode(const MoveTask& task);
std::optional<MoveTask> decode_move_task(std::string_view json);
std::string task_key(const MoveTask& task);
std::string task_prefix(std::string_view source);  // empty source: of all tasks

// Oldest first.
std::vector<MoveTask> read_tasks(const queue::Store& store, std::string_view source);

// TaskHandle: names task and source; base64 of JSON.
struct TaskHandle {
  std::string id, source_arn;
};
std::string to_text(const TaskHandle& handle);
std::optional<TaskHandle> parse_task_handle(std::string_view text);

}  // namespace belfry::aws::sqs
