#include "fabric/block_files.h"

#include <fmt/format.h>

#include <optional>

#include "fabric/block_file_set.h"
#include "fabric/file_watch.h"

namespace belfry::fabric {
namespace {

using pipeline::StreamEnd;

StreamEnd end_with(StreamEnd::Next next, std::string code, std::string reason) {
  return {next, std::move(code), std::move(reason)};
}

class BlockFileStream final : public pipeline::BlockStream {
 public:
  BlockFileStream(std::shared_ptr<BlockFileSet> set, const BlockFilesOptions& options,
                  uint64_t block)
      : set_(std::move(set)), block_(block) {
    if (options.follow) watch_ = std::make_unique<FileWatch>(set_->folder(), options.poll);
  }

  pipeline::Next next(std::stop_token stop) override {
    while (block_ >= set_->height()) {
      if (stop.stop_requested())
        return end_with(StreamEnd::Next::reconnect, "stopped", "a stop was requested");
      if (auto refreshed = set_->refresh(); !refreshed) return refreshed.error();
      if (block_ < set_->height()) break;
      if (!watch_) return finished();
      watch_->wait(stop);
    }
    auto block = read();
    if (!block) return std::move(block.error());
    ++block_;
    return *std::move(block);
  }

 private:
  // block_ is below the height.
  OrEnd<decode::Block> read() {
    if (place_ && set_->is_end(*place_)) place_.reset();
    if (!place_) {
      const auto found = set_->find(block_);
      if (!found) return tl::unexpected(found.error());
      if (!file_.file || found->file != file_index_) {
        auto opened = set_->open(found->file);
        if (!opened) return tl::unexpected(opened.error());
        file_ = *std::move(opened);
        file_index_ = found->file;
      }
      place_ = *found;
    }
    const auto size = file_.file->size();
    if (!size) return stop_with("unreadable", size.error().message);
    const auto head = *size > place_->offset
                          ? read_head(file_, place_->offset, *size, set_->max_record())
                          : OrEnd<RecordHead>(RecordHead{});
    if (!head) return tl::unexpected(head.error());
    if (head->end == 0)
      return stop_with("shrunk", fmt::format("{} breaks off at offset {} of {}, where block {} was",
                                             file_.path, place_->offset, *size, block_));
    auto block = read_record(file_, *head, block_);
    if (block) place_->offset = head->end;
    return block;
  }

  StreamEnd finished() const {
    const auto unfinished = set_->unfinished_bytes();
    const auto last = block_ == 0 ? "no block" : fmt::format("block {} is the last", block_ - 1);
    if (unfinished == 0)
      return end_with(StreamEnd::Next::finished, "end-of-files",
                      fmt::format("{} was read: {}", set_->path(), last));
    return end_with(
        StreamEnd::Next::finished, "partial-record",
        fmt::format(
            "{} was read: {}; behind it are {} bytes of a block that was not written to its end",
            set_->path(), last, unfinished));
  }

  const std::shared_ptr<BlockFileSet> set_;
  uint64_t block_;  // the next one
  std::unique_ptr<FileWatch> watch_;
  std::optional<BlockFileSet::Place> place_;  // of block_
  OpenBlockFile file_;
  size_t file_index_ = 0;
};

class BlockFileSource final : public pipeline::BlockSource {
 public:
  BlockFileSource(FileSystem& files, BlockFilesOptions options)
      : set_(std::make_shared<BlockFileSet>(files, options.path, options.max_block)),
        options_(std::move(options)) {}

  std::variant<pipeline::ChannelInfo, StreamEnd> info(std::stop_token) override {
    if (auto refreshed = set_->refresh(); !refreshed) return refreshed.error();
    if (set_->height() == 0)
      return end_with(options_.follow ? StreamEnd::Next::reconnect : StreamEnd::Next::stop,
                      "no-blocks", set_->path() + " holds no whole block yet");
    return pipeline::ChannelInfo{set_->height(), set_->genesis_hash()};
  }

  std::variant<std::unique_ptr<pipeline::BlockStream>, StreamEnd> open(uint64_t block,
                                                                       std::stop_token) override {
    if (auto refreshed = set_->refresh(); !refreshed) return refreshed.error();
    if (block > set_->height())
      return end_with(options_.follow ? StreamEnd::Next::reconnect : StreamEnd::Next::stop,
                      "behind",
                      fmt::format("{} ends before block {}, and block {} is asked for: are these "
                                  "older files than were read "
                                  "before?",
                                  set_->path(), set_->height(), block));
    return std::make_unique<BlockFileStream>(set_, options_, block);
  }

  std::string describe() const override { return options_.path; }

 private:
  const std::shared_ptr<BlockFileSet> set_;
  const BlockFilesOptions options_;
};

}  // namespace

std::unique_ptr<pipeline::BlockSource> block_files(FileSystem& files, BlockFilesOptions options) {
  return std::make_unique<BlockFileSource>(files, std::move(options));
}

}  // namespace belfry::fabric
