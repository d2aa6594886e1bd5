// The names of transactions' creators, for decode/events.h, which knows no certificates. A channel
// has few creators and a certificate takes 0.2 ms to parse, so names are remembered.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/hash.h"
#include "decode/events.h"

namespace belfry::fabric {

// Thread-safe; one serves all channels. Must outlive its resolvers.
class CreatorNames {
 public:
  // Remembers between `limit` and twice as many identities. A name's view stays valid until `limit`
  // other identities have been asked for.
  explicit CreatorNames(size_t limit = 65'536) : limit_(limit) {}

  // The common name in a serialized msp.SerializedIdentity's certificate; empty if there is none.
  std::string_view name(std::string_view identity);

  decode::CreatorName resolver() {
    return [this](std::string_view identity) { return name(identity); };
  }

 private:
  struct First8 {
    size_t operator()(const Hash256& hash) const;
  };
  using Names = std::unordered_map<Hash256, std::string, First8>;

  const size_t limit_;
  std::mutex mutex_;
  Names recent_,
      older_;  // what is asked for again moves to recent_; when that is full, older_ is forgotten
};

}  // namespace belfry::fabric
