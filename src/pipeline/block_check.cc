#include "pipeline/block_check.h"

#include <fmt/format.h>

#include "base/bytes.h"

namespace belfry::pipeline {

std::optional<Mistrust> BlockCheck::check(const decode::Block& block) {
  if (block.filtered) {
    last_.reset();
    return {};
  }
  if (last_ && block.number == last_number_ + 1 && block.previous_hash != view(*last_)) {
    return Mistrust{
        "chain-broken",
        fmt::format(
            "block {} does not follow from block {}: it names {} as the previous hash, but that "
            "block's header hash is {}; the peer's ledger was altered or another one stands in its "
            "place",
            block.number, last_number_, hex(block.previous_hash), hex(view(*last_)))};
  }
  const Hash256 data = decode::data_hash(block);
  if (block.data_hash != view(data)) {
    return Mistrust{
        "data-hash",
        fmt::format(
            "block {} holds other transactions than its header names: their hash is {}, the header "
            "says {}; the block was altered on its way or at the peer",
            block.number, hex(view(data)), hex(block.data_hash))};
  }
  if (verifier_) {
    if (auto verified = verifier_->verify(block); !verified) {
      return Mistrust{"signatures",
                      fmt::format("block {}: {}", block.number, verified.error().message)};
    }
  }
  last_ = decode::header_hash(block);
  last_number_ = block.number;
  return {};
}

}  // namespace belfry::pipeline
