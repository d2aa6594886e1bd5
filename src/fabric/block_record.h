// One record of a block file (docs/formats/blocks.md): its length as a varint, then the block. The
// bottom of reading block files: block_file_set.h knows where records stand, block_files.h makes a
// source of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "base/files.h"
#include "decode/block.h"
#include "pipeline/source.h"

namespace belfry::fabric {

template <class T>
using OrEnd = tl::expected<T, pipeline::StreamEnd>;

// A person must act, for the reason given.
tl::unexpected<pipeline::StreamEnd> stop_with(std::string code, std::string reason);

struct OpenBlockFile {
  std::unique_ptr<File> file;
  std::string path;  // for messages
};
OrEnd<OpenBlockFile> open_block_file(FileSystem& files, const std::string& path);

struct RecordHead {
  uint64_t number = 0;  // the block's
  uint64_t body = 0;    // offset behind the length
  uint64_t end = 0;     // offset behind the record
};
// The head of the record at an offset below size. A record that ends beyond `size`, or whose length
// does, has end = 0: it is being written, or was when the peer crashed. One of no bytes or of more
// than max_record is damage.
OrEnd<RecordHead> read_head(const OpenBlockFile& file, uint64_t offset, uint64_t size,
                            uint64_t max_record);

// The whole record, in a buffer of its own, as the block that `expected` says.
OrEnd<decode::Block> read_record(const OpenBlockFile& file, const RecordHead& head,
                                 uint64_t expected);

}  // namespace belfry::fabric
