// A ledger as the stand-in peer holds it: serialized common.Blocks that grow while streams wait for
// the next. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "support/ledger.h"

namespace belfry::tests {

class Chain {
 public:
  Chain() = default;
  // The first `blocks` of a recorded ledger, as they are.
  explicit Chain(const Ledger& ledger, size_t blocks = SIZE_MAX);
  explicit Chain(const std::vector<BlockParts>& blocks);

  uint64_t height() const;
  void append(std::string block);
  // The block; waits for it. Null when `give_up` says so, which is asked at least every 20 ms.
  std::shared_ptr<const std::string> wait_for(uint64_t number,
                                              const std::function<bool()>& give_up) const;
  std::shared_ptr<const std::string> at(uint64_t number) const;  // null: there is none
  // A stream has come to wait for a block that is not there yet.
  bool awaited() const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable grown_;
  mutable bool awaited_ = false;
  std::vector<std::shared_ptr<const std::string>> blocks_;
};

// All parts of a ledger's first blocks, to alter.
std::vector<BlockParts> parts_of(const Ledger& ledger, size_t blocks = SIZE_MAX);
// Recomputes data hashes and the chain of previous hashes from this block on: what a forger who
// cannot sign can do.
void rechain(std::vector<BlockParts>& blocks, size_t from);
// The same network set up anew: another genesis block, hence other hashes all the way.
void rebuild(std::vector<BlockParts>& blocks);
// From this block on each transaction is committed in a block of its own: a ledger of a steady
// pace.
std::vector<BlockParts> one_by_one(const std::vector<BlockParts>& blocks, size_t from);
// Adds a transaction of so many bytes that does not decode, marked invalid.
void pad(BlockParts& block, size_t bytes);

}  // namespace belfry::tests
