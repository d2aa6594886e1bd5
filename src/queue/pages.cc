#include "queue/pages.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"

namespace belfry::queue {
namespace {

bool before(const Entry& entry, uint64_t sequence) {
  return entry.sequence < sequence;
}

}  // namespace

Pages::~Pages() {
  for (auto& [number, page] : pages_) {
    if (page.slot)
      spill_.free(*page.slot);
    else
      --resident_;
  }
}

Pages::Page& Pages::load(Page& page) {
  if (!page.slot) return page;
  auto entries = spill_.get(*page.slot, page.stored);
  if (!entries) {
    log::error("cannot read back the index", {{"reason", entries.error().message}});
    BELFRY_CHECK(entries.has_value());  // the log still has everything: start again
  }
  page.entries = std::move(*entries);
  spill_.free(*page.slot);
  page.slot.reset();
  ++resident_;
  return page;
}

Entry* Pages::find_in(Page& page, uint64_t sequence) {
  auto& entries = page.entries;
  const size_t guess = sequence - entries.front().sequence;  // right while the page has no holes
  if (guess < entries.size() && entries[guess].sequence == sequence)
    return entries[guess].state == EntryState::gone ? nullptr : &entries[guess];
  const auto at = std::lower_bound(entries.begin(), entries.end(), sequence, before);
  if (at == entries.end() || at->sequence != sequence || at->state == EntryState::gone)
    return nullptr;
  return &*at;
}

Entry* Pages::find(uint64_t sequence) {
  const auto at = pages_.find(sequence / kPageEntries);
  return at == pages_.end() ? nullptr : find_in(load(at->second), sequence);
}

Entry& Pages::add(const Entry& entry) {
  const uint64_t number = entry.sequence / kPageEntries;
  auto at =
      pages_.empty() || pages_.rbegin()->first < number ? pages_.end() : pages_.lower_bound(number);
  if (at == pages_.end() || at->first != number) {
    at = pages_.emplace_hint(at, number, Page{});
    ++resident_;
  }
  auto& page = load(at->second);
  auto& entries = page.entries;
  Entry* place = nullptr;
  if (entries.empty() || entries.back().sequence < entry.sequence) {
    entries.push_back(entry);
    place = &entries.back();
  } else {
    auto where = std::lower_bound(entries.begin(), entries.end(), entry.sequence, before);
    if (where == entries.end() || where->sequence != entry.sequence) {
      where = entries.insert(where, entry);
      page.first_ready = 0;
    } else {
      if (where->state != EntryState::gone) {
        set_state(*where, EntryState::gone);
        --page.live;
        --size_;
      }
      *where = entry;
    }
    place = &*where;
  }
  ++page.live;
  ++size_;
  page.oldest = std::min(page.oldest, entry.sent);
  place->state = EntryState::gone;
  set_state(*place, entry.state);
  return *place;
}

void Pages::set_state(Entry& entry, EntryState state) {
  if (entry.state == state) return;
  const uint64_t number = entry.sequence / kPageEntries;
  auto& page = pages_.find(number)->second;
  const auto index = static_cast<uint32_t>(&entry - page.entries.data());
  if (entry.state == EntryState::ready) {
    --page.ready;
    --ready_;
  }
  entry.state = state;
  if (state == EntryState::ready) {
    ++page.ready;
    ++ready_;
    page.oldest = std::min(page.oldest, entry.sent);
    page.first_ready = page.ready == 1 ? index : std::min(page.first_ready, index);
    first_ready_page_ = ready_ == 1 ? number : std::min(first_ready_page_, number);
  }
}

std::optional<Entry> Pages::erase(uint64_t sequence) {
  const auto at = pages_.find(sequence / kPageEntries);
  if (at == pages_.end()) return std::nullopt;
  auto& page = load(at->second);
  Entry* entry = find_in(page, sequence);
  if (entry == nullptr) return std::nullopt;
  const Entry out = *entry;
  set_state(*entry, EntryState::gone);
  --size_;
  if (--page.live == 0)
    drop(at);
  else if (page.live * 2 < page.entries.size() && page.entries.size() > 64)
    compact(page);
  return out;
}

void Pages::compact(Page& page) {
  std::erase_if(page.entries, [](const Entry& entry) { return entry.state == EntryState::gone; });
  page.entries.shrink_to_fit();
  page.first_ready = 0;
}

void Pages::drop(Map::iterator at) {
  if (at->second.slot)
    spill_.free(*at->second.slot);
  else
    --resident_;
  pages_.erase(at);
}

Entry* Pages::first_ready() {
  if (ready_ == 0) return nullptr;
  for (auto at = pages_.lower_bound(first_ready_page_); at != pages_.end(); ++at) {
    if (at->second.ready == 0) continue;
    first_ready_page_ = at->first;
    auto& page = load(at->second);
    while (page.entries[page.first_ready].state != EntryState::ready) ++page.first_ready;
    return &page.entries[page.first_ready];
  }
  BELFRY_CHECK(false);
}

int64_t Pages::oldest_sent() const {
  int64_t oldest = INT64_MAX;
  for (const auto& [number, page] : pages_) oldest = std::min(oldest, page.oldest);
  return pages_.empty() ? 0 : oldest;
}

int64_t Pages::first_oldest() const {
  return pages_.empty() ? 0 : pages_.begin()->second.oldest;
}

std::vector<Entry> Pages::copy_after(uint64_t after, size_t max) const {
  std::vector<Entry> out;
  for (auto at = pages_.lower_bound((after + 1) / kPageEntries);
       at != pages_.end() && out.size() < max; ++at) {
    const auto& page = at->second;
    std::vector<Entry> aside;
    if (page.slot) {
      auto entries = spill_.get(*page.slot, page.stored);
      BELFRY_CHECK(entries.has_value());
      aside = std::move(*entries);
    }
    for (const auto& entry : page.slot ? aside : page.entries)
      if (entry.sequence > after && entry.state != EntryState::gone && out.size() < max)
        out.push_back(entry);
  }
  return out;
}

void Pages::for_each(const std::function<void(Entry&)>& f) {
  for (auto& [number, page] : pages_)
    for (auto& entry : load(page).entries)
      if (entry.state != EntryState::gone) f(entry);
}

void Pages::for_each_in_memory(const std::function<void(Entry&)>& f) {
  for (auto& [number, page] : pages_) {
    if (page.slot) continue;
    for (auto& entry : page.entries)
      if (entry.state != EntryState::gone) f(entry);
  }
}

std::unique_ptr<Pages> Pages::take_all() {
  auto out = std::make_unique<Pages>(spill_, resident_);
  out->pages_.swap(pages_);
  std::swap(out->size_, size_);
  std::swap(out->ready_, ready_);
  return out;
}

std::vector<Entry> Pages::take_first_page() {
  const auto at = pages_.begin();
  auto entries = std::move(load(at->second).entries);
  size_ -= at->second.live;
  ready_ -= at->second.ready;
  drop(at);
  std::erase_if(entries, [](const Entry& entry) { return entry.state == EntryState::gone; });
  return entries;
}

uint64_t Pages::last_sequence() const {
  if (pages_.empty()) return 0;
  const auto& [number, page] = *pages_.rbegin();
  return page.entries.empty() ? number * kPageEntries + kPageEntries - 1
                              : page.entries.back().sequence;
}

std::vector<uint64_t> Pages::sent_until(int64_t moment, size_t max) {
  std::vector<uint64_t> out;
  for (auto& [number, page] : pages_) {
    if (page.oldest > moment) continue;
    int64_t oldest = INT64_MAX;
    for (const auto& entry : load(page).entries) {
      if (entry.state == EntryState::gone || entry.state == EntryState::leaving) continue;
      if (entry.sent > moment) {
        oldest = std::min(oldest, entry.sent);
      } else {
        if (out.size() == max) return out;
        out.push_back(entry.sequence);
      }
    }
    page.oldest = oldest;  // of what stays
  }
  return out;
}

size_t Pages::spill_cold(size_t max) {
  size_t went = 0;
  if (pages_.size() < 4) return 0;
  const auto last = std::prev(pages_.end());
  for (auto at = std::next(pages_.begin()); at != last && went < max; ++at) {
    auto& page = at->second;
    if (page.slot || page.ready != page.live || at->first <= first_ready_page_ + 1) continue;
    compact(page);
    const auto slot = spill_.put(page.entries);
    if (!slot) {
      log::warn("cannot put part of the index aside", {{"reason", slot.error().message}});
      return went;
    }
    page.slot = *slot;
    page.stored = static_cast<uint32_t>(page.entries.size());
    page.entries = {};
    --resident_;
    ++went;
  }
  return went;
}

}  // namespace belfry::queue
