// The state of the store as of a place in the log, so that a start reads this and the log's tail,
// and so that segments before the place are needed only for the messages in them.
//
// It is written piece by piece while the store goes on, so later changes may be in it or not;
// replaying the log from the place makes all of them true, because records are absolute
// (queue/record.h). Format: docs/formats/queue-log.md.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/files.h"
#include "queue/state.h"

namespace belfry::queue {

struct LogPosition {
  uint32_t generation = 0;
  uint64_t offset = 0;
};

// Writes FOLDER/checkpoint.new, syncs it, renames it over FOLDER/checkpoint, syncs the folder.
// Takes the lock for a page of the index at a time. The size written.
Result<uint64_t> write_checkpoint(FileSystem& files, const std::string& folder, State& state,
                                  std::mutex& lock, LogPosition position);

struct LoadedCheckpoint {
  LogPosition position;
  uint64_t size = 0;
};
// None if there is no checkpoint: the store is new. after_block is called about once a megabyte, so
// that the index need not be in memory as a whole.
Result<std::optional<LoadedCheckpoint>> load_checkpoint(FileSystem& files,
                                                        const std::string& folder, State& state,
                                                        const std::function<void()>& after_block);

}  // namespace belfry::queue
