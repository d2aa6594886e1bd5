// The segment files of a store's folder: the one being written, those that still hold messages, and
// prepared ones to go on with. A segment whose messages are all gone, and whose records a
// checkpoint covers, is prepared for its next use: its bytes are on the disk already, so that
// appending to it later changes no metadata.
//
// Preparing is the keeper's work (queue/keeper.h), on its thread; the flusher takes what is
// prepared. Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/files.h"
#include "queue/log_format.h"

namespace belfry::queue {

struct Segment {
  SegmentHeader header;
  std::string path;
  std::unique_ptr<File> file;
};
using SegmentPtr =
    std::shared_ptr<Segment>;  // whoever reads from it holds one: it is not reused meanwhile

class SegmentSet {
 public:
  struct Limits {
    uint64_t segment_bytes;
    uint64_t maximum_bytes;  // 0: none
  };
  SegmentSet(FileSystem& files, std::string folder, Limits limits);

  // Recovery: looks at what is there. Files without a readable header count as free; recovery finds
  // out if one of them was needed.
  Result<void> scan();
  bool any_files() const { return !found_.empty() || !free_.empty(); }
  const std::map<uint32_t, SegmentPtr>& found() const { return found_; }  // by generation
  uint32_t next_generation() const { return next_generation_; }  // above all that were found
  void put_to_use(const SegmentPtr& segment);
  void free_the_rest(uint64_t salt);

  SegmentPtr find(uint32_t generation) const;  // in use; null: none such
  std::vector<SegmentPtr> used() const;        // by generation

  // The flusher's. The next segment to write, of at least `size` bytes, so that `left` prepared
  // ones stay (growing batches leave one, so that removals can be written when the disk is full).
  // Waits while the keeper makes one. Null: no room.
  SegmentPtr take(uint64_t size, size_t left);
  bool have_prepared();  // whether there is one, waiting as take does

  // The keeper's.
  bool wants_more() const;
  Result<void> prepare(
      bool tell);  // one more; an error: no room now, of which takers are told if wanted
  void release(uint32_t generation);  // it holds nothing any more
  bool out_of_room() const;           // the last attempt to prepare one found none
  size_t prepared() const;
  bool give_up_one();  // deletes a prepared segment, for room; false: none
  void stop();         // takers wait no longer
  void on_wanted(std::function<void()> poke) {
    poke_ = std::move(poke);
  }  // called when a taker finds too few

  uint64_t bytes() const;  // of all files

 private:
  // Has the keeper look for room, and waits until more than `left` are prepared or it says that
  // there is none.
  bool wait_for_more(std::unique_lock<std::mutex>& lock, size_t left);
  Result<SegmentPtr> make_file(uint64_t size);
  uint64_t next_size() const;
  void collect_released();

  FileSystem& files_;
  const std::string folder_;
  const Limits limits_;
  uint64_t salt_ = 0;
  std::function<void()> poke_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<uint32_t, SegmentPtr> found_, used_;  // by generation
  std::vector<SegmentPtr> free_;
  std::vector<SegmentPtr> released_;  // someone may still read from them
  std::deque<SegmentPtr> prepared_;
  uint32_t next_number_ = 1, next_generation_ = 1;
  uint64_t bytes_ = 0;
  uint64_t wanted_size_ = 0;  // by a batch larger than a segment
  bool no_room_ = false, stopped_ = false;
  uint64_t refusals_ = 0;  // how often takers were told that there is no room
};

}  // namespace belfry::queue
