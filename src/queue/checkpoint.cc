#include "queue/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/crc32c.h"
#include "queue/codec.h"

namespace belfry::queue {
namespace {

constexpr std::string_view kMagic = "BELFRYCP";
constexpr size_t kBlock = 1 << 20;  // about
constexpr size_t kLargestBlock = size_t{1} << 30;

enum class Part : uint8_t {
  start = 1,
  queue = 2,
  entries = 3,
  deduplication = 4,
  records = 5,
  end = 6
};

// Collects parts and writes them as blocks: length, checksum, parts.
class Writer {
 public:
  Writer(File& file, std::string_view header) : file_(file), at_(header.size()) {
    done_ = file_.write(0, header);
  }

  std::string& part(Part kind) {
    if (block_.size() >= kBlock) flush();
    Encoder(block_).u8(static_cast<uint8_t>(kind));
    return block_;
  }
  void flush() {
    if (block_.empty()) return;
    std::string frame;
    Encoder encoder(frame);
    encoder.u32(static_cast<uint32_t>(block_.size()));
    encoder.u32(crc32c(block_));
    if (done_) done_ = file_.write(at_, frame);
    if (done_) done_ = file_.write(at_ + frame.size(), block_);
    at_ += frame.size() + block_.size();
    block_.clear();
  }
  bool ok() const { return done_.has_value(); }
  Result<uint64_t> finish() {
    flush();
    if (done_) done_ = file_.sync();
    if (!done_) return tl::unexpected(done_.error());
    return at_;
  }

 private:
  File& file_;
  uint64_t at_;
  std::string block_;
  Result<void> done_;
};

void write_entries(std::string& out, const QueueState& queue, const std::vector<Entry>& entries) {
  Encoder encoder(out);
  encoder.u32(queue.id);
  encoder.varint(entries.size());
  std::unordered_map<uint32_t, uint32_t> numbers;  // group numbers of this part
  std::vector<std::string_view> names;
  if (queue.has_groups())
    for (const auto& entry : entries)
      if (numbers.emplace(entry.group, names.size()).second)
        names.push_back(queue.group_name(entry.group));
  encoder.varint(names.size());
  for (const auto name : names) encoder.bytes(name);
  for (Entry entry : entries) {
    if (queue.has_groups()) entry.group = numbers[entry.group];
    if (entry.state == EntryState::leaving || entry.state == EntryState::aside)
      entry.state = EntryState::ready;  // it is still there
    encoder.raw({reinterpret_cast<const char*>(&entry), sizeof entry});
  }
}

void write_deduplication(std::string& out, const QueueState& queue) {
  std::vector<std::pair<Deduplication::Key, Deduplication::Original>> all;
  queue.deduplication.for_each(
      [&](const auto& key, const auto& original) { all.emplace_back(key, original); });
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.second.sent < b.second.sent; });
  Encoder encoder(out);
  encoder.u32(queue.id);
  encoder.varint(all.size());
  for (const auto& [key, original] : all) {
    encoder.u64(key.high);
    encoder.u64(key.low);
    encoder.bytes(original.id);
    encoder.u64(original.sequence);
    encoder.i64(original.sent);
  }
}

void write_queue(Writer& writer, State& state, std::mutex& lock, QueueId id) {
  uint64_t after = 0;
  {
    std::lock_guard held(lock);
    const auto* queue = state.find(id);
    if (queue == nullptr) return;
    auto& out = writer.part(Part::queue);
    Encoder encoder(out);
    encoder.u32(queue->id);
    encoder.bytes(queue->name);
    encoder.u64(queue->next_sequence);
    encode_settings(encoder, queue->settings());
    if (queue->settings().fifo) write_deduplication(writer.part(Part::deduplication), *queue);
  }
  for (;;) {
    std::lock_guard held(lock);
    const auto* queue = state.find(id);
    if (queue == nullptr || !writer.ok()) return;
    const auto entries = queue->pages().copy_after(after, kPageEntries);
    if (entries.empty()) return;
    after = entries.back().sequence;
    write_entries(writer.part(Part::entries), *queue, entries);
  }
}

bool sensible(const Entry& entry) {
  for (const int64_t time : {entry.sent, entry.due, entry.first_received, entry.leased})
    if (time < 0 || time > kLatestTime) return false;
  return entry.state >= EntryState::ready && entry.state <= EntryState::leased &&
         entry.sequence != 0;
}

bool read_entries(Decoder& decoder, State& state) {
  auto* queue = state.find(decoder.u32());
  const uint64_t count = decoder.varint();
  std::vector<uint32_t> groups;
  for (uint64_t n = decoder.varint(); n > 0 && decoder.ok(); --n) {
    const auto name = decoder.bytes();
    if (queue != nullptr) groups.push_back(queue->recovered_group(name));
  }
  if (queue == nullptr) return false;
  for (uint64_t n = count; n > 0 && decoder.ok(); --n) {
    const auto raw = decoder.raw(sizeof(Entry));
    if (raw.size() != sizeof(Entry)) return false;
    Entry entry;
    std::memcpy(&entry, raw.data(), sizeof entry);
    if (!sensible(entry)) return false;
    if (queue->settings().fifo || !groups.empty()) {
      if (entry.group >= groups.size()) return false;
      entry.group = groups[entry.group];
    }
    state.add(*queue, entry, false);
  }
  return decoder.ok();
}

bool read_part(Decoder& decoder, State& state, LoadedCheckpoint& out, bool& ended) {
  switch (static_cast<Part>(decoder.u8())) {
    case Part::start:
      state.salt = decoder.u64();
      out.position.generation = decoder.u32();
      out.position.offset = decoder.u64();
      state.next_queue = decoder.u32();
      return decoder.ok();
    case Part::queue: {
      const QueueId id = decoder.u32();
      const auto name = decoder.bytes();
      const uint64_t next = decoder.u64();
      const auto settings = decode_settings(decoder);
      if (!decoder.ok()) return false;
      state.define(id, name, settings, 0).next_sequence = next;
      return true;
    }
    case Part::entries:
      return read_entries(decoder, state);
    case Part::deduplication: {
      auto* queue = state.find(decoder.u32());
      if (queue == nullptr) return false;
      for (uint64_t n = decoder.varint(); n > 0 && decoder.ok(); --n) {
        Deduplication::Key key;
        key.high = decoder.u64();
        key.low = decoder.u64();
        Deduplication::Original original;
        original.id = decoder.bytes();
        original.sequence = decoder.u64();
        original.sent = decoder.time();
        queue->deduplication.add(key, std::move(original));
      }
      return decoder.ok();
    }
    case Part::records:
      for (uint64_t n = decoder.varint(); n > 0 && decoder.ok(); --n) {
        std::string key(decoder.bytes());
        state.records[std::move(key)] = decoder.bytes();
      }
      return decoder.ok();
    case Part::end:
      ended = true;
      return true;
  }
  return false;
}

}  // namespace

Result<uint64_t> write_checkpoint(FileSystem& files, const std::string& folder, State& state,
                                  std::mutex& lock, LogPosition position) {
  const std::string path = folder + "/checkpoint", beside = path + ".new";
  Result<uint64_t> size;
  {
    auto file = files.open(beside, OpenMode::create_or_open);
    if (!file) return tl::unexpected(file.error());
    if (auto done = (*file)->truncate(0); !done) return tl::unexpected(done.error());
    std::string header(kMagic);
    Encoder(header).u32(kFormatVersion);
    Writer writer(**file, header);
    std::vector<QueueId> queues;
    {
      std::lock_guard held(lock);
      Encoder encoder(writer.part(Part::start));
      encoder.u64(state.salt);
      encoder.u32(position.generation);
      encoder.u64(position.offset);
      encoder.u32(state.next_queue);
      for (const auto& [id, queue] : state.queues()) queues.push_back(id);
    }
    for (const QueueId id : queues) write_queue(writer, state, lock, id);
    std::string after;
    for (bool more = true, first = true; more; first = false) {
      std::lock_guard held(lock);
      std::string some;
      size_t count = 0;
      auto at = first ? state.records.begin() : state.records.upper_bound(after);
      for (; at != state.records.end() && count < 1000 && some.size() < kBlock; ++at, ++count) {
        Encoder encoder(some);
        encoder.bytes(at->first);
        encoder.bytes(at->second);
        after = at->first;
      }
      more = at != state.records.end();
      Encoder encoder(writer.part(Part::records));
      encoder.varint(count);
      encoder.raw(some);
    }
    writer.part(Part::end);
    size = writer.finish();
    if (!size) return size;
  }
  auto done = files.rename(beside, path);
  if (done) done = files.sync_directory(folder);
  if (!done) return tl::unexpected(done.error());
  return size;
}

Result<std::optional<LoadedCheckpoint>> load_checkpoint(FileSystem& files,
                                                        const std::string& folder, State& state,
                                                        const std::function<void()>& after_block) {
  const std::string path = folder + "/checkpoint";
  if (!files.exists(path)) return std::nullopt;
  auto file = files.open(path, OpenMode::read);
  if (!file) return tl::unexpected(file.error());
  const auto damaged = [&](uint64_t at) {
    return fail(fmt::format("{} is damaged at byte {}: restore the folder from a copy", path, at));
  };
  std::string buffer(kMagic.size() + 4, '\0');
  auto read = (*file)->read(0, buffer.data(), buffer.size());
  if (!read) return tl::unexpected(read.error());
  Decoder header(std::string_view(buffer).substr(0, *read));
  if (header.raw(kMagic.size()) != kMagic) return damaged(0);
  const uint32_t version = header.u32();
  if (!header.ok() || version == 0) return damaged(0);
  if (version > kFormatVersion)
    return fail(
        fmt::format("{} was written by a later belfry (format {}, this one knows {}): use that "
                    "belfry, or another folder",
                    folder, version, kFormatVersion));
  LoadedCheckpoint out;
  uint64_t at = buffer.size();
  for (bool ended = false; !ended;) {
    std::string frame(8, '\0');
    read = (*file)->read(at, frame.data(), frame.size());
    if (!read) return tl::unexpected(read.error());
    Decoder lengths(std::string_view(frame).substr(0, *read));
    const uint32_t length = lengths.u32(), checksum = lengths.u32();
    if (!lengths.ok() || length == 0 || length > kLargestBlock) return damaged(at);
    const auto size = (*file)->size();
    if (!size) return tl::unexpected(size.error());
    if (at + 8 + length > *size) return damaged(at);
    buffer.resize(length);
    read = (*file)->read(at + 8, buffer.data(), length);
    if (!read) return tl::unexpected(read.error());
    if (*read != length || crc32c(buffer) != checksum) return damaged(at);
    Decoder decoder(buffer);
    while (!decoder.at_end() && !ended)
      if (!read_part(decoder, state, out, ended)) return damaged(at);
    at += 8 + length;
    after_block();
  }
  out.size = at;
  return out;
}

}  // namespace belfry::queue
