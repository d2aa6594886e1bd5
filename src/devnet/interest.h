// What an endorsed transaction touched, so that a gateway can ask for the endorsements that its
// validation will want: chaincodes, collections, key-level policies (peer.ChaincodeInterest).
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "devnet/simulator.h"

namespace protos {
class ChaincodeInterest;
}

namespace belfry::devnet {

// System chaincodes are left out. Sorted by chaincode and collection. An error when a key that was
// written has a policy that does not decode.
Result<::protos::ChaincodeInterest> interest_of(
    const Simulator::Results& results, const std::function<bool(const std::string&)>& is_system);

}  // namespace belfry::devnet
