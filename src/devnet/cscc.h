// cscc: joining channels and reading their configuration (Fabric's core/scc/cscc). Error texts are
// Fabric's.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "devnet/peer.h"

namespace protos {
class Response;
}

namespace belfry::devnet {

// Asks whether the caller may use the resource ("cscc/GetConfigBlock") on the channel.
using CheckAccess =
    std::function<Result<void>(const std::string& resource, const std::string& channel)>;

::protos::Response call_cscc(Peer& peer, const std::vector<std::string>& args,
                             const CheckAccess& check);

}  // namespace belfry::devnet
