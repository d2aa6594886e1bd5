// Private writes of transactions that are endorsed and not yet committed (a peer's transient
// store). Bounded: when many wait, the oldest are forgotten, and their data stays missing.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ledger/read_write_set.h"

namespace belfry::ledger {

// Thread-safe.
class HeldPrivate {
 public:
  explicit HeldPrivate(size_t most) : most_(most) {}

  // A transaction may be endorsed more than once, by peers with different parts of its data.
  void hold(std::string_view transaction_id, std::string set);
  // Those collections whose hash stands in the transaction's read-write set, as a serialized
  // rwset.TxPvtReadWriteSet; empty when there is none. What was held is forgotten.
  std::string take(std::string_view transaction_id, const std::vector<NamespaceSet>& sets);

 private:
  const size_t most_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::vector<std::string>> held_;
  std::deque<std::string> order_;  // ids as they came; some may be taken already
};

}  // namespace belfry::ledger
