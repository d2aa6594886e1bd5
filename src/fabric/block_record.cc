#include "fabric/block_record.h"

#include <fmt/format.h>

#include <algorithm>

#include "decode/wire.h"

namespace belfry::fabric {
namespace {

constexpr uint64_t kMaxHead = 20;  // two varints: the record's length, the block's number

tl::unexpected<pipeline::StreamEnd> unreadable(const Error& error) {
  return stop_with("unreadable", error.message);
}

tl::unexpected<pipeline::StreamEnd> damaged(const OpenBlockFile& file, uint64_t offset,
                                            std::string_view what) {
  return stop_with("damaged",
                   fmt::format("{} is damaged at offset {}: {}", file.path, offset, what));
}

}  // namespace

tl::unexpected<pipeline::StreamEnd> stop_with(std::string code, std::string reason) {
  return tl::unexpected(
      pipeline::StreamEnd{pipeline::StreamEnd::Next::stop, std::move(code), std::move(reason)});
}

OrEnd<OpenBlockFile> open_block_file(FileSystem& files, const std::string& path) {
  auto file = files.open(path, OpenMode::read);
  if (!file) return unreadable(file.error());
  return OpenBlockFile{*std::move(file), path};
}

OrEnd<RecordHead> read_head(const OpenBlockFile& file, uint64_t offset, uint64_t size,
                            uint64_t max_record) {
  char bytes[kMaxHead];
  const auto got = file.file->read(offset, bytes, std::min(kMaxHead, size - offset));
  if (!got) return unreadable(got.error());
  const char* at = bytes;
  const char* const end = bytes + *got;
  uint64_t length;
  if (!decode::wire::read_varint(at, end, length)) {
    if (*got < 10) return RecordHead{};
    return damaged(file, offset, "no record begins here");
  }
  if (length == 0 || length > max_record)
    return damaged(
        file, offset,
        fmt::format("a record of {} bytes; at most {} are read (a setting)", length, max_record));
  RecordHead head;
  head.body = offset + static_cast<uint64_t>(at - bytes);
  if (length > size - head.body) return RecordHead{};
  head.end = head.body + length;
  if (!decode::wire::read_varint(at, std::min(end, at + length), head.number))
    return damaged(file, offset, "the record has no block number");
  return head;
}

OrEnd<decode::Block> read_record(const OpenBlockFile& file, const RecordHead& head,
                                 uint64_t expected) {
  if (head.number != expected)
    return damaged(file, head.body,
                   fmt::format("block {} stands where block {} is next", head.number, expected));
  auto buffer = std::make_shared<std::string>(head.end - head.body, '\0');
  const auto got = file.file->read(head.body, buffer->data(), buffer->size());
  if (!got) return unreadable(got.error());
  if (*got < buffer->size())
    return stop_with(
        "shrunk", fmt::format("{} has become shorter than it was: block {} is gone from offset {}",
                              file.path, expected, head.body));
  auto block = decode::parse_block_file_record(buffer, *buffer);
  if (!block) return damaged(file, head.body, block.error().message);
  return *std::move(block);
}

}  // namespace belfry::fabric
