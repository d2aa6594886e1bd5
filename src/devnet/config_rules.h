// What an ordering service refuses of a configuration that an update would make, in Fabric's words:
// once it were ordered, peers and orderers would stop over it.
#pragma once

#include "base/result.h"
#include "msp/channel_config.h"

namespace belfry::devnet {

// Values that are none, settings that do not work, capabilities that Fabric does not know,
// organisations that would change their names.
Result<void> check_new_config(const msp::ChannelConfig& current, const ::common::Config& next);

// Whether the consensus changes its type, and may.
Result<void> check_consensus_type(const msp::ChannelConfig& current, const ::common::Config& next);

}  // namespace belfry::devnet
