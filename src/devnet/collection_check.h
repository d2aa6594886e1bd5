// Whether the private data collections of a proposed chaincode definition make sense, alone and
// beside those that are committed. In Fabric's words when not.
#pragma once

#include <string>

#include "base/result.h"
#include "msp/channel_config.h"

namespace protos {
class CollectionConfigPackage;
}

namespace belfry::devnet {

// `committed` is the serialized peer.CollectionConfigPackage of the definition in force; empty
// without one.
Result<void> check_collections(const ::protos::CollectionConfigPackage& proposed,
                               const std::string& committed, const msp::ChannelConfig& config);

}  // namespace belfry::devnet
