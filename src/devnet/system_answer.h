// What a system chaincode (cscc, lscc, qscc) and a peer in a chaincode's stead answer with.
#pragma once

#include <string>

#include "base/result.h"
#include "peer/proposal_response.pb.h"

namespace belfry::devnet {

::protos::Response refuse(std::string message, int status = 500);
::protos::Response answer(std::string payload = {});    // status 200
::protos::Response answer(Result<std::string> result);  // either

}  // namespace belfry::devnet
