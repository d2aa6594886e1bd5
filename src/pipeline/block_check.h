// Trust in what a peer sends: each block must follow from the one before (its previous_hash is that
// block's header hash) and hold the transactions its header names (data_hash). One per stream.
#pragma once

#include <optional>
#include <string>

#include "decode/block.h"
#include "pipeline/source.h"

namespace belfry::pipeline {

struct Mistrust {
  std::string code;    // "chain-broken", "data-hash", "signatures"
  std::string reason;  // names the block
};

class BlockCheck {
 public:
  // Asked about each block from now on; none: hashes only.
  void use(std::unique_ptr<BlockVerifier> verifier) { verifier_ = std::move(verifier); }

  // Nothing: the block can be trusted; its header hash is then last_hash(). Only a block right
  // after the last one is compared with it. Filtered blocks have no hashes to check.
  [[nodiscard]] std::optional<Mistrust> check(const decode::Block& block);
  // Empty after a filtered block.
  std::string_view last_hash() const { return last_ ? view(*last_) : std::string_view(); }

 private:
  std::unique_ptr<BlockVerifier> verifier_;
  std::optional<Hash256> last_;
  uint64_t last_number_ = 0;
};

}  // namespace belfry::pipeline
