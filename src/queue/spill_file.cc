#include "queue/spill_file.h"

#include <fmt/format.h>

#include "base/check.h"

namespace belfry::queue {
namespace {

constexpr uint64_t kSlot = kPageEntries * sizeof(Entry);

}  // namespace

Result<uint32_t> SpillFile::put(std::span<const Entry> entries) {
  BELFRY_CHECK(entries.size() <= kPageEntries);
  if (!file_) {
    auto file = files_.open(path_, OpenMode::create_or_open);
    if (!file) return tl::unexpected(file.error());
    if (auto done = (*file)->truncate(0); !done) return tl::unexpected(done.error());
    file_ = std::move(*file);
  }
  const uint32_t slot = free_.empty() ? slots_ : free_.back();
  auto done = file_->write(slot * kSlot,
                           {reinterpret_cast<const char*>(entries.data()), entries.size_bytes()});
  if (!done) return tl::unexpected(done.error());
  if (free_.empty())
    ++slots_;
  else
    free_.pop_back();
  return slot;
}

Result<std::vector<Entry>> SpillFile::get(uint32_t slot, size_t entries) {
  std::vector<Entry> out(entries);
  auto done =
      file_->read(slot * kSlot, reinterpret_cast<char*>(out.data()), entries * sizeof(Entry));
  if (!done) return tl::unexpected(done.error());
  if (*done != entries * sizeof(Entry))
    return fail(fmt::format("{} is shorter than what was written to it", path_));
  return out;
}

}  // namespace belfry::queue
