// A block as views into its bytes. Four layouts hold one: common.Block, as Deliver sends it, alone
// or with private data; peer.FilteredBlock; and a record of a peer's block file
// (docs/formats/blocks.md). All are read into this one shape.
//
// Nothing is copied. Whoever holds a Block keeps its buffer alive; events made from it view that
// buffer too.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/result.h"

namespace belfry::decode {

inline constexpr size_t kMetadataSlots = 5;
inline constexpr size_t kMaxTransactions = 1'000'000;  // in one block; more is taken for damage

struct Block {
  std::shared_ptr<const std::string> buffer;  // what all views below look into
  uint64_t number = 0;
  std::string_view previous_hash;
  std::string_view data_hash;
  std::vector<std::string_view> transactions;               // serialized common.Envelope
  std::array<std::string_view, kMetadataSlots> metadata{};  // absent ones are empty
  std::vector<std::string_view>
      private_data;  // by transaction: serialized rwset.TxPvtReadWriteSet, or empty; only from a
                     // private-data stream

  // From a filtered stream: `transactions` are serialized peer.FilteredTransaction, without
  // payloads, creators, times and writes, and there are no hashes, so nothing of it can be checked.
  bool filtered = false;
};

// The bytes of a common.Block, which lie within *buffer. An error names what does not decode, the
// block where its number is known, and the offset within the bytes given.
Result<Block> parse_block(std::shared_ptr<const std::string> buffer, std::string_view block);
// The bytes of a peer.BlockAndPrivateData.
Result<Block> parse_block_and_private_data(std::shared_ptr<const std::string> buffer,
                                           std::string_view bytes);
// The bytes of a peer.FilteredBlock.
Result<Block> parse_filtered_block(std::shared_ptr<const std::string> buffer,
                                   std::string_view bytes);
// One record of a block file, without its length prefix.
Result<Block> parse_block_file_record(std::shared_ptr<const std::string> buffer,
                                      std::string_view record);

// The header as DER, which orderers sign: SEQUENCE{INTEGER number, OCTET STRING previous hash,
// OCTET STRING data hash}.
std::string header_der(uint64_t number, std::string_view previous_hash, std::string_view data_hash);
// sha256 of the header's DER, the next block's previous hash.
Hash256 header_hash(uint64_t number, std::string_view previous_hash, std::string_view data_hash);
inline Hash256 header_hash(const Block& block) {
  return header_hash(block.number, block.previous_hash, block.data_hash);
}
// sha256 of the transactions one after another: what data_hash must be.
Hash256 data_hash(const Block& block);

}  // namespace belfry::decode
