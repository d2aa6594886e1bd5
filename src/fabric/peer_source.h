// A channel followed at its peers: the Deliver service of real Fabric (2.x, 3.x), a devnet, or a
// stand-in.
//
// The first peer in the given order that is well and has the wanted block serves the stream; when
// it fails, the follower opens again and the next one takes over from the same block. What can go
// wrong is told apart as far as a peer lets it (docs/peers.md lists the codes): a lagging peer from
// an unknown channel, an expired certificate from a missing permission, a wrong authority from a
// peer that is down.
//
//   PeerSource source(options);
//   auto info = source.info(stop);                       // height, genesis hash
//   auto stream = source.open(next_block, stop);         // then stream->next(stop) for ever
//
// Memory: one message at a time is held, besides gRPC's flow control window.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "fabric/peer_connection.h"
#include "msp/identity.h"
#include "pipeline/source.h"

namespace belfry::fabric {

// Who asks. Called at each connect, so that renewed credentials are used without a restart;
// thread-safe. Usually [&] { return provider.current(); } of a msp::IdentityProvider.
using CurrentIdentity = std::function<Result<std::shared_ptr<const msp::SigningIdentity>>()>;

struct PeerSourceOptions {
  std::string channel;
  std::vector<PeerAddress> peers;  // at least one, the preferred one first
  CurrentIdentity identity;
  StreamKind kind = StreamKind::full;
  ConnectionLimits limits;
  // A failed peer is asked after all others for so long: first, doubled with each failure up to
  // most, less a random part of up to half.
  Duration backoff_first = std::chrono::seconds(1);
  Duration backoff_most = std::chrono::seconds(60);
  // Without a block for so long the peer (and, with cross_check, another one) is asked for its
  // height, to tell a quiet channel from a silent peer.
  Duration idle_check = std::chrono::seconds(60);
  // When a stream opens, the block before it is compared with the other peers' at hand: a fork
  // stops the stream.
  bool cross_check = true;
  const Clock* clock = &system_clock();
  Random* random = &secure_random();
};

// For status and metrics; a copy.
struct PeerSourceStatus {
  struct Peer {
    std::string address;
    uint64_t failures = 0;     // in a row
    std::string code, reason;  // of the last failure; empty after a success
  };
  std::string connected;  // address of the peer that serves a stream now; empty: none
  std::string last_code,
      last_reason;  // of the last stream or opening that ended; stays after a reconnect
  uint64_t connects = 0, blocks = 0, bytes = 0;
  std::optional<WallTime> certificate_ends;  // of the identity used last
  std::string certificate_warning;           // within 30 days of that; else empty
  std::vector<Peer> peers;
};

class PeerPool;

class PeerSource final : public pipeline::BlockSource {
 public:
  explicit PeerSource(PeerSourceOptions options);
  ~PeerSource() override;

  std::variant<pipeline::ChannelInfo, pipeline::StreamEnd> info(std::stop_token stop) override;
  std::variant<std::unique_ptr<pipeline::BlockStream>, pipeline::StreamEnd> open(
      uint64_t block, std::stop_token stop) override;
  pipeline::Next again(uint64_t block, uint32_t turn, std::stop_token stop) override;
  std::string describe() const override;
  PeerSourceStatus status() const;  // thread-safe

 private:
  std::shared_ptr<PeerPool> pool_;  // streams may outlive the source
};

}  // namespace belfry::fabric
