// Tar archives under gzip, as chaincode packages are: written so that the same files give the same
// bytes (no times, no owners, in the order given), read within bounds.
//
// ustar (POSIX.1-1988): 512-byte blocks, a header and the contents padded to blocks, two zero
// blocks at the end. gzip: RFC 1952.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace belfry::fabric {

struct ArchiveFile {
  std::string name;  // "src/package.json"
  std::string contents;
  bool executable = false;
};

// An error: a name that ustar cannot hold (more than 255 bytes, or no '/' where it must be split).
Result<std::string> write_tar_gz(std::span<const ArchiveFile> files);

// Regular files only. An error: not gzip, damaged, another kind of entry, or more than `limit`
// bytes unpacked.
Result<std::vector<ArchiveFile>> read_tar_gz(std::string_view bytes, size_t limit);

}  // namespace belfry::fabric
