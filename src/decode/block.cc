#include "decode/block.h"

#include <fmt/format.h>

#include "decode/wire.h"

namespace belfry::decode {
namespace {

using wire::Reader;

// Says where in the bytes a block is damaged, and which block it is once that is known.
class Place {
 public:
  Place(std::string_view layout, std::string_view bytes) : layout_(layout), bytes_(bytes) {}
  void is_block(uint64_t number) {
    number_ = number;
    is_known_ = true;
  }
  tl::unexpected<Error> damaged(std::string_view what, const char* at) const {
    const std::string which =
        is_known_ ? fmt::format("block {}", number_) : "block of unknown number";
    return fail(fmt::format("{} is damaged: {} at offset {} of {} bytes ({})", which, what,
                            at - bytes_.data(), bytes_.size(), layout_));
  }

 private:
  std::string_view layout_;
  std::string_view bytes_;
  uint64_t number_ = 0;
  bool is_known_ = false;
};

// BlockHeader{1: number, 2: previous hash, 3: data hash}
Result<void> read_header(std::string_view message, Block& block, Place& place) {
  Reader fields(message);
  while (fields.next()) {
    switch (fields.tag()) {
      case wire::varint(1):
        block.number = fields.value();
        break;
      case wire::bytes(2):
        block.previous_hash = fields.bytes();
        break;
      case wire::bytes(3):
        block.data_hash = fields.bytes();
        break;
      default:
        break;
    }
  }
  if (fields.damaged()) return place.damaged("the header does not decode", fields.field());
  place.is_block(block.number);
  return {};
}

// BlockData{1: repeated envelope}
Result<void> read_data(std::string_view message, Block& block, const Place& place) {
  Reader fields(message);
  while (fields.next()) {
    if (fields.tag() != wire::bytes(1)) continue;
    if (block.transactions.size() == kMaxTransactions)
      return place.damaged(fmt::format("more than {} transactions", kMaxTransactions),
                           fields.field());
    block.transactions.push_back(fields.bytes());
  }
  if (fields.damaged())
    return place.damaged(fmt::format("transaction {} breaks off", block.transactions.size()),
                         fields.field());
  return {};
}

// BlockMetadata{1: repeated slot}
Result<void> read_metadata(std::string_view message, Block& block, size_t& slot,
                           const Place& place) {
  Reader fields(message);
  while (fields.next()) {
    if (fields.tag() != wire::bytes(1)) continue;
    if (slot < kMetadataSlots) block.metadata[slot] = fields.bytes();
    ++slot;
  }
  if (fields.damaged()) return place.damaged("the metadata does not decode", fields.field());
  return {};
}

Result<void> read_block(std::string_view message, Block& block, Place& place) {
  size_t slot = 0;
  Reader fields(message);
  while (fields.next()) {
    Result<void> read;
    switch (fields.tag()) {
      case wire::bytes(1):
        read = read_header(fields.bytes(), block, place);
        break;
      case wire::bytes(2):
        read = read_data(fields.bytes(), block, place);
        break;
      case wire::bytes(3):
        read = read_metadata(fields.bytes(), block, slot, place);
        break;
      default:
        break;
    }
    if (!read) return read;
  }
  if (fields.damaged()) return place.damaged("a field does not decode", fields.field());
  return {};
}

// PrivateDataMapEntry{1: transaction index, 2: TxPvtReadWriteSet}
Result<void> read_private_entry(std::string_view message, Block& block, const Place& place) {
  uint64_t index = 0;
  std::string_view set;
  Reader fields(message);
  while (fields.next()) {
    if (fields.tag() == wire::varint(1)) index = fields.value();
    if (fields.tag() == wire::bytes(2)) set = fields.bytes();
  }
  if (fields.damaged()) return place.damaged("the private data does not decode", fields.field());
  if (index >= block.transactions.size())
    return place.damaged(fmt::format("private data of transaction {}, of which there are {}", index,
                                     block.transactions.size()),
                         message.data());
  block.private_data[index] = set;
  return {};
}

// The layout of block files: numbers and counted bytes one after another, without tags.
class RecordReader {
 public:
  explicit RecordReader(std::string_view record)
      : at_(record.data()), end_(record.data() + record.size()) {}

  bool number(uint64_t& value) { return wire::read_varint(at_, end_, value); }
  bool counted(std::string_view& bytes) {
    const char* const before = at_;
    uint64_t size;
    if (!number(size) || size > static_cast<uint64_t>(end_ - at_)) {
      at_ = before;
      return false;
    }
    bytes = {at_, static_cast<size_t>(size)};
    at_ += size;
    return true;
  }
  const char* at() const { return at_; }
  bool finished() const { return at_ == end_; }

 private:
  const char* at_;
  const char* end_;
};

void append_length(std::string& der, size_t size) {
  if (size < 0x80) {
    der += static_cast<char>(size);
    return;
  }
  std::string digits;
  for (; size > 0; size >>= 8) digits.insert(digits.begin(), static_cast<char>(size));
  der += static_cast<char>(0x80 | digits.size());
  der += digits;
}

void append_element(std::string& der, char tag, std::string_view contents) {
  der += tag;
  append_length(der, contents.size());
  der += contents;
}

}  // namespace

Result<Block> parse_block(std::shared_ptr<const std::string> buffer, std::string_view bytes) {
  Block block{std::move(buffer)};
  Place place("common.Block", bytes);
  if (auto read = read_block(bytes, block, place); !read) return tl::unexpected(read.error());
  return block;
}

Result<Block> parse_block_and_private_data(std::shared_ptr<const std::string> buffer,
                                           std::string_view bytes) {
  Block block{std::move(buffer)};
  Place place("peer.BlockAndPrivateData", bytes);
  Reader blocks(bytes);
  while (blocks.next()) {
    if (blocks.tag() != wire::bytes(1)) continue;
    if (auto read = read_block(blocks.bytes(), block, place); !read)
      return tl::unexpected(read.error());
  }
  if (blocks.damaged()) return place.damaged("a field does not decode", blocks.field());
  block.private_data.resize(block.transactions.size());
  Reader entries(bytes);
  while (entries.next()) {
    if (entries.tag() != wire::bytes(2)) continue;
    auto read = read_private_entry(entries.bytes(), block, place);
    if (!read) return tl::unexpected(read.error());
  }
  return block;
}

Result<Block> parse_filtered_block(std::shared_ptr<const std::string> buffer,
                                   std::string_view bytes) {
  Block block{std::move(buffer)};
  block.filtered = true;
  Place place("peer.FilteredBlock", bytes);
  // FilteredBlock{1: channel, 2: number, 4: repeated FilteredTransaction}
  Reader fields(bytes);
  while (fields.next()) {
    if (fields.tag() == wire::varint(2)) place.is_block(block.number = fields.value());
    if (fields.tag() != wire::bytes(4)) continue;
    if (block.transactions.size() == kMaxTransactions)
      return place.damaged(fmt::format("more than {} transactions", kMaxTransactions),
                           fields.field());
    block.transactions.push_back(fields.bytes());
  }
  if (fields.damaged()) return place.damaged("a field does not decode", fields.field());
  return block;
}

Result<Block> parse_block_file_record(std::shared_ptr<const std::string> buffer,
                                      std::string_view record) {
  Block block{std::move(buffer)};
  Place place("block file record", record);
  RecordReader reader(record);
  if (!reader.number(block.number)) return place.damaged("no block number", record.data());
  place.is_block(block.number);
  if (!reader.counted(block.data_hash))
    return place.damaged("the data hash breaks off", reader.at());
  if (!reader.counted(block.previous_hash))
    return place.damaged("the previous hash breaks off", reader.at());
  uint64_t count;
  if (!reader.number(count)) return place.damaged("no number of transactions", reader.at());
  if (count > kMaxTransactions)
    return place.damaged(fmt::format("{} transactions, more than {},", count, kMaxTransactions),
                         reader.at());
  for (uint64_t i = 0; i < count; ++i) {
    std::string_view transaction;
    if (!reader.counted(transaction))
      return place.damaged(fmt::format("transaction {} of {} breaks off", i, count), reader.at());
    block.transactions.push_back(transaction);
  }
  if (!reader.number(count)) return place.damaged("no number of metadata slots", reader.at());
  for (uint64_t i = 0; i < count; ++i) {
    std::string_view slot;
    if (!reader.counted(slot))
      return place.damaged(fmt::format("metadata slot {} breaks off", i), reader.at());
    if (i < kMetadataSlots) block.metadata[i] = slot;
  }
  if (!reader.finished()) return place.damaged("bytes are left over", reader.at());
  return block;
}

std::string header_der(uint64_t number, std::string_view previous_hash,
                       std::string_view data_hash) {
  std::string integer;  // big-endian two's complement, as short as it can be
  do integer.insert(integer.begin(), static_cast<char>(number));
  while ((number >>= 8) > 0);
  if (static_cast<unsigned char>(integer.front()) >= 0x80) integer.insert(integer.begin(), '\0');
  std::string contents, der;
  append_element(contents, 0x02, integer);
  append_element(contents, 0x04, previous_hash);
  append_element(contents, 0x04, data_hash);
  append_element(der, 0x30, contents);
  return der;
}

Hash256 header_hash(uint64_t number, std::string_view previous_hash, std::string_view data_hash) {
  return sha256(header_der(number, previous_hash, data_hash));
}

Hash256 data_hash(const Block& block) {
  Sha256 hash;
  for (const auto transaction : block.transactions) hash.add(transaction);
  return hash.finish();
}

}  // namespace belfry::decode
