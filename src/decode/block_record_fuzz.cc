// A record of a block file that may be damaged anywhere, down to each transaction in full detail.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "decode/block.h"
#include "decode/rwset.h"
#include "decode/transaction.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace belfry;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto block = decode::parse_block_file_record(nullptr, bytes);
  if (!block) return 0;
  (void)decode::header_hash(*block);
  for (const auto envelope : block->transactions) {
    const auto tx = decode::read_transaction(envelope);
    std::vector<std::string_view> arguments;
    (void)decode::read_arguments(tx.proposal_payload, arguments);
    (void)decode::endorsers(tx);
    decode::ReadWriteSet all, writes;
    const bool whole = decode::read_rwset(tx.results, decode::Detail::all, all);
    const bool decodes = decode::read_rwset(tx.results, decode::Detail::writes, writes);
    BELFRY_CHECK(!whole || (decodes && all.writes.size() == writes.writes.size()));
    std::vector<decode::PrivateWrite> private_writes;
    (void)decode::read_private_writes(tx.results, all.collections, private_writes);
  }
  return 0;
}
