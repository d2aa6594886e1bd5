#include "pipeline/fake_source.h"

#include "base/check.h"

namespace belfry::pipeline {
namespace {

std::vector<std::shared_ptr<const std::string>> shared(std::vector<std::string> blocks) {
  std::vector<std::shared_ptr<const std::string>> shared;
  for (auto& block : blocks)
    shared.push_back(std::make_shared<const std::string>(std::move(block)));
  return shared;
}

decode::Block parse(const std::shared_ptr<const std::string>& bytes) {
  auto block = decode::parse_block(bytes, *bytes);
  BELFRY_CHECK(block.has_value());
  return *block;
}

}  // namespace

class FakeSource::Stream final : public BlockStream {
 public:
  Stream(FakeSource& source, uint64_t next, size_t generation)
      : source_(source), next_(next), generation_(generation) {}

  Next next(std::stop_token stop) override {
    std::unique_lock lock(source_.mutex_);
    if (end_) return *end_;
    const bool ready = source_.changed_.wait(lock, stop, [&] {
      return generation_ != source_.generation_ || next_ < source_.blocks_.size() ||
             !source_.grows_;
    });
    if (!ready) return StreamEnd{StreamEnd::Next::reconnect, "stopping", "a stop was requested"};
    if (generation_ != source_.generation_) return source_.generation_end_;
    if (next_ >= source_.blocks_.size())
      return StreamEnd{StreamEnd::Next::finished, "end", "all blocks were read"};
    const uint64_t number = next_++;
    if (source_.end_after_ && source_.end_after_->first == number) {
      end_ = source_.end_after_->second;
      source_.end_after_.reset();
    }
    return parse(source_.blocks_[number]);
  }

 private:
  FakeSource& source_;
  uint64_t next_;
  const size_t generation_;
  std::optional<StreamEnd> end_;
};

FakeSource::FakeSource(std::vector<std::string> blocks, bool grows)
    : blocks_(shared(std::move(blocks))), grows_(grows) {}

std::variant<ChannelInfo, StreamEnd> FakeSource::info(std::stop_token) {
  std::lock_guard lock(mutex_);
  ++infos_;
  changed_.notify_all();
  if (!info_failures_.empty()) {
    StreamEnd end = info_failures_.front();
    info_failures_.pop_front();
    return end;
  }
  return ChannelInfo{blocks_.size(), std::string(view(decode::header_hash(parse(blocks_.at(0)))))};
}

std::variant<std::unique_ptr<BlockStream>, StreamEnd> FakeSource::open(uint64_t block,
                                                                       std::stop_token) {
  std::lock_guard lock(mutex_);
  opened_at_.push_back(block);
  changed_.notify_all();
  if (!open_failures_.empty()) {
    StreamEnd end = open_failures_.front();
    open_failures_.pop_front();
    return end;
  }
  BELFRY_CHECK(block <= blocks_.size());
  return std::make_unique<Stream>(*this, block, generation_);
}

void FakeSource::add(std::string block) {
  std::lock_guard lock(mutex_);
  blocks_.push_back(std::make_shared<const std::string>(std::move(block)));
  changed_.notify_all();
}

void FakeSource::replace(std::vector<std::string> blocks) {
  std::lock_guard lock(mutex_);
  blocks_ = shared(std::move(blocks));
  changed_.notify_all();
}

void FakeSource::shrink_to(uint64_t height) {
  std::lock_guard lock(mutex_);
  blocks_.resize(height);
}

void FakeSource::fail_next_info(StreamEnd end) {
  std::lock_guard lock(mutex_);
  info_failures_.push_back(std::move(end));
}

void FakeSource::fail_next_open(StreamEnd end) {
  std::lock_guard lock(mutex_);
  open_failures_.push_back(std::move(end));
}

void FakeSource::end_streams(StreamEnd end) {
  std::lock_guard lock(mutex_);
  ++generation_;
  generation_end_ = std::move(end);
  changed_.notify_all();
}

void FakeSource::end_after(uint64_t block, StreamEnd end) {
  std::lock_guard lock(mutex_);
  end_after_ = {block, std::move(end)};
}

size_t FakeSource::opens() const {
  std::lock_guard lock(mutex_);
  return opened_at_.size();
}

std::vector<uint64_t> FakeSource::opened_at() const {
  std::lock_guard lock(mutex_);
  return opened_at_;
}

void FakeSource::wait_for_opens(size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return opened_at_.size() >= count; });
}

void FakeSource::wait_for_infos(size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return infos_ >= count; });
}

}  // namespace belfry::pipeline
