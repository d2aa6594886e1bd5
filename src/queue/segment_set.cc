#include "queue/segment_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "base/log.h"

namespace belfry::queue {
namespace {

constexpr std::string_view kPrefix = "segment.";
constexpr uint64_t kSmallestSegment = 1 << 20;
constexpr size_t kPrepared = 3;
constexpr size_t kKeptFree =
    2;  // files beyond the prepared ones that are not given back to the disk

std::string path_of(const std::string& folder, uint32_t number) {
  return fmt::format("{}/{}{:06}", folder, kPrefix, number);
}

}  // namespace

SegmentSet::SegmentSet(FileSystem& files, std::string folder, Limits limits)
    : files_(files), folder_(std::move(folder)), limits_(limits) {}

Result<void> SegmentSet::scan() {
  const auto names = files_.list(folder_);
  if (!names) return tl::unexpected(names.error());
  for (const auto& name : *names) {
    if (!name.starts_with(kPrefix)) continue;
    uint32_t number = 0;
    const char* end = name.data() + name.size();
    if (std::from_chars(name.data() + kPrefix.size(), end, number).ptr != end) continue;
    next_number_ = std::max(next_number_, number + 1);
    auto segment = std::make_shared<Segment>();
    segment->path = folder_ + "/" + name;
    auto file = files_.open(segment->path, OpenMode::create_or_open);
    if (!file) return tl::unexpected(file.error());
    segment->file = std::move(*file);
    segment->file->write_past_cache();
    const auto size = segment->file->size();
    if (!size) return tl::unexpected(size.error());
    bytes_ += *size;
    std::string sector(kSector, '\0');
    const auto read = segment->file->read(0, sector.data(), sector.size());
    if (!read) return tl::unexpected(read.error());
    sector.resize(*read);
    uint32_t version = 0;
    const auto state = decode_segment_header(sector, segment->header, version);
    if (state == HeaderState::newer)
      return fail(
          fmt::format("{} was written by a later belfry (format {}, this one knows {}): use that "
                      "belfry, or another folder",
                      folder_, version, kFormatVersion));
    if (state == HeaderState::valid && segment->header.size <= *size) {
      next_generation_ = std::max(next_generation_, segment->header.generation + 1);
      found_.emplace(segment->header.generation, std::move(segment));
    } else {
      segment->header = SegmentHeader{0, *size, 0};
      free_.push_back(std::move(segment));
    }
  }
  return {};
}

void SegmentSet::put_to_use(const SegmentPtr& segment) {
  used_.emplace(segment->header.generation, segment);
}

void SegmentSet::free_the_rest(uint64_t salt) {
  salt_ = salt;
  for (auto& [generation, segment] : found_)
    if (!used_.contains(generation)) free_.push_back(segment);
  found_.clear();
}

SegmentPtr SegmentSet::find(uint32_t generation) const {
  std::lock_guard lock(mutex_);
  const auto at = used_.find(generation);
  return at == used_.end() ? nullptr : at->second;
}

std::vector<SegmentPtr> SegmentSet::used() const {
  std::lock_guard lock(mutex_);
  std::vector<SegmentPtr> out;
  for (const auto& [generation, segment] : used_) out.push_back(segment);
  return out;
}

SegmentPtr SegmentSet::take(uint64_t size, size_t left) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!prepared_.empty() && prepared_.front()->header.size < size) {
      // A batch larger than a segment: generations must rise along the log, so what is prepared is
      // prepared again.
      wanted_size_ = size;
      free_.insert(free_.end(), prepared_.begin(), prepared_.end());
      prepared_.clear();
    }
    if (prepared_.size() > left) {
      auto segment = prepared_.front();
      prepared_.pop_front();
      used_.emplace(segment->header.generation, segment);
      if (prepared_.size() < kPrepared) {
        lock.unlock();
        poke_();
      }
      return segment;
    }
    if (prepared_.empty()) wanted_size_ = std::max(wanted_size_, size);
    if (!wait_for_more(lock, left)) return nullptr;
  }
}

bool SegmentSet::have_prepared() {
  std::unique_lock lock(mutex_);
  return !prepared_.empty() || wait_for_more(lock, 0);
}

bool SegmentSet::wait_for_more(std::unique_lock<std::mutex>& lock, size_t left) {
  no_room_ = false;  // that was another time
  const uint64_t before = refusals_;
  lock.unlock();
  poke_();
  lock.lock();
  changed_.wait(lock, [&] { return stopped_ || prepared_.size() > left || refusals_ != before; });
  return prepared_.size() > left;
}

bool SegmentSet::wants_more() const {
  std::lock_guard lock(mutex_);
  return !no_room_ && !stopped_ && prepared_.size() < kPrepared;
}

bool SegmentSet::out_of_room() const {
  std::lock_guard lock(mutex_);
  return no_room_;
}

size_t SegmentSet::prepared() const {
  std::lock_guard lock(mutex_);
  return prepared_.size();
}

uint64_t SegmentSet::next_size() const {
  const uint64_t usual =
      std::clamp(bytes_, std::min(kSmallestSegment, limits_.segment_bytes), limits_.segment_bytes);
  return round_to_sector(std::max(usual, wanted_size_));
}

// A reader that took a segment before it was released may still hold it.
void SegmentSet::collect_released() {
  std::erase_if(released_, [&](SegmentPtr& segment) {
    if (segment.use_count() > 1) return false;
    free_.push_back(std::move(segment));
    return true;
  });
}

Result<SegmentPtr> SegmentSet::make_file(uint64_t size) {
  auto segment = std::make_shared<Segment>();
  segment->path = path_of(folder_, next_number_++);
  auto file = files_.open(segment->path, OpenMode::create_new);
  if (!file) return tl::unexpected(file.error());
  segment->file = std::move(*file);
  segment->file->write_past_cache();
  segment->header.size = size;
  auto done = segment->file->preallocate(size);
  if (done) done = segment->file->sync();
  if (done) done = files_.sync_directory(folder_);
  if (!done) {
    (void)files_.remove(segment->path);
    return tl::unexpected(done.error());
  }
  return segment;
}

Result<void> SegmentSet::prepare(bool tell) {
  SegmentPtr segment;
  std::vector<SegmentPtr> surplus;
  uint64_t size = 0, counted = 0;  // counted: in bytes_, to be taken off if it fails
  bool allowed = true;
  {
    std::lock_guard lock(mutex_);
    collect_released();
    size = next_size();
    const auto large_enough = [&](const SegmentPtr& free) {
      return free->header.size >= std::max(size / 2, wanted_size_);
    };
    auto at = std::find_if(free_.begin(), free_.end(), large_enough);
    if (at != free_.end()) {
      segment = std::move(*at);
      free_.erase(at);
    }
    // Small ones from the store's young days, and what a burst left behind, go back to the disk.
    while (free_.size() > kKeptFree || (!free_.empty() && !segment)) {
      bytes_ -= free_.back()->header.size;
      surplus.push_back(std::move(free_.back()));
      free_.pop_back();
    }
    if (!segment && limits_.maximum_bytes != 0 && bytes_ + size > limits_.maximum_bytes)
      allowed = false;
    counted = segment ? segment->header.size : allowed ? size : 0;
    if (!segment) bytes_ += counted;
  }
  for (const auto& one : surplus)
    if (auto gone = files_.remove(one->path); !gone)
      log::warn("cannot delete a segment", {{"reason", gone.error().message}});
  Result<void> done;
  if (!segment) {
    if (!allowed) {
      done = fail(fmt::format("the queues in {} have reached their limit of {} bytes", folder_,
                              limits_.maximum_bytes));
    } else if (auto made = make_file(size)) {
      segment = std::move(*made);
    } else {
      done = tl::unexpected(made.error());
    }
  }
  if (done) {
    std::unique_lock lock(mutex_);
    segment->header.generation = next_generation_++;
    segment->header.salt = salt_;
    lock.unlock();
    done = segment->file->write(0, encode(segment->header));
    if (done) done = segment->file->sync();
  }
  std::lock_guard lock(mutex_);
  if (done) {
    prepared_.push_back(std::move(segment));
    if (prepared_.back()->header.size >= wanted_size_) wanted_size_ = 0;
  } else {
    bytes_ -= counted;
    no_room_ = tell;
    if (tell) ++refusals_;
  }
  changed_.notify_all();
  return done;
}

void SegmentSet::release(uint32_t generation) {
  std::lock_guard lock(mutex_);
  const auto at = used_.find(generation);
  if (at == used_.end()) return;
  released_.push_back(std::move(at->second));
  used_.erase(at);
  no_room_ = false;
}

bool SegmentSet::give_up_one() {
  SegmentPtr segment;
  {
    std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      segment = std::move(free_.back());
      free_.pop_back();
    } else if (!prepared_.empty()) {
      segment = std::move(prepared_.back());
      prepared_.pop_back();
    } else {
      return false;
    }
    bytes_ -= segment->header.size;
  }
  return files_.remove(segment->path).has_value();
}

void SegmentSet::stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

uint64_t SegmentSet::bytes() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace belfry::queue
