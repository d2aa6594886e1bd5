#include "ledger/private_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crc32c.h"
#include "base/hash.h"
#include "base/log.h"
#include "decode/wire.h"
#include "ledger/encode.h"
#include "ledger/read_write_set.h"

namespace belfry::ledger {
namespace {

namespace wire = decode::wire;

constexpr std::string_view kMagic = "belfry private data 1\n";
constexpr uint64_t kMostFile = uint64_t{4} << 30;
constexpr size_t kHead = 8;  // length and checksum, little-endian

void append_fixed(std::string& out, uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift);
}

uint32_t read_fixed(std::string_view bytes) {
  uint32_t value = 0;
  for (int i = 3; i >= 0; --i)
    value = value << 8 | static_cast<unsigned char>(bytes[static_cast<size_t>(i)]);
  return value;
}

std::string encode(uint64_t block, const PrivateSets& sets) {
  std::string payload;
  append_varint(payload, block);
  append_varint(payload, sets.size());
  for (const auto& [index, set] : sets) {
    append_varint(payload, index);
    append_counted(payload, set);
  }
  std::string record;
  record.reserve(payload.size() + kHead);
  append_fixed(record, static_cast<uint32_t>(payload.size()));
  append_fixed(record, crc32c(payload));
  return record + payload;
}

bool decode(std::string_view payload, uint64_t& block, PrivateSets& sets) {
  const char* at = payload.data();
  const char* const end = at + payload.size();
  uint64_t count = 0, index = 0, size = 0;
  if (!wire::read_varint(at, end, block) || !wire::read_varint(at, end, count)) return false;
  for (; count > 0; --count) {
    if (!wire::read_varint(at, end, index) || index > UINT32_MAX ||
        !wire::read_varint(at, end, size) || size > static_cast<uint64_t>(end - at))
      return false;
    sets[static_cast<uint32_t>(index)] = std::string(at, size);
    at += size;
  }
  return at == end;
}

// A key set without one of its writes.
std::string without_key(std::string_view set, std::string_view key_hash) {
  std::string kept;
  wire::Reader fields(set);
  while (fields.next()) {
    if (fields.tag() == wire::bytes(3)) {
      wire::Reader write(fields.bytes());
      std::string_view key;
      while (write.next())
        if (write.tag() == wire::bytes(1)) key = write.bytes();
      if (view(sha256(key)) == key_hash) continue;
    }
    if ((fields.tag() & 7) == 2) append_field(kept, fields.tag() >> 3, fields.bytes());
  }
  return kept;
}

// The set without a collection, or without a key of it; empty when nothing is left.
std::string without(std::string_view set, std::string_view name_space, std::string_view collection,
                    std::string_view key_hash) {
  std::vector<PrivateCollection> collections;
  if (!read_private_sets(set, collections)) return {};
  std::string kept, space;
  std::string_view name;
  const auto finish = [&] {
    if (space.empty()) return;
    std::string message;
    append_field(message, 1, name);
    append_field(kept, 2, std::string_view(message + space));
    space.clear();
  };
  for (const PrivateCollection& each : collections) {
    if (each.name_space != name) finish();
    name = each.name_space;
    std::string bytes(each.bytes);
    if (each.name_space == name_space && each.collection == collection)
      bytes = key_hash.empty() ? "" : without_key(each.bytes, key_hash);
    if (bytes.empty()) continue;
    std::string message;
    append_field(message, 1, each.collection);
    append_field(message, 2, std::string_view(bytes));
    append_field(space, 2, std::string_view(message));
  }
  finish();
  return kept;
}

}  // namespace

Result<std::unique_ptr<PrivateStore>> PrivateStore::open(FileSystem& files, std::string path,
                                                         bool sync) {
  std::unique_ptr<PrivateStore> store(new PrivateStore(files, std::move(path), sync));
  if (auto loaded = store->load(); !loaded) return tl::unexpected(loaded.error());
  return store;
}

Result<void> PrivateStore::load() {
  if (!files_.exists(path_)) return create();
  auto contents = read_whole(files_, path_, kMostFile);
  if (!contents) return tl::unexpected(contents.error());
  std::string_view rest = *contents;
  // Cut off as it was made.
  if (rest.size() < kMagic.size() && kMagic.starts_with(rest)) return create();
  if (!rest.starts_with(kMagic))
    return fail(fmt::format("{} is no file of private data of this version", path_));
  size_ = kMagic.size();
  while (true) {
    const std::string_view record = rest.substr(size_);
    uint64_t block = 0;
    PrivateSets sets;
    if (record.size() < kHead) break;
    const uint32_t length = read_fixed(record);
    if (length > record.size() - kHead) break;
    const std::string_view payload = record.substr(kHead, length);
    if (crc32c(payload) != read_fixed(record.substr(4)) || !decode(payload, block, sets)) break;
    sets_[block] = std::move(sets);
    size_ += kHead + length;
  }
  auto file = files_.open(path_, OpenMode::create_or_open);
  if (!file) return tl::unexpected(file.error());
  file_ = std::move(*file);
  if (size_ == rest.size()) return {};
  log::warn("an unfinished record is cut off the private data",
            {{"file", path_}, {"offset", size_}, {"bytes", rest.size() - size_}});
  return file_->truncate(size_);
}

Result<void> PrivateStore::create() {
  if (auto written = replace_whole(files_, path_, kMagic); !written) return written;
  auto file = files_.open(path_, OpenMode::create_or_open);
  if (!file) return tl::unexpected(file.error());
  file_ = std::move(*file);
  size_ = kMagic.size();
  return {};
}

Result<void> PrivateStore::write(uint64_t block, const PrivateSets& sets) {
  if (!failed_.empty()) return fail(failed_);
  const std::string record = encode(block, sets);
  if (auto written = file_->write(size_, record); !written) {
    if (auto cut = file_->truncate(size_); !cut) failed_ = cut.error().message;
    return written;
  }
  if (sync_)
    if (auto synced = file_->sync(); !synced) {
      failed_ = synced.error().message;
      return synced;
    }
  size_ += record.size();
  return {};
}

void PrivateStore::insert(uint64_t block, PrivateSets sets) {
  sets_[block] = std::move(sets);
}

const PrivateSets* PrivateStore::find(uint64_t block) const {
  auto found = sets_.find(block);
  return found != sets_.end() ? &found->second : nullptr;
}

void PrivateStore::remove(uint64_t block, uint32_t transaction, std::string_view name_space,
                          std::string_view collection, std::string_view key_hash) {
  auto found = sets_.find(block);
  if (found == sets_.end()) return;
  auto set = found->second.find(transaction);
  if (set == found->second.end()) return;
  std::string kept = without(set->second, name_space, collection, key_hash);
  dead_ += set->second.size() - std::min(set->second.size(), kept.size());
  if (kept.empty())
    found->second.erase(set);
  else
    set->second = std::move(kept);
  if (found->second.empty()) sets_.erase(found);
}

void PrivateStore::cut(uint64_t height) {
  for (auto block = sets_.lower_bound(height); block != sets_.end(); block = sets_.erase(block))
    for (const auto& [index, set] : block->second) dead_ += set.size();
}

Result<void> PrivateStore::rewrite(bool any) {
  if (dead_ == 0 || (!any && dead_ < std::max(kLeastToRewrite, size_ / 2))) return {};
  std::string contents(kMagic);
  for (const auto& [block, sets] : sets_) contents += encode(block, sets);
  if (auto written = replace_whole(files_, path_, contents); !written) return written;
  auto file = files_.open(path_, OpenMode::create_or_open);
  if (!file) {
    failed_ = file.error().message;  // what is written next would go into the file of before
    return tl::unexpected(file.error());
  }
  file_ = std::move(*file);
  size_ = contents.size();
  dead_ = 0;
  return {};
}

}  // namespace belfry::ledger
