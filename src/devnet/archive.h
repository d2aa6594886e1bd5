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

enum class ArchiveFolders { passed_over, refused };
// Regular files in their order, up to the end mark: what follows it is not looked at. Errors in
// Fabric's words, "what was being done: cause".
Result<std::vector<ArchiveFile>> read_tar_gz(std::string_view bytes,
                                             ArchiveFolders folders = ArchiveFolders::passed_over);
// Writes the files below the folder. Refuses names that lead out of it.
Result<void> unpack(FileSystem& files, const std::vector<ArchiveFile>& archive,
                    const std::string& folder);

// For packages made here.
std::string make_tar_gz(const std::vector<ArchiveFile>& files);

}  // namespace belfry::devnet
