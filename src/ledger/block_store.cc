#include "ledger/block_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "decode/wire.h"
#include "ledger/encode.h"

namespace belfry::ledger {
namespace {

constexpr std::string_view kPrefix = "blockfile_";
constexpr size_t kLengthBytes = 10;  // of the longest varint

bool is_block_file(std::string_view name) {
  return name.size() == kPrefix.size() + 6 && name.starts_with(kPrefix) &&
         std::all_of(name.begin() + kPrefix.size(), name.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

BlockContents contents_of(const decode::Block& block) {
  return {block.number,
          block.previous_hash,
          block.data_hash,
          block.transactions,
          {block.metadata.begin(), block.metadata.end()}};
}

std::string encode_block(const BlockContents& block) {
  size_t data = 0, slots = 0;
  for (std::string_view each : block.transactions)
    data += 1 + varint_size(each.size()) + each.size();
  for (std::string_view each : block.metadata) slots += 1 + varint_size(each.size()) + each.size();
  std::string header;
  if (block.number != 0) append_field(header, 1, block.number);
  if (!block.previous_hash.empty()) append_field(header, 2, block.previous_hash);
  if (!block.data_hash.empty()) append_field(header, 3, block.data_hash);
  std::string out;
  out.reserve(header.size() + data + slots + 40);
  append_field(out, 1, std::string_view(header));
  append_varint(out, 2 << 3 | 2);
  append_varint(out, data);
  for (std::string_view each : block.transactions) append_field(out, 1, each);
  append_varint(out, 3 << 3 | 2);
  append_varint(out, slots);
  for (std::string_view each : block.metadata) append_field(out, 1, each);
  return out;
}

std::string encode_record(const BlockContents& block) {
  std::string body;
  size_t size = 64 + block.data_hash.size() + block.previous_hash.size();
  for (std::string_view each : block.transactions) size += varint_size(each.size()) + each.size();
  for (std::string_view each : block.metadata) size += varint_size(each.size()) + each.size();
  body.reserve(size);
  append_varint(body, block.number);
  append_counted(body, block.data_hash);
  append_counted(body, block.previous_hash);
  append_varint(body, block.transactions.size());
  for (std::string_view each : block.transactions) append_counted(body, each);
  append_varint(body, block.metadata.size());
  for (std::string_view each : block.metadata) append_counted(body, each);
  std::string record;
  record.reserve(body.size() + kLengthBytes);
  append_counted(record, body);
  return record;
}

Result<std::unique_ptr<BlockStore>> BlockStore::open(FileSystem& files, Options options,
                                                     const Visit& visit) {
  std::unique_ptr<BlockStore> store(new BlockStore(files, std::move(options)));
  auto paths = store->list();
  if (!paths) return tl::unexpected(paths.error());
  for (const std::string& path : *paths) {
    auto file =
        files.open(path, store->options_.read_only ? OpenMode::read : OpenMode::create_or_open);
    if (!file) return tl::unexpected(file.error());
    auto size = (*file)->size();
    if (!size) return tl::unexpected(size.error());
    store->open_.push_back({path, std::move(*file), *size});
  }
  for (size_t i = 0; i < store->open_.size(); ++i)
    if (auto done = store->recover(i, i + 1 == store->open_.size(), visit); !done)
      return tl::unexpected(done.error());
  return store;
}

Result<std::vector<std::string>> BlockStore::list() {
  if (!options_.read_only)
    if (auto made = files_.make_folders(options_.folder); !made)
      return tl::unexpected(made.error());
  auto names = files_.list(options_.folder);
  if (!names && !options_.read_only) return names;
  std::vector<std::string> paths;
  if (names)
    for (const std::string& name : *names)
      if (is_block_file(name)) paths.push_back(options_.folder + "/" + name);
  if (paths.empty() && options_.read_only) paths.push_back(options_.folder);  // one file, then
  return paths;
}

Result<void> BlockStore::cut(OpenFile& file, uint64_t at, std::string_view why) {
  log::warn("an unfinished block is cut off a block file",
            {{"file", file.path}, {"offset", at}, {"bytes", file.size - at}, {"why", why}});
  if (!options_.read_only) {
    if (auto cut = file.file->truncate(at); !cut) return cut;
    if (auto synced = file.file->sync(); !synced) return synced;
  }
  file.size = at;
  return {};
}

Result<void> BlockStore::recover(size_t index, bool last_file, const Visit& visit) {
  OpenFile& file = open_[index];
  const auto damaged = [&](uint64_t at, std::string_view what) {
    return fail(fmt::format("{} is damaged at offset {}: {}", file.path, at, what));
  };
  uint64_t at = 0;
  while (at < file.size) {
    char head[kLengthBytes];
    auto got = file.file->read(at, head, sizeof(head));
    if (!got) return tl::unexpected(got.error());
    const char* behind = head;
    uint64_t length = 0;
    // A length torn between two sectors ends in a byte of zeros, which no whole one does.
    const bool whole = decode::wire::read_varint(behind, head + *got, length) && behind[-1] != 0 &&
                       length > 0 && length <= options_.most_record &&
                       at + static_cast<uint64_t>(behind - head) + length <= file.size;
    if (!whole) return last_file ? cut(file, at, "its length") : damaged(at, "no whole block");
    const uint64_t body = at + static_cast<uint64_t>(behind - head);
    auto bytes = std::make_shared<std::string>(length, '\0');
    auto read = file.file->read(body, bytes->data(), length);
    if (!read) return tl::unexpected(read.error());
    if (*read != length) return damaged(at, "it became shorter");
    const bool last = last_file && body + length == file.size;
    auto block = decode::parse_block_file_record(bytes, *bytes);
    Result<void> taken;
    if (!block)
      taken = tl::unexpected(block.error());
    else if (block->number != places_.size())
      taken = fail(fmt::format("block {} stands where {} belongs", block->number, places_.size()));
    else
      taken = visit(*block, last);
    if (!taken)
      return last ? cut(file, at, taken.error().message) : damaged(at, taken.error().message);
    places_.push_back({static_cast<uint32_t>(index), static_cast<uint32_t>(length), body});
    at = body + length;
  }
  return {};
}

uint64_t BlockStore::height() const {
  std::lock_guard lock(mutex_);
  return places_.size();
}

Result<void> BlockStore::add_file() {
  const std::string path = fmt::format("{}/{}{:06}", options_.folder, kPrefix, open_.size());
  auto file = files_.open(path, OpenMode::create_or_open);
  if (!file) return tl::unexpected(file.error());
  if (options_.sync)
    if (auto synced = files_.sync_directory(options_.folder); !synced) return synced;
  std::lock_guard lock(mutex_);
  open_.push_back({path, std::move(*file), 0});
  return {};
}

Result<void> BlockStore::append(std::string_view record) {
  if (!failed_.empty()) return fail(failed_);
  if (open_.empty() ||
      (open_.back().size > 0 && open_.back().size + record.size() > options_.file_limit))
    if (auto added = add_file(); !added) return added;
  OpenFile& file = open_.back();
  if (auto written = file.file->write(file.size, record); !written) {
    // Whatever part of it is there would be taken for an unfinished block, which it is; but the
    // next one must begin here.
    if (auto cut = file.file->truncate(file.size); !cut) failed_ = cut.error().message;
    return written;
  }
  if (options_.sync)
    if (auto synced = file.file->sync(); !synced) {
      failed_ = synced.error().message;
      return synced;
    }
  const char* behind = record.data();
  uint64_t length = 0;
  decode::wire::read_varint(behind, record.data() + record.size(), length);
  const uint64_t body = file.size + static_cast<uint64_t>(behind - record.data());
  file.size += record.size();
  std::lock_guard lock(mutex_);
  places_.push_back({static_cast<uint32_t>(open_.size() - 1), static_cast<uint32_t>(length), body});
  return {};
}

Result<std::shared_ptr<const std::string>> BlockStore::read(uint64_t number) const {
  Place place;
  std::shared_ptr<File> file;
  {
    std::lock_guard lock(mutex_);
    if (number >= places_.size()) return fail(fmt::format("there is no block {}", number));
    place = places_[number];
    file = open_[place.file].file;
  }
  auto bytes = std::make_shared<std::string>(place.size, '\0');
  auto read = file->read(place.offset, bytes->data(), place.size);
  if (!read) return tl::unexpected(read.error());
  if (*read != place.size)
    return fail(fmt::format("the block file that holds block {} became shorter", number));
  return std::shared_ptr<const std::string>(std::move(bytes));
}

}  // namespace belfry::ledger
