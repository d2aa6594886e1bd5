// A channel's blocks in files, as a peer keeps them (docs/formats/blocks.md,
// docs/formats/ledger.md): append with one fdatasync, read by number.
//
// What is not whole at the end of the last file was being written when the process ended, and is
// cut off at open().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "decode/block.h"

namespace belfry::ledger {

// The bytes of a block in its two layouts.
struct BlockContents {
  uint64_t number = 0;
  std::string_view previous_hash, data_hash;
  std::vector<std::string_view> transactions;
  std::vector<std::string_view> metadata;
};
BlockContents contents_of(const decode::Block& block);  // views into the block
std::string encode_block(const BlockContents& block);   // common.Block
std::string encode_record(const BlockContents& block);  // a block file's, its length in front

// One thread appends; any reads.
class BlockStore {
 public:
  struct Options {
    std::string folder;  // with blockfile_NNNNNN, made when missing; or one file, for reading
    uint64_t file_limit = 64 << 20;
    uint64_t most_record = 128 << 20;
    bool sync = true;
    bool read_only = false;
  };
  // Is shown each whole block in order; `last` when nothing follows it in the files. An error from
  // it ends open(); for the last block it means that the block is unfinished, and it is cut off.
  using Visit = std::function<Result<void>(const decode::Block& block, bool last)>;

  static Result<std::unique_ptr<BlockStore>> open(FileSystem& files, Options options,
                                                  const Visit& visit);

  uint64_t height() const;
  // Returns when the block is on disk. After a failed write the file is as it was before; a failed
  // sync is final: every further append fails.
  Result<void> append(std::string_view record);
  Result<std::shared_ptr<const std::string>> read(uint64_t number) const;  // without the length

 private:
  struct OpenFile {
    std::string path;
    std::shared_ptr<File> file;
    uint64_t size = 0;  // the appending thread's
  };
  struct Place {
    uint32_t file = 0;
    uint32_t size = 0;  // of the record without its length
    uint64_t offset = 0;
  };
  BlockStore(FileSystem& files, Options options) : files_(files), options_(std::move(options)) {}
  Result<std::vector<std::string>> list();
  Result<void> recover(size_t index, bool last_file, const Visit& visit);
  Result<void> cut(OpenFile& file, uint64_t at, std::string_view why);
  Result<void> add_file();

  FileSystem& files_;
  const Options options_;
  mutable std::mutex mutex_;  // over the two vectors, which only the appending thread changes
  std::vector<OpenFile> open_;
  std::vector<Place> places_;
  std::string failed_;  // why no append is possible any more
};

}  // namespace belfry::ledger
