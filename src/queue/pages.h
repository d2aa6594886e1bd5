// The entries of one queue, in pages of consecutive sequences. A page whose messages all lie ready
// can be put aside in the spill file and comes back when one of them is looked at; so a queue's
// memory is its head, its tail and its messages in flight, however deep it is.
//
// Not thread-safe. Entry pointers hold until the next call that is not const.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "queue/entry.h"
#include "queue/spill_file.h"

namespace belfry::queue {

class Pages {
 public:
  // resident counts the pages in memory of all queues.
  Pages(SpillFile& spill, size_t& resident) : spill_(spill), resident_(resident) {}
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages();

  Entry& add(const Entry& entry);  // replaces one of the same sequence
  Entry* find(uint64_t sequence);  // null if there is none
  std::optional<Entry> erase(uint64_t sequence);
  void set_state(Entry& entry, EntryState state);  // of an entry that find or add returned last

  // The ready entry with the least sequence; null when there is none.
  Entry* first_ready();

  size_t size() const { return size_; }
  size_t ready() const { return ready_; }
  int64_t oldest_sent() const;  // a lower bound over all pages; 0 when empty
  int64_t first_oldest()
      const;  // of the first page alone: cheap, and right unless older messages were moved in later
  size_t count() const { return pages_.size(); }

  // Entries with a sequence above `after`, in order, at most max; reads what is put aside without
  // bringing it back.
  std::vector<Entry> copy_after(uint64_t after, size_t max) const;
  // Calls f for every entry, which may change anything but sequence and state.
  void for_each(const std::function<void(Entry&)>& f);
  // Entries sent at or before the moment, at most max. Whoever asks has them leave: a page is not
  // searched for them again, unless they become ready.
  std::vector<uint64_t> sent_until(int64_t moment, size_t max);

  // The same, but leaves out the pages put aside: all of their entries are ready.
  void for_each_in_memory(const std::function<void(Entry&)>& f);

  // Moves everything into another, to be taken apart page by page.
  std::unique_ptr<Pages> take_all();
  std::vector<Entry> take_first_page();  // and forgets it; not of an empty one
  uint64_t last_sequence() const;        // at most; 0 when empty

  // Puts aside up to max pages of the middle; the number that went.
  size_t spill_cold(size_t max);

 private:
  struct Page {
    std::vector<Entry> entries;  // sorted; empty while put aside
    uint32_t live = 0, ready = 0;
    uint32_t first_ready = 0;    // no ready entry stands before it
    uint32_t stored = 0;         // entries put aside
    int64_t oldest = INT64_MAX;  // no entry was sent before it
    std::optional<uint32_t> slot;
  };
  using Map = std::map<uint64_t, Page>;

  Page& load(Page& page);
  Entry* find_in(Page& page, uint64_t sequence);
  void compact(Page& page);
  void drop(Map::iterator at);

  SpillFile& spill_;
  size_t& resident_;
  mutable Map pages_;  // by sequence / kPageEntries
  size_t size_ = 0, ready_ = 0;
  uint64_t first_ready_page_ = 0;  // no page before it has a ready entry
};

}  // namespace belfry::queue
