// A chaincode that does what it is told, for tests: the functions of the recorded transcripts
// (chaincode-stream.json), with the same answers, and a few more.
#pragma once

#include "belfry/chaincode/contract.h"

namespace belfry::chaincode {

Chaincode probe();

}  // namespace belfry::chaincode
