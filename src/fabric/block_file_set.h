// Where each block stands in a channel's block files: docs/formats/blocks.md. block_files.h reads
// blocks through it.
//
// A folder of many files is not read through: the first record of a file tells where it begins, so
// finding a block takes a binary search over files and then a walk over the record lengths of one,
// which a peer keeps below 64 MB. What was walked is remembered, a mark in every 256 blocks.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "fabric/block_record.h"

namespace belfry::fabric {

// Thread-safe.
class BlockFileSet {
 public:
  // A block file, or a folder of blockfile_NNNNNN. A record of more than max_record bytes is taken
  // for damage.
  BlockFileSet(FileSystem& files, std::string path, uint64_t max_record);

  // Looks for new files and blocks. An error if the files are not those of the last time, gone on:
  // one has shrunk or vanished, or the first block is another.
  OrEnd<void> refresh();

  // As of the last refresh:
  uint64_t height() const;           // 0: no block yet
  std::string genesis_hash() const;  // 32 bytes
  // Bytes at the end that are no whole record: one is being written, or was when the peer crashed.
  uint64_t unfinished_bytes() const;

  struct Place {
    size_t file = 0;
    uint64_t offset = 0;
  };
  OrEnd<Place> find(uint64_t block);  // below height()
  OrEnd<OpenBlockFile> open(size_t file) const;
  // Whether the file was read to its end and the block after is in the next one.
  bool is_end(const Place& place) const;
  uint64_t max_record() const { return max_record_; }

  const std::string& path() const { return path_; }
  std::string folder() const;  // that holds the files

 private:
  struct Mark {
    uint64_t block, offset;
  };
  struct BlockFile {
    std::string path;
    uint64_t first_block = 0;
    uint64_t size = 0;        // when last looked at
    std::vector<Mark> marks;  // of what was walked
    Mark walked;              // what was walked ends before this
  };

  OrEnd<std::vector<std::string>> list() const;
  OrEnd<void> check_same(const std::vector<std::string>& paths) const;
  OrEnd<bool> add(const std::string& path);  // false: it holds no block yet
  OrEnd<void> read_genesis();
  OrEnd<void> grow(BlockFile& file) const;
  // Goes on walking the file until block `until` or the end.
  OrEnd<void> walk(BlockFile& file, const OpenBlockFile& open, uint64_t until) const;

  FileSystem& files_;
  const std::string path_;
  const uint64_t max_record_;

  mutable std::mutex mutex_;
  std::vector<BlockFile> set_;  // those that hold a block, in order
  std::string first_bytes_;     // of the first, to recognise it
  std::string genesis_hash_;
};

}  // namespace belfry::fabric
