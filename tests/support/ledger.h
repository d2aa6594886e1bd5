// The recorded ledgers, block by block, for tests and stand-ins: read a peer's block file, alter a
// block, and write it as a peer would, as a common.Block or as a record of a block file.
//
// Deliberately knows nothing of src/decode, whose judge it is. Input is trusted: damage ends the
// test program.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::tests {

// One block, owned, free to be altered.
struct BlockParts {
  uint64_t number = 0;
  std::string previous_hash;
  std::string data_hash;
  std::vector<std::string> transactions;  // serialized common.Envelope
  std::vector<std::string> metadata;      // five slots in every real block
};

class Ledger {
 public:
  explicit Ledger(std::string block_file);

  const std::string& block_file() const { return block_file_; }
  size_t height() const { return records_.size(); }
  std::string_view record(size_t block) const { return records_.at(block); }  // without its length
  BlockParts parts(size_t block) const;
  std::string common_block(size_t block) const;  // what Deliver would send

 private:
  std::string block_file_;
  std::vector<std::string_view> records_;  // views into block_file_
  Ledger(const Ledger&) = delete;
};

// The recorded ledgers of tests/data/ledgers, decompressed at the first call and kept.
const Ledger& ngo_ledger();       // 3.1.5, 227 blocks, 1,829 valid events, every oddity
const Ledger& two_orgs_ledger();  // 3.1, small
const Ledger&
events_15k_ledger();  // 2.4.9, 64 MB, 15,201 events of about 1 KB: for speed and crash campaigns

std::string to_common_block(const BlockParts& parts);       // serialized common.Block
std::string to_block_file_record(const BlockParts& parts);  // with its length in front
// Recomputes the data hash over the transactions as they now are.
void rehash(BlockParts& parts);

// Protobuf by hand, for tests that forge messages.
void append_varint(std::string& out, uint64_t value);
void append_field(std::string& out, uint32_t number, std::string_view bytes);  // length-delimited
void append_field(std::string& out, uint32_t number, uint64_t value);          // varint

}  // namespace belfry::tests
