// The gRPC service discovery.Discovery of one peer: the channel's configuration, its peers, and
// who can endorse what (Fabric's discovery/). What a real peer learns by gossip is known here: all
// peers of the process are alive.
#pragma once

#include <memory>

#include "devnet/endorsers.h"

namespace grpc {
class Service;
}

namespace discovery {
class QueryResult;
class Response;
class SignedRequest;
}  // namespace discovery

namespace belfry::devnet {

// Thread-safe.
class Discovery {
 public:
  // peers are all of the process, `local` among them; both outlive it.
  Discovery(const PeerContext& context, EndorsingPeer& local, const EndorsingPeers& peers)
      : context_(context), local_(local), peers_(peers) {}

  // An error is the text of a gRPC status UNKNOWN.
  Result<::discovery::Response> discover(const ::discovery::SignedRequest& request) const;

 private:
  const PeerContext& context_;
  EndorsingPeer& local_;
  const EndorsingPeers& peers_;
};

std::unique_ptr<grpc::Service> make_discovery_service(std::shared_ptr<Discovery> discovery);

}  // namespace belfry::devnet
