// A channel's blocks from the files a peer keeps them in, without a network: one block file, or a
// peer's folder (…/ledgersData/chains/chains/mychannel with blockfile_000000 and on), complete or
// still growing. The other source of the follower beside a peer (docs/formats/blocks.md has the
// layout).
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/files.h"
#include "pipeline/source.h"

namespace belfry::fabric {

struct BlockFilesOptions {
  std::string path;
  // true: at the end of the files a stream waits for more, as a peer beside it goes on writing.
  // false: it has finished.
  bool follow = false;
  // The largest block that is read: as much memory is taken for it. Peers and orderers refuse
  // larger ones than 100 MiB.
  uint64_t max_block = 128 << 20;
  // How often files are looked at where the system does not tell of changes.
  Duration poll = std::chrono::seconds(5);
};

// Opens nothing yet: a path that cannot be read shows in info() and open(). `files` must outlive
// source and streams.
//
// Streams end with StreamEnd::stop, naming file and offset, when a file is damaged, has shrunk, or
// was replaced by another channel's; a record that is not whole yet at the end of the last file is
// no damage but awaited, or, without follow, mentioned as the stream finishes ("partial-record").
// One block is held at a time.
std::unique_ptr<pipeline::BlockSource> block_files(FileSystem& files, BlockFilesOptions options);

}  // namespace belfry::fabric
