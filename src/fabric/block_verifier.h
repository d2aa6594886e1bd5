// `verify: signatures`: whether a channel's own orderers signed each block, judged by the channel's
// own configuration, which is followed from one configuration block to the next (docs/trust.md).
//
// Stands between a block source and the follower, which checks the header chain and the data hash:
// an orderer signs the header only, and through its hashes everything before it and inside it. As
// Fabric's peers do, a block is judged by the configuration before it, its signers against the
// policy /Channel/Orderer/BlockValidation, and a new configuration also by the signatures on its
// update. Certificates that have expired since are no fault (msp/msp.h).
//
// Trust starts at a configuration block that is taken as it is:
//   BlockVerifier::trusting(block 0, whose hash is pinned)            – then everything after it is
//   proven; BlockVerifier::starting_at(n, genesis hash, how to get a block)   – for a start in
//   mid-channel: walks the configuration
//     blocks back to block 0 and proves them forward again;
//   BlockVerifier::trusting(the last configuration block before n)    – where earlier blocks are
//   not to be had.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/result.h"
#include "decode/block.h"
#include "msp/channel_config.h"
#include "pipeline/source.h"

namespace belfry::fabric {

// The number of the last configuration block at or before this block, which its orderers vouch for
// in metadata slot 0 (in slot 1 before Fabric 1.4.1). Block 0 is its own.
Result<uint64_t> last_config_of(const decode::Block& block);

// Whole blocks by number, as a source has them; the hash chain need not have been checked.
using FetchBlock = std::function<Result<decode::Block>(uint64_t number)>;

// One thread at a time. Blocks may come again (a stream opened anew, a replay), back to the trusted
// one or over the last kMostConfigs configurations.
class BlockVerifier final : public pipeline::BlockVerifier {
 public:
  static constexpr size_t kMostConfigs = 64;

  // `config` is a configuration block, taken as true. Its transactions must match its header.
  static Result<std::unique_ptr<BlockVerifier>> trusting(const decode::Block& config);
  // Ready to verify block `first` and what follows. genesis_hash is the header hash of block 0;
  // fetches the configuration blocks before `first` and the block before each of them: two for each
  // configuration update, at most kMostFetched.
  static constexpr size_t kMostFetched = 20'000;
  static Result<std::unique_ptr<BlockVerifier>> starting_at(uint64_t first,
                                                            std::string_view genesis_hash,
                                                            const FetchBlock& fetch);

  // The error names the block and the reason.
  Result<void> verify(const decode::Block& block) override;

  // As of the last block verified.
  const msp::ChannelConfig& config() const { return configs_.rbegin()->second.config; }

 private:
  struct Known {
    msp::ChannelConfig config;
    Hash256 header_hash{};  // of the block that brought it
  };
  BlockVerifier() = default;
  Result<void> check_signatures(const decode::Block& block, const msp::ChannelConfig& config) const;
  Result<void> check(const decode::Block& block);
  Result<void> follow(const decode::Block& block, const Known& before);

  std::map<uint64_t, Known> configs_;  // by the number of the block that brought it; never empty
};

}  // namespace belfry::fabric
