// The private data of a channel, beside its blocks: an append-only file of records with checksums
// (docs/formats/ledger.md), all of it in memory while the channel is open.
//
// Written and synced before the block that holds its hashes, so a committed block always finds it;
// what a crash leaves of a block that never came is dropped at open(). What expires or is purged
// leaves the memory at once and the file when it is next rewritten.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/result.h"

namespace belfry::ledger {

// By transaction index: serialized rwset.TxPvtReadWriteSet.
using PrivateSets = std::map<uint32_t, std::string>;

// The caller's locks: one thread writes, nobody reads while something changes the memory.
class PrivateStore {
 public:
  static constexpr uint64_t kLeastToRewrite = 1 << 20;  // bytes that are dead

  static Result<std::unique_ptr<PrivateStore>> open(FileSystem& files, std::string path, bool sync);

  // To the file only; returns when it is on disk. A failed write leaves the file as it was.
  Result<void> write(uint64_t block, const PrivateSets& sets);
  // Into memory, once the block is there.
  void insert(uint64_t block, PrivateSets sets);

  const PrivateSets* find(uint64_t block) const;  // null: none
  // Drops a collection of one transaction, or only one key of it, given by its hash.
  void remove(uint64_t block, uint32_t transaction, std::string_view name_space,
              std::string_view collection, std::string_view key_hash = {});
  // Drops the blocks from this one on.
  void cut(uint64_t height);
  // Writes the file anew when much of it is dead, or anything when `any`.
  Result<void> rewrite(bool any);

 private:
  PrivateStore(FileSystem& files, std::string path, bool sync)
      : files_(files), path_(std::move(path)), sync_(sync) {}
  Result<void> load();
  Result<void> create();

  FileSystem& files_;
  const std::string path_;
  const bool sync_;
  std::unique_ptr<File> file_;
  uint64_t size_ = 0, dead_ = 0;
  std::map<uint64_t, PrivateSets> sets_;
  std::string failed_;
};

}  // namespace belfry::ledger
