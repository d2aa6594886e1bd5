// What a peer tells about its channels (cscc and qscc), and joining one: the invocations, and their
// answers read. Asked through client_network.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fabric/transaction.h"

namespace belfry::fabric {

Invocation join_channel(const std::string& block);  // its first block, serialized
Invocation joined_channels();
Result<std::vector<std::string>> read_joined_channels(std::string_view answer);

struct ChainInfo {
  uint64_t height = 0;
  std::string current_hash, previous_hash;  // bytes
};
Invocation chain_info(const std::string& channel);
Result<ChainInfo> read_chain_info(std::string_view answer);

}  // namespace belfry::fabric
