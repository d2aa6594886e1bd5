#include "base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/check.h"

namespace belfry {
namespace {

tl::unexpected<Error> failed(std::string_view what, const std::string& path) {
  return fail(fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

constexpr size_t kSector = 512;             // what direct writes are aligned to, in memory too
constexpr size_t kLargestDirect = 4 << 20;  // bytes of one

// Memory as direct writes want it, of this thread; it grows to the largest that was asked for.
char* aligned_memory(size_t size) {
  struct Free {
    void operator()(char* memory) const { std::free(memory); }
  };
  thread_local std::unique_ptr<char, Free> memory;
  thread_local size_t has = 0;
  if (has < size) {
    has = std::bit_ceil(std::max<size_t>(size, 64 << 10));
    memory.reset(static_cast<char*>(std::aligned_alloc(4096, has)));
    BELFRY_CHECK(memory != nullptr);
  }
  return memory.get();
}

class PosixFile final : public File {
 public:
  PosixFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~PosixFile() override {
    ::close(descriptor_);
    if (direct_ >= 0) ::close(direct_);
  }

  Result<size_t> read(uint64_t offset, char* into, size_t size) override {
    size_t done = 0;
    while (done < size) {
      const ssize_t n =
          ::pread(descriptor_, into + done, size - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed("read", path_);
      if (n == 0) break;
      done += static_cast<size_t>(n);
    }
    return done;
  }

  Result<void> write(uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = write_some(offset, bytes);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed("write", path_);
      bytes.remove_prefix(static_cast<size_t>(n));
      offset += static_cast<uint64_t>(n);
    }
    return {};
  }

  Result<void> sync() override {
    if (::fdatasync(descriptor_) != 0) return failed("sync", path_);
    return {};
  }

  Result<uint64_t> size() override {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) return failed("look at", path_);
    return static_cast<uint64_t>(status.st_size);
  }

  Result<void> truncate(uint64_t size) override {
    if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) return failed("truncate", path_);
    return {};
  }

  Result<void> preallocate(uint64_t size) override {
    auto now = this->size();
    if (!now) return tl::unexpected(now.error());
    // In small steps: who writes to the same disk meanwhile waits behind one of them.
    alignas(4096) static char zeroes[64 << 10];
    for (uint64_t at = *now; at < size; at += sizeof zeroes) {
      auto written =
          write(at, std::string_view(zeroes, std::min<uint64_t>(sizeof zeroes, size - at)));
      if (!written) return written;
    }
    return {};
  }

  void write_past_cache() override {
    if (direct_ < 0)
      direct_ = ::open(fmt::format("/proc/self/fd/{}", descriptor_).c_str(),
                       O_WRONLY | O_DIRECT | O_CLOEXEC);
  }

 private:
  ssize_t write_some(uint64_t offset, std::string_view bytes) {
    const auto at = static_cast<off_t>(offset);
    if (direct_ >= 0 && offset % kSector == 0 && bytes.size() % kSector == 0) {
      const char* from = bytes.data();
      const size_t size = std::min(bytes.size(), kLargestDirect);
      if (reinterpret_cast<uintptr_t>(from) % 4096 != 0)
        from = static_cast<char*>(std::memcpy(aligned_memory(size), from, size));
      const ssize_t n = ::pwrite(direct_, from, size, at);
      if (n >= 0 || errno != EINVAL) return n;
      ::close(std::exchange(direct_, -1));  // this file system has no such writes
    }
    return ::pwrite(descriptor_, bytes.data(), bytes.size(), at);
  }

  const int descriptor_;
  int direct_ = -1;  // the same file, for writes past the cache
  const std::string path_;
};

class PosixFiles final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    const int flags = mode == OpenMode::read             ? O_RDONLY
                      : mode == OpenMode::create_or_open ? O_RDWR | O_CREAT
                                                         : O_RDWR | O_CREAT | O_EXCL;
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    if (descriptor < 0) return failed("open", path);
    return std::unique_ptr<File>(std::make_unique<PosixFile>(descriptor, path));
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return failed("rename to", to);
    return {};
  }

  Result<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return failed("remove", path);
    return {};
  }

  Result<std::vector<std::string>> list(const std::string& folder) override {
    std::error_code error;
    std::vector<std::string> names;
    for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
         it.increment(error))
      names.push_back(it->path().filename().string());
    if (error) return fail(fmt::format("cannot list {}: {}", folder, error.message()));
    std::sort(names.begin(), names.end());
    return names;
  }

  bool exists(const std::string& path) override { return ::access(path.c_str(), F_OK) == 0; }

  Result<void> make_folders(const std::string& path) override {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return fail(fmt::format("cannot make {}: {}", path, error.message()));
    return {};
  }

  Result<void> sync_directory(const std::string& path) override {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return failed("open", path);
    const int result = ::fsync(descriptor);
    ::close(descriptor);
    if (result != 0) return failed("sync", path);
    return {};
  }
};

}  // namespace

FileSystem& posix_files() {
  static PosixFiles files;
  return files;
}

Result<std::string> read_whole(FileSystem& files, const std::string& path, uint64_t limit) {
  auto file = files.open(path, OpenMode::read);
  if (!file) return tl::unexpected(file.error());
  auto size = (*file)->size();
  if (!size) return tl::unexpected(size.error());
  if (*size > limit)
    return fail(fmt::format("{} has {} bytes; at most {} are read", path, *size, limit));
  std::string contents(*size, '\0');
  auto read = (*file)->read(0, contents.data(), contents.size());
  if (!read) return tl::unexpected(read.error());
  contents.resize(*read);
  return contents;
}

Result<void> replace_whole(FileSystem& files, const std::string& path, std::string_view contents) {
  const std::string beside = path + ".new";
  {
    auto file = files.open(beside, OpenMode::create_or_open);
    if (!file) return tl::unexpected(file.error());
    if (auto done = (*file)->truncate(0); !done) return done;
    if (auto done = (*file)->write(0, contents); !done) return done;
    if (auto done = (*file)->sync(); !done) return done;
  }
  if (auto done = files.rename(beside, path); !done) return done;
  const auto folder = std::filesystem::path(path).parent_path().string();
  return files.sync_directory(folder.empty() ? "." : folder);
}

Result<FolderLock> FolderLock::take(const std::string& folder) {
  const std::string path = folder + "/lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return failed("open", path);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor);
    return fail(fmt::format(
        "{} is in use by another belfry: stop it, or give this one another --data folder", folder));
  }
  return FolderLock(descriptor);
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace belfry
