// The first block of a devnet channel: its configuration, as configtxgen would make it from the
// samples' configtx.yaml — organisations with MSPs and anchor peers, policies, capabilities, one
// etcdraft consenter.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "devnet/material.h"

namespace belfry::devnet {

// Which clients the channel is for: its capabilities.
enum class Generation {
  v1_4,  // lscc, no _lifecycle: for fabric-client 1.4's deploy
  v2,    // V2_0, V2_5 for applications
};

struct ChannelParameters {
  Generation generation = Generation::v2;
  uint32_t max_messages = 500;
  uint32_t absolute_max_bytes = 10 << 20;
  uint32_t preferred_max_bytes = 2 << 20;
  std::string batch_timeout = "2s";
};

struct GenesisAddresses {
  std::string orderer_host;  // "orderer.example.com"
  uint16_t orderer_port = 7050;
  struct Anchor {
    std::string msp_id, host;
    uint16_t port = 7051;
  };
  std::vector<Anchor> anchors;
};

// Serialized common.Block. `organizations` are MSP ids of the material; all when empty.
std::string make_genesis(const Material& material, const std::string& channel,
                         const ChannelParameters& parameters, const GenesisAddresses& addresses,
                         WallTime now, Random& random,
                         const std::vector<std::string>& organizations = {});

}  // namespace belfry::devnet
