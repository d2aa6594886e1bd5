// What goes wrong between a listener and a peer, each with a stable code for metrics and words that
// say what to do. docs/peers.md lists the codes.
#pragma once

#include <grpcpp/support/status.h>

#include <string>
#include <string_view>
#include <vector>

#include "fabric/peer_connection.h"
#include "msp/identity.h"
#include "pipeline/source.h"

namespace belfry::fabric {

using pipeline::StreamEnd;

inline StreamEnd again(std::string code, std::string reason) {
  return {StreamEnd::Next::reconnect, std::move(code), std::move(reason)};
}
inline StreamEnd stopped_by(std::string code, std::string reason) {
  return {StreamEnd::Next::stop, std::move(code), std::move(reason)};
}
inline StreamEnd stop_requested() {
  return again("stopped", "a stop was requested");
}

// A call that ended without an answer: the peer cannot be reached or trusted, went away, or the
// message was too big.
StreamEnd transport_fault(const grpc::Status& status, const PeerAddress& peer,
                          const ConnectionLimits& limits);

// Status 403. `words`: what else the peer said, may be empty.
StreamEnd refused(const PeerAddress& peer, std::string_view channel,
                  const msp::SigningIdentity& identity, WallTime now, std::string_view words);
// Status 400 to a request that is well formed.
StreamEnd bad_request(const PeerAddress& peer, WallTime now);
StreamEnd unknown_channel(const PeerAddress& peer, std::string_view channel);
StreamEnd lagging(const PeerAddress& peer, uint64_t height, uint64_t wanted);
StreamEnd below_snapshot(const PeerAddress& peer, uint64_t wanted);
// Status 5xx, or one that is not expected.
StreamEnd peer_fault(const PeerAddress& peer, int status);

// One reason for a source of several peers: if any may pass, the whole may.
StreamEnd together(std::vector<StreamEnd> ends);

}  // namespace belfry::fabric
