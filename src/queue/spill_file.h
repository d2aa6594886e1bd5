// Pages of the index that a deep queue does not need for now, put aside in a file that is scratch:
// begun empty at every start, never synced. Pages take slots of one size, reused when freed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/files.h"
#include "queue/entry.h"

namespace belfry::queue {

inline constexpr size_t kPageEntries = 1024;

// Not thread-safe.
class SpillFile {
 public:
  SpillFile(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}

  // The slot, or an error (no room): the page then stays in memory.
  Result<uint32_t> put(std::span<const Entry> entries);  // at most kPageEntries
  Result<std::vector<Entry>> get(uint32_t slot, size_t entries);
  void free(uint32_t slot) { free_.push_back(slot); }

 private:
  FileSystem& files_;
  const std::string path_;
  std::unique_ptr<File> file_;  // made at the first put
  std::vector<uint32_t> free_;
  uint32_t slots_ = 0;
};

}  // namespace belfry::queue
