// A source for tests: a channel in memory that grows when told, and misbehaves when told.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/source.h"

namespace belfry::pipeline {

class FakeSource final : public BlockSource {
 public:
  // Serialized common.Blocks, from block 0. Unless it grows, the source is finished after the last.
  explicit FakeSource(std::vector<std::string> blocks, bool grows = false);

  std::variant<ChannelInfo, StreamEnd> info(std::stop_token stop) override;
  std::variant<std::unique_ptr<BlockStream>, StreamEnd> open(uint64_t block,
                                                             std::stop_token stop) override;
  std::string describe() const override { return "fake peer"; }

  void add(std::string block);
  void replace(std::vector<std::string> blocks);  // another ledger; open streams see it too
  void shrink_to(uint64_t height);                // a peer that lags
  void fail_next_info(StreamEnd end);
  void fail_next_open(StreamEnd end);
  void end_streams(StreamEnd end);  // every open stream ends before its next block
  void end_after(uint64_t block,
                 StreamEnd end);  // the next stream to pass this block ends after it

  size_t opens() const;
  std::vector<uint64_t> opened_at() const;
  void wait_for_opens(size_t count);
  void wait_for_infos(size_t count);

 private:
  class Stream;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::shared_ptr<const std::string>> blocks_;
  const bool grows_;
  std::deque<StreamEnd> info_failures_, open_failures_;
  std::optional<std::pair<uint64_t, StreamEnd>> end_after_;
  size_t generation_ = 0;  // streams of an older one have ended
  StreamEnd generation_end_;
  std::vector<uint64_t> opened_at_;
  size_t infos_ = 0;
};

}  // namespace belfry::pipeline
