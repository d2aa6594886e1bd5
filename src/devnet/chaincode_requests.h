// What a chaincode may ask of its peer while it runs — state, ranges, history, private data, key
// metadata — answered from the execution's simulator. Calls to other chaincodes are
// chaincode_runtime.h's.
#pragma once

#include <string>

#include "base/result.h"
#include "devnet/execution.h"

namespace protos {
class ChaincodeMessage;
}

namespace belfry::devnet {

inline constexpr size_t kQueryBatch = 100;             // results in one message, without a page
inline constexpr int64_t kMostQueryResults = 100'000;  // of one query: core.yaml's totalQueryLimit
inline constexpr size_t kMostOpenQueries = 1'000;      // of one execution

// Whether answer() knows the type.
bool is_state_request(const ::protos::ChaincodeMessage& message);
// The payload of the RESPONSE, or the reason for an ERROR in Fabric's words, without the prefix
// "GET_STATE failed: transaction ID: …". Takes the simulation's lock.
Result<std::string> answer(Execution& execution, const ::protos::ChaincodeMessage& message);

}  // namespace belfry::devnet
