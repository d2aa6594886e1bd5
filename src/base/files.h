// Files as an argument. Durable parts of belfry reach the disk only through this, so a test can put a file
// system below them that forgets what was never synced, runs full, or breaks off in mid-write.
//
// Durability, as POSIX has it: bytes are safe after sync(); a created, renamed or removed name is safe after
// sync_directory() of its folder. A sync that failed once must be treated as fatal: the kernel may have dropped
// the pages it could not write.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace belfry {

class File {
 public:
  virtual ~File() = default;
  // Reads up to size bytes at offset; fewer only at the end of the file. Thread-safe.
  virtual Result<size_t> read(uint64_t offset, char* into, size_t size) = 0;
  // Writes all of it, or fails having written any part of it. One writer at a time.
  virtual Result<void> write(uint64_t offset, std::string_view bytes) = 0;
  virtual Result<void> sync() = 0;  // fdatasync: contents and size
  virtual Result<uint64_t> size() = 0;
  virtual Result<void> truncate(uint64_t size) = 0;
  // Reserves and zeroes space up to size, so that later writes below it change no metadata.
  virtual Result<void> preallocate(uint64_t size) = 0;
  // A hint: whole sectors (512 bytes) written from now on are read rarely and late, as a log's are,
  // and so need not go through the system's cache, whose pages cost more than the writing.
  virtual void write_past_cache() {}
};

enum class OpenMode { read, create_or_open, create_new };

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;  // replaces
  virtual Result<void> remove(const std::string& path) = 0;
  virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;  // names, sorted
  virtual bool exists(const std::string& path) = 0;
  virtual Result<void> make_folders(const std::string& path) = 0;
  virtual Result<void> sync_directory(const std::string& path) = 0;
};

FileSystem& posix_files();  // the machine's, for the life of the process

Result<std::string> read_whole(FileSystem& files, const std::string& path, uint64_t limit = 64 << 20);
// Writes beside the path, syncs, renames over it, syncs the folder: the old contents or the new, never a mixture.
Result<void> replace_whole(FileSystem& files, const std::string& path, std::string_view contents);

// Holds a folder against a second process for as long as it lives (flock on FOLDER/lock).
class FolderLock {
 public:
  static Result<FolderLock> take(const std::string& folder);
  FolderLock(FolderLock&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace belfry
