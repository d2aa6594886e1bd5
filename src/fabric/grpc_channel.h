// A gRPC channel to a peer or an orderer with belfry's settings: TLS as the endpoint says, message
// bounds, keepalive. Shared by the Deliver client (peer_connection.h) and the clients that ask
// (peer_client.h, orderer_client.h).
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "fabric/endpoint.h"

namespace grpc {
class Channel;
}

namespace belfry::fabric {

struct Connected {
  std::shared_ptr<grpc::Channel> channel;
  std::string tls_cert_hash;  // sha256 of the TLS client certificate's DER; empty without one
};

// gRPC writes to standard error by itself; what it has to say, our own words say better. From here
// on it is kept for --log-level debug. connect() does so, too.
void take_over_grpc_log();

// Connects with the first call. An error: TLS files that are no good.
Result<Connected> connect(const PeerAddress& peer, const ConnectionLimits& limits);

// So long from now, as gRPC's contexts take it.
std::chrono::system_clock::time_point deadline_after(Duration duration);

}  // namespace belfry::fabric
