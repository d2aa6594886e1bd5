// Files that nobody has to find again: what is below an ephemeral server. Every sync is left out
// and no space is prepared ahead; all else is the given file system's.
#pragma once

#include <memory>

#include "base/files.h"

namespace belfry {

// `files` must outlive it.
std::unique_ptr<FileSystem> unsynced(FileSystem& files);

}  // namespace belfry
