#include "support/ledger.h"

#include "base/check.h"
#include "base/hash.h"
#include "support/xz.h"

namespace belfry::tests {
namespace {

uint64_t take_varint(std::string_view& bytes) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    BELFRY_CHECK(!bytes.empty());
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  BELFRY_CHECK(false);
  return 0;
}

std::string_view take_bytes(std::string_view& bytes) {
  const uint64_t size = take_varint(bytes);
  BELFRY_CHECK(size <= bytes.size());
  const auto taken = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return taken;
}

void append_counted(std::string& out, std::string_view bytes) {
  append_varint(out, bytes.size());
  out += bytes;
}

}  // namespace

void append_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void append_field(std::string& out, uint32_t number, std::string_view bytes) {
  append_varint(out, static_cast<uint64_t>(number) << 3 | 2);
  append_counted(out, bytes);
}

void append_field(std::string& out, uint32_t number, uint64_t value) {
  append_varint(out, static_cast<uint64_t>(number) << 3);
  append_varint(out, value);
}

Ledger::Ledger(std::string block_file) : block_file_(std::move(block_file)) {
  for (std::string_view rest = block_file_; !rest.empty();) records_.push_back(take_bytes(rest));
}

BlockParts Ledger::parts(size_t block) const {
  std::string_view rest = record(block);
  BlockParts parts;
  parts.number = take_varint(rest);
  parts.data_hash = take_bytes(rest);
  parts.previous_hash = take_bytes(rest);
  for (uint64_t left = take_varint(rest); left > 0; --left)
    parts.transactions.emplace_back(take_bytes(rest));
  for (uint64_t left = take_varint(rest); left > 0; --left)
    parts.metadata.emplace_back(take_bytes(rest));
  BELFRY_CHECK(rest.empty());
  return parts;
}

std::string Ledger::common_block(size_t block) const {
  return to_common_block(parts(block));
}

std::string to_common_block(const BlockParts& parts) {
  std::string header, data, metadata, block;
  if (parts.number != 0) append_field(header, 1, parts.number);
  if (!parts.previous_hash.empty()) append_field(header, 2, parts.previous_hash);
  append_field(header, 3, parts.data_hash);
  for (const auto& transaction : parts.transactions) append_field(data, 1, transaction);
  for (const auto& slot : parts.metadata) append_field(metadata, 1, slot);
  append_field(block, 1, header);
  append_field(block, 2, data);
  append_field(block, 3, metadata);
  return block;
}

std::string to_block_file_record(const BlockParts& parts) {
  std::string record, out;
  append_varint(record, parts.number);
  append_counted(record, parts.data_hash);
  append_counted(record, parts.previous_hash);
  append_varint(record, parts.transactions.size());
  for (const auto& transaction : parts.transactions) append_counted(record, transaction);
  append_varint(record, parts.metadata.size());
  for (const auto& slot : parts.metadata) append_counted(record, slot);
  append_counted(out, record);
  return out;
}

void rehash(BlockParts& parts) {
  Sha256 hash;
  for (const auto& transaction : parts.transactions) hash.add(transaction);
  parts.data_hash = view(hash.finish());
}

const Ledger& ngo_ledger() {
  static const Ledger ledger(read_data("ledgers/ngo-3.1/mychannel.blockfile.xz"));
  return ledger;
}

const Ledger& two_orgs_ledger() {
  static const Ledger ledger(read_data("ledgers/fabric-3.1-mychannel-two-orgs.blockfile.xz"));
  return ledger;
}

const Ledger& events_15k_ledger() {
  static const Ledger ledger(read_data("ledgers/fabric-2.4.9-ch1-15k-events.blockfile.xz"));
  return ledger;
}

}  // namespace belfry::tests
