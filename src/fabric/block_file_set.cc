#include "fabric/block_file_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace belfry::fabric {
namespace {

constexpr uint64_t kMarkEvery = 256;
constexpr size_t kFirstBytes = 128;  // more than a genesis block's number and hashes
constexpr std::string_view kPrefix = "blockfile_";

bool is_block_file(std::string_view name) {
  if (!name.starts_with(kPrefix)) return false;
  const auto digits = name.substr(kPrefix.size());
  return digits.size() >= 6 && digits.find_first_not_of("0123456789") == digits.npos;
}

OrEnd<uint64_t> size_of(const OpenBlockFile& file) {
  const auto size = file.file->size();
  if (!size) return stop_with("unreadable", size.error().message);
  return *size;
}

OrEnd<std::string> first_bytes_of(const OpenBlockFile& file) {
  std::string bytes(kFirstBytes, '\0');
  const auto got = file.file->read(0, bytes.data(), bytes.size());
  if (!got) return stop_with("unreadable", got.error().message);
  bytes.resize(*got);
  return bytes;
}

}  // namespace

BlockFileSet::BlockFileSet(FileSystem& files, std::string path, uint64_t max_record)
    : files_(files), path_(std::move(path)), max_record_(max_record) {}

OrEnd<std::vector<std::string>> BlockFileSet::list() const {
  auto names = files_.list(path_);
  if (!names) return std::vector<std::string>{path_};  // a file, or nothing: opening it will tell
  std::erase_if(*names, [](const std::string& name) { return !is_block_file(name); });
  if (names->empty() && set_.empty())
    return stop_with("no-block-files",
                     fmt::format("{} holds no blockfile_000000: give a channel's folder, such as "
                                 "ledgersData/chains/chains/mychannel of a peer",
                                 path_));
  // By number: a seventh digit sorts behind six.
  std::sort(names->begin(), names->end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  for (auto& name : *names) name.insert(0, path_ + "/");
  return *std::move(names);
}

OrEnd<void> BlockFileSet::refresh() {
  const std::lock_guard lock(mutex_);
  const auto paths = list();
  if (!paths) return tl::unexpected(paths.error());
  if (auto same = check_same(*paths); !same) return same;
  if (!set_.empty())
    if (auto grown = grow(set_.back()); !grown) return grown;
  const size_t known = set_.size();
  for (size_t i = set_.size(); i < paths->size(); ++i) {
    const auto added = add((*paths)[i]);
    if (!added) return tl::unexpected(added.error());
    if (!*added) break;
  }
  if (known == 0 && !set_.empty())
    if (auto read = read_genesis(); !read) return read;
  return set_.size() == known ? OrEnd<void>() : grow(set_.back());
}

OrEnd<void> BlockFileSet::check_same(const std::vector<std::string>& paths) const {
  if (set_.empty()) return {};
  for (size_t i = 0; i < set_.size(); ++i)
    if (i >= paths.size() || paths[i] != set_[i].path)
      return stop_with("shrunk", fmt::format("{} has vanished", set_[i].path));
  const auto first = open_block_file(files_, set_.front().path);
  if (!first) return tl::unexpected(first.error());
  const auto bytes = first_bytes_of(*first);
  if (!bytes) return tl::unexpected(bytes.error());
  // It may have been shorter when it was looked at first, but not by a whole head.
  if (!bytes->starts_with(first_bytes_))
    return stop_with(
        "other-ledger",
        fmt::format("{} now begins with another block: the files were replaced by those of "
                    "another channel or of a rebuilt network",
                    first->path));
  return {};
}

OrEnd<bool> BlockFileSet::add(const std::string& path) {
  const auto open = open_block_file(files_, path);
  if (!open) return tl::unexpected(open.error());
  const auto size = size_of(*open);
  if (!size) return tl::unexpected(size.error());
  if (*size == 0) return false;
  const auto head = read_head(*open, 0, *size, max_record_);
  if (!head) return tl::unexpected(head.error());
  if (head->end == 0) return false;
  if (set_.empty()) {
    if (head->number != 0)
      return stop_with(
          "no-genesis",
          fmt::format("{} begins at block {}, so the channel cannot be recognised: give the "
                      "folder that holds block 0, or follow a peer (one that joined from a "
                      "snapshot has no block 0 on disk)",
                      path, head->number));
    const auto bytes = first_bytes_of(*open);
    if (!bytes) return tl::unexpected(bytes.error());
    first_bytes_ = *bytes;
  } else if (head->number <= set_.back().first_block) {
    return stop_with("damaged",
                     fmt::format("{} begins at block {}, but {} before it at block {}", path,
                                 head->number, set_.back().path, set_.back().first_block));
  }
  set_.push_back({path, head->number, *size, {}, {head->number, 0}});
  return true;
}

OrEnd<void> BlockFileSet::read_genesis() {
  const auto open = open_block_file(files_, set_.front().path);
  if (!open) return tl::unexpected(open.error());
  const auto head = read_head(*open, 0, set_.front().size, max_record_);
  if (!head) return tl::unexpected(head.error());
  const auto block = read_record(*open, *head, 0);
  if (!block) return tl::unexpected(block.error());
  genesis_hash_ = view(decode::header_hash(*block));
  return {};
}

OrEnd<void> BlockFileSet::grow(BlockFile& file) const {
  const auto open = open_block_file(files_, file.path);
  if (!open) return tl::unexpected(open.error());
  const auto size = size_of(*open);
  if (!size) return tl::unexpected(size.error());
  if (*size < file.walked.offset)
    return stop_with(
        "shrunk",
        fmt::format(
            "{} has become shorter than it was: {} bytes, {} were read (the peer was rolled "
            "back or reset, or the file replaced)",
            file.path, *size, file.walked.offset));
  file.size = *size;
  return walk(file, *open, UINT64_MAX);
}

OrEnd<void> BlockFileSet::walk(BlockFile& file, const OpenBlockFile& open, uint64_t until) const {
  while (file.walked.block < until && file.walked.offset < file.size) {
    const auto head = read_head(open, file.walked.offset, file.size, max_record_);
    if (!head) return tl::unexpected(head.error());
    if (head->end == 0) return {};
    if (head->number != file.walked.block)
      return stop_with(
          "damaged",
          fmt::format("{} is damaged at offset {}: block {} stands where block {} is next",
                      file.path, file.walked.offset, head->number, file.walked.block));
    if ((file.walked.block - file.first_block) % kMarkEvery == 0) file.marks.push_back(file.walked);
    file.walked = {head->number + 1, head->end};
  }
  return {};
}

std::string BlockFileSet::folder() const {
  if (files_.list(path_)) return path_;
  const auto parent = std::filesystem::path(path_).parent_path().string();
  return parent.empty() ? "." : parent;
}

uint64_t BlockFileSet::height() const {
  const std::lock_guard lock(mutex_);
  return set_.empty() ? 0 : set_.back().walked.block;
}

std::string BlockFileSet::genesis_hash() const {
  const std::lock_guard lock(mutex_);
  return genesis_hash_;
}

uint64_t BlockFileSet::unfinished_bytes() const {
  const std::lock_guard lock(mutex_);
  return set_.empty() ? 0 : set_.back().size - set_.back().walked.offset;
}

OrEnd<BlockFileSet::Place> BlockFileSet::find(uint64_t block) {
  const std::lock_guard lock(mutex_);
  const auto after = std::upper_bound(
      set_.begin(), set_.end(), block,
      [](uint64_t wanted, const BlockFile& file) { return wanted < file.first_block; });
  BlockFile& file = after[-1];  // block 0 is in the first
  const auto index = static_cast<size_t>(after - set_.begin()) - 1;
  const auto open = open_block_file(files_, file.path);
  if (!open) return tl::unexpected(open.error());
  if (auto walked = walk(file, *open, block + 1); !walked) return tl::unexpected(walked.error());
  if (file.walked.block <= block)
    return stop_with(
        "missing-blocks",
        fmt::format(
            "block {} is missing: {} ends at offset {} after block {}, and the next file begins "
            "behind it",
            block, file.path, file.walked.offset, file.walked.block - 1));
  Mark mark = file.marks[(block - file.first_block) / kMarkEvery];
  while (mark.block < block) {
    const auto head = read_head(*open, mark.offset, file.size, max_record_);
    if (!head) return tl::unexpected(head.error());
    if (head->end == 0) return stop_with("shrunk", file.path + " has become shorter than it was");
    mark = {mark.block + 1, head->end};
  }
  return Place{index, mark.offset};
}

OrEnd<OpenBlockFile> BlockFileSet::open(size_t file) const {
  std::string path;
  {
    const std::lock_guard lock(mutex_);
    path = set_.at(file).path;
  }
  return open_block_file(files_, path);
}

bool BlockFileSet::is_end(const Place& place) const {
  const std::lock_guard lock(mutex_);
  return place.file + 1 < set_.size() && place.offset >= set_[place.file].size;
}

}  // namespace belfry::fabric
