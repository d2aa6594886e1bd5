#include "functions/code_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <vector>

namespace belfry::functions {
namespace {

namespace fs = std::filesystem;
using Kind = UnpackError::Kind;

tl::unexpected<UnpackError> refuse(Kind kind, std::string message) {
  return tl::unexpected<UnpackError>(UnpackError{kind, std::move(message)});
}

// The path as it is below the folder; empty: it would leave it.
fs::path safe_path(std::string_view name) {
  const fs::path path = fs::path(name).lexically_normal();
  if (path.empty() || path.is_absolute() || name.find('\\') != name.npos ||
      name.find('\0') != name.npos)
    return {};
  for (const auto& part : path)
    if (part == "..") return {};
  return path;
}

class Unpacking {
 public:
  explicit Unpacking(const fs::path& folder) : folder_(folder) {}

  tl::expected<void, UnpackError> run(std::string_view zip) {
    const std::unique_ptr<archive, decltype(&archive_read_free)> reader(archive_read_new(),
                                                                        archive_read_free);
    archive_read_support_format_zip(reader.get());
    if (archive_read_open_memory(reader.get(), zip.data(), zip.size()) != ARCHIVE_OK)
      return refuse(Kind::not_a_zip, "it is no zip file");
    size_t files = 0;
    archive_entry* entry = nullptr;
    int status = 0;
    while ((status = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK ||
           status == ARCHIVE_WARN) {
      if (++files > kMostCodeFiles)
        return refuse(Kind::too_large, fmt::format("it has more than {} files", kMostCodeFiles));
      if (auto done = unpack(reader.get(), entry); !done) return done;
    }
    if (status != ARCHIVE_EOF)
      return refuse(Kind::not_a_zip, "it is no zip file, or a damaged one");
    if (files == 0) return refuse(Kind::empty, "there is nothing in it");
    return {};
  }

 private:
  tl::expected<void, UnpackError> unpack(archive* reader, archive_entry* entry) {
    const char* name = archive_entry_pathname(entry);
    if (!name) return refuse(Kind::not_a_zip, "an entry has no name");
    const fs::path path = safe_path(name);
    if (path.empty())
      return refuse(Kind::unsafe, fmt::format("entry '{}' would leave the code's folder", name));
    // Nothing is written through a link of the archive itself.
    for (fs::path above = path.parent_path(); !above.empty(); above = above.parent_path())
      if (links_.contains(above))
        return refuse(Kind::unsafe, fmt::format("entry '{}' goes through a link", name));
    std::error_code error;
    const auto type = archive_entry_filetype(entry);
    if (type == AE_IFDIR) {
      fs::create_directories(folder_ / path, error);
    } else {
      fs::create_directories((folder_ / path).parent_path(), error);
    }
    if (error) return refuse(Kind::disk, error.message());
    if (type == AE_IFLNK) return link(path, archive_entry_symlink(entry));
    if (type == AE_IFREG) return file(reader, path, archive_entry_perm(entry));
    return {};
  }

  tl::expected<void, UnpackError> link(const fs::path& path, const char* target) {
    const fs::path to = target ? fs::path(target) : fs::path();
    if (to.empty() || to.is_absolute() || safe_path((path.parent_path() / to).string()).empty())
      return refuse(Kind::unsafe,
                    fmt::format("link '{}' leads out of the code's folder", path.string()));
    std::error_code error;
    fs::create_symlink(to, folder_ / path, error);
    if (error) return refuse(Kind::disk, error.message());
    links_.insert(path);
    return {};
  }

  tl::expected<void, UnpackError> file(archive* reader, const fs::path& path, mode_t mode) {
    const int out = ::open((folder_ / path).c_str(),
                           O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (out < 0) return refuse(Kind::disk, std::strerror(errno));
    const std::unique_ptr<const int, void (*)(const int*)> closing(
        &out, [](const int* it) { ::close(*it); });
    std::vector<char> buffer(64 << 10);
    la_ssize_t count = 0;
    while ((count = archive_read_data(reader, buffer.data(), buffer.size())) > 0) {
      bytes_ += static_cast<uint64_t>(count);
      if (bytes_ > kLargestCode)
        return refuse(Kind::too_large,
                      fmt::format("unpacked it has more than {} bytes", kLargestCode));
      for (size_t at = 0; at < static_cast<size_t>(count);) {
        const ssize_t written = ::write(out, buffer.data() + at, static_cast<size_t>(count) - at);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return refuse(Kind::disk, std::strerror(errno));
        at += static_cast<size_t>(written);
      }
    }
    if (count < 0) return refuse(Kind::not_a_zip, "it is damaged");
    ::fchmod(out, (mode & 0777) | 0600);
    return {};
  }

  const fs::path folder_;
  std::set<fs::path> links_;
  uint64_t bytes_ = 0;
};

}  // namespace

tl::expected<void, UnpackError> unpack_code(std::string_view zip, const std::string& folder) {
  std::error_code error;
  if (!fs::create_directories(folder, error))
    return refuse(Kind::disk, error ? error.message() : folder + " is there already");
  auto done = Unpacking(folder).run(zip);
  if (!done) fs::remove_all(folder, error);
  return done;
}

Result<std::string> pack_code(const std::string& folder) {
  std::string out;
  const std::unique_ptr<archive, decltype(&archive_write_free)> writer(archive_write_new(),
                                                                       archive_write_free);
  archive_write_set_format_zip(writer.get());
  archive_write_set_bytes_in_last_block(writer.get(), 1);  // no padding
  const auto append = [](archive*, void* to, const void* bytes, size_t size) -> la_ssize_t {
    static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), size);
    return static_cast<la_ssize_t>(size);
  };
  if (archive_write_open(writer.get(), &out, nullptr, append, nullptr) != ARCHIVE_OK)
    return fail(archive_error_string(writer.get()));
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error))
    if (at->is_regular_file()) files.push_back(at->path());
  if (error) return fail(fmt::format("{}: {}", folder, error.message()));
  std::sort(files.begin(), files.end());
  if (files.empty()) return fail(fmt::format("there are no files in {}", folder));
  for (const fs::path& path : files) {
    std::ifstream in(path, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (!in) return fail(fmt::format("cannot read {}", path.string()));
    struct stat status {};
    ::stat(path.c_str(), &status);
    const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(),
                                                                              archive_entry_free);
    archive_entry_set_pathname(entry.get(), fs::relative(path, folder).c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes.size()));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), status.st_mode & 0777);
    // No time: the same files make the same zip, and so the same CodeSha256.
    if (archive_write_header(writer.get(), entry.get()) != ARCHIVE_OK ||
        archive_write_data(writer.get(), bytes.data(), bytes.size()) < 0)
      return fail(fmt::format("{}: {}", path.string(), archive_error_string(writer.get())));
  }
  if (archive_write_close(writer.get()) != ARCHIVE_OK)
    return fail(archive_error_string(writer.get()));
  return out;
}

}  // namespace belfry::functions
