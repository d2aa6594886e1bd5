// Signatures that were found good in this process, so that nobody in it verifies one again: the
// endorser made it, or the orderer checked it, before the validator sees it. A verification costs
// 73 µs, a look here 2 µs.
#pragma once

#include <cstddef>
#include <mutex>
#include <string_view>
#include <unordered_set>

#include "base/hash.h"
#include "msp/msp.h"

namespace belfry::ledger {

// Thread-safe. Remembers between `limit` and twice as many.
class SignatureCache {
 public:
  explicit SignatureCache(size_t limit = 32'768) : limit_(limit) {}

  // Of a signature just made, or found good elsewhere. `identity` is the serialized one.
  void remember(std::string_view identity, std::string_view message, std::string_view signature);
  // Whether the signature is the member's over the message: looked up, or verified and remembered.
  bool verify(const msp::Member& member, std::string_view identity, std::string_view message,
              std::string_view signature);

 private:
  struct First8 {
    size_t operator()(const Hash256& hash) const;
  };
  using Set = std::unordered_set<Hash256, First8>;
  bool known(const Hash256& key);
  void add(const Hash256& key);

  const size_t limit_;
  std::mutex mutex_;
  Set recent_, older_;  // when recent_ is full, older_ is forgotten
};

}  // namespace belfry::ledger
