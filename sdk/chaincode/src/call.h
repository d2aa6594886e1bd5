// A peer's INIT or TRANSACTION, taken apart.
#pragma once

#include "belfry/chaincode/peer.h"
#include "peer/chaincode_shim.pb.h"

namespace belfry::chaincode {

// The client, the time and transient data come from the signed proposal, as Fabric's shims read
// them; a message without one has none of them.
Result<Call> read_call(const protos::ChaincodeMessage& message);

}  // namespace belfry::chaincode
