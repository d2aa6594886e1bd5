// Brings a store back from its folder: the checkpoint, then the log from where the checkpoint was
// taken.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/files.h"
#include "base/random.h"
#include "queue/checkpoint.h"
#include "queue/segment_set.h"
#include "queue/state.h"

namespace belfry::queue {

struct Recovered {
  LogPosition checkpoint;  // where the newest checkpoint was taken
  uint64_t checkpoint_size = 0;
  SegmentPtr active;  // null: there was none yet
  uint64_t end = 0;   // where to write on in it
};

// Fails on damage and on a later format, naming the file. A new folder is given its first
// checkpoint.
Result<Recovered> recover(FileSystem& files, Clock& clock, Random& random,
                          const std::string& folder, State& state, SegmentSet& segments,
                          size_t resident_pages);

}  // namespace belfry::queue
