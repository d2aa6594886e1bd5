// How a channel's configuration changes: a signed update names the parts it read and those it
// writes, each with its version; every part that changes must have been signed for by its own
// mod_policy; the new configuration is the old one with these parts replaced. (Fabric's
// common/configtx.)
//
// The block verifier checks with it that a configuration block holds what its signers agreed to; an
// orderer applies updates with it.
#pragma once

#include "base/result.h"
#include "msp/channel_config.h"

namespace common {
class ConfigUpdateEnvelope;
}

namespace belfry::msp {

// The configuration that the update makes of the current one, or why it may not, in the words of
// Fabric's orderers.
Result<::common::Config> apply_update(const ChannelConfig& current,
                                      const ::common::ConfigUpdateEnvelope& update);

// Whether `proposed`, from a configuration block, is the current configuration changed by its own
// last_update. Returns the new one.
Result<ChannelConfig> follow_update(const ChannelConfig& current,
                                    const ::common::ConfigEnvelope& proposed);

}  // namespace belfry::msp
