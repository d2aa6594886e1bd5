// qscc: questions about a channel's ledger (Fabric's core/scc/qscc). The channel is the second
// argument. Error texts are Fabric's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "devnet/channel.h"

namespace protos {
class Response;
}

namespace belfry::devnet {

// A function of qscc whose caller may call it; args are its own, function and channel before them.
::protos::Response call_qscc(const ledger::Ledger& ledger, const std::vector<std::string>& args);

}  // namespace belfry::devnet
