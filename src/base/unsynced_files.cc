#include "base/unsynced_files.h"

namespace belfry {
namespace {

class UnsyncedFile final : public File {
 public:
  explicit UnsyncedFile(std::unique_ptr<File> file) : file_(std::move(file)) {}
  Result<size_t> read(uint64_t offset, char* into, size_t size) override {
    return file_->read(offset, into, size);
  }
  Result<void> write(uint64_t offset, std::string_view bytes) override {
    return file_->write(offset, bytes);
  }
  Result<void> sync() override { return {}; }
  Result<uint64_t> size() override { return file_->size(); }
  Result<void> truncate(uint64_t size) override { return file_->truncate(size); }
  // A hole reads as zeroes, too.
  Result<void> preallocate(uint64_t size) override {
    auto now = file_->size();
    if (!now) return tl::unexpected(now.error());
    return *now < size ? file_->truncate(size) : Result<void>();
  }

 private:
  const std::unique_ptr<File> file_;
};

class UnsyncedFiles final : public FileSystem {
 public:
  explicit UnsyncedFiles(FileSystem& files) : files_(files) {}
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    auto file = files_.open(path, mode);
    if (!file) return file;
    return std::unique_ptr<File>(std::make_unique<UnsyncedFile>(std::move(*file)));
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    return files_.rename(from, to);
  }
  Result<void> remove(const std::string& path) override { return files_.remove(path); }
  Result<std::vector<std::string>> list(const std::string& folder) override {
    return files_.list(folder);
  }
  bool exists(const std::string& path) override { return files_.exists(path); }
  Result<void> make_folders(const std::string& path) override { return files_.make_folders(path); }
  Result<void> sync_directory(const std::string&) override { return {}; }

 private:
  FileSystem& files_;
};

}  // namespace

std::unique_ptr<FileSystem> unsynced(FileSystem& files) {
  return std::make_unique<UnsyncedFiles>(files);
}

}  // namespace belfry
