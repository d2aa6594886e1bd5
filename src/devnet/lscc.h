// `lscc`, the lifecycle of Fabric 1.4, for its clients and channels without later capabilities:
// install on a peer, instantiate ("deploy") and upgrade on a channel, and what is there.
//
// After a deployment the endorser runs the chaincode's Init in the same simulation
// (endorsing_peer.cc). Error texts are Fabric's 2.5.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "devnet/execution.h"
#include "devnet/legacy_packages.h"
#include "devnet/peer.h"

namespace protos {
class ChaincodeSpec;
class Response;
}  // namespace protos

namespace belfry::devnet {

struct LsccCall {
  Peer& peer;
  LegacyPackages& packages;
  Simulator* simulator = nullptr;  // null without a channel
  std::string channel;             // what the proposal names
  const Proposal& proposal;
  // Whether the proposal's creator may use the resource ("lscc/Install") of the channel.
  std::function<Result<void>(const std::string& resource, const std::string& channel)> check_access;
};

::protos::Response call_lscc(const LsccCall& call, const std::vector<std::string>& args);

// What has to be initialized after such a call; none unless it deploys or upgrades. An error when
// the client sent code with it.
Result<std::unique_ptr<::protos::ChaincodeSpec>> deployed_chaincode(
    const std::vector<std::string>& args);

}  // namespace belfry::devnet
