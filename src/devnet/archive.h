// Chaincode packages are gzipped tar archives, twice over: the package holds metadata.json and
// code.tar.gz. Reads such an archive whole, in memory; unpacks one into a folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"

namespace belfry::devnet {

struct ArchiveFile {
  std::string name;
  std::string contents;
  bool executable = false;
};

inline constexpr size_t kMostArchiveBytes = 512 << 20;  // unpacked

// Regular files in their order; folders are passed over. Errors in Fabric's words.
Result<std::vector<ArchiveFile>> read_tar_gz(std::string_view bytes);
// Writes the files below the folder. Refuses names that lead out of it.
Result<void> unpack(FileSystem& files, const std::vector<ArchiveFile>& archive,
                    const std::string& folder);

// For packages made here.
std::string make_tar_gz(const std::vector<ArchiveFile>& files);

}  // namespace belfry::devnet
