// The donation application's chaincode: donors, NGOs, donations, what NGOs spend and how donors
// rate them. Function names, arguments (one JSON object), keys and results are those of the AWS
// sample non-profit-blockchain, so that its clients work unchanged.
//
// Version 2 is version 1 and an event for each donation.
#pragma once

#include "belfry/chaincode/contract.h"

namespace ngo {

enum class Version { k1, k2 };

belfry::chaincode::Chaincode chaincode(Version version);

}  // namespace ngo
