// Where blocks come from: a peer, or block files. The follower (pipeline/follower.h) drives it.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <variant>

#include "decode/block.h"

namespace belfry::pipeline {

struct Start {
  enum class At { oldest, newest, next, block };
  At at = At::oldest;
  uint64_t block = 0;  // At::block
};

// Why a stream gave no block, named by what the follower does next.
struct StreamEnd {
  enum class Next {
    reconnect,  // the fault may pass (peer gone, lagging, silent): open again after a pause
    stop,       // a person must act (no permission, expired certificate, unknown channel): show the
                // reason, try slowly
    finished,   // the source is complete and was read to its end (block files that do not grow)
  };
  Next next = Next::reconnect;
  std::string code;    // short and stable, for metrics: "lagging-peer", "unknown-channel",
                       // "certificate-expired" …
  std::string reason;  // for people: what, where, what to do
};

using Next = std::variant<decode::Block, StreamEnd>;

// One position moving forward over a channel. One thread at a time.
class BlockStream {
 public:
  virtual ~BlockStream() = default;
  // Waits for the next block. Ends early, with StreamEnd::reconnect, when a stop is requested.
  virtual Next next(std::stop_token stop) = 0;
};

struct ChannelInfo {
  uint64_t height = 0;
  std::string genesis_hash;  // 32 bytes: block 0's header hash
};

// A channel of a network. Thread-safe: several streams may be open at once.
class BlockSource {
 public:
  virtual ~BlockSource() = default;
  // Finds a peer (or the files) and asks for the height and block 0's hash; also says which start a
  // position means.
  virtual std::variant<ChannelInfo, StreamEnd> info(std::stop_token stop) = 0;
  // Opens at a block number ≤ height.
  virtual std::variant<std::unique_ptr<BlockStream>, StreamEnd> open(uint64_t block,
                                                                     std::stop_token stop) = 0;
  // One block that was read before, once more; another peer is asked with each `turn`, where there
  // are several.
  virtual Next again(uint64_t block, uint32_t turn, std::stop_token stop);
  virtual std::string describe() const = 0;  // "peer0.org1.example.com:7051", "chains/mychannel"
};

// Checks blocks beyond their hash chain (fabric/block_verifier.h: the orderers' signatures). Called
// with each block in order from the first one read; learns configuration changes as they pass. An
// error stops the listener.
class BlockVerifier {
 public:
  virtual ~BlockVerifier() = default;
  virtual Result<void> verify(const decode::Block& block) = 0;
};

}  // namespace belfry::pipeline
