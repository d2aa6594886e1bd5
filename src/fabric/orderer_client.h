// A client of an orderer: Broadcast, which takes transactions and configuration updates. Its
// blocks come over Deliver, as a peer's do (block_fetch.h).
#pragma once

#include <memory>
#include <string>

#include "fabric/endpoint.h"
#include "fabric/grpc_channel.h"
#include "fabric/rpc_error.h"

namespace belfry::fabric {

class OrdererClient {
 public:
  static Result<OrdererClient> make(const PeerAddress& orderer, const ConnectionLimits& limits);

  const PeerAddress& orderer() const { return orderer_; }
  const std::string& tls_cert_hash() const { return connected_.tls_cert_hash; }
  const std::shared_ptr<grpc::Channel>& channel() const { return connected_.channel; }
  const ConnectionLimits& limits() const { return limits_; }

  // Success: the orderer will order it, which says nothing about its validity. `unreachable` also
  // when it answers that it is not ready (no Raft leader): another one may be.
  RpcResult<void> broadcast(const std::string& envelope, Duration patience) const;

 private:
  PeerAddress orderer_;
  ConnectionLimits limits_;
  Connected connected_;
};

}  // namespace belfry::fabric
