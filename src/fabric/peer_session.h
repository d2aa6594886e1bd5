// One peer, one identity, one connection: asks for the channel's height, for single blocks, and
// opens the stream that follows. Turns each answer into a value or into the reason why there is
// none.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <variant>

#include "decode/block.h"
#include "fabric/peer_pool.h"
#include "fabric/peer_requests.h"

namespace belfry::fabric {

class PeerSession {
 public:
  struct Chain {
    uint64_t height = 0;
    uint64_t first_block = 0;  // above 0: the peer joined from a snapshot and holds no block below
  };

  static std::variant<PeerSession, StreamEnd> begin(std::shared_ptr<PeerPool> pool, size_t peer);

  // From qscc's GetChainInfo; where that is not permitted, from the newest block (then first_block
  // is not known).
  std::variant<Chain, StreamEnd> chain(std::stop_token stop) const;
  // One existing block, whole whatever the stream's kind.
  std::variant<decode::Block, StreamEnd> block(uint64_t number, std::stop_token stop) const;
  // Block 0's header hash.
  std::variant<std::string, StreamEnd> genesis_hash(std::stop_token stop) const;
  std::unique_ptr<DeliverCall> follow(uint64_t block) const;

  // What a status on a stream means that had come to `wanted`.
  StreamEnd explain(int status, uint64_t wanted, std::stop_token stop) const;
  StreamEnd explain(const grpc::Status& status, std::stop_token stop) const;

  const PeerAddress& peer() const { return pool_->options.peers[index_]; }
  size_t index() const { return index_; }
  const msp::SigningIdentity& identity() const { return *identity_; }

 private:
  PeerSession(std::shared_ptr<PeerPool> pool, size_t peer,
              std::shared_ptr<const msp::SigningIdentity> identity, PeerConnection connection);

  // qscc's answer: its payload, or what it said instead.
  struct Answer {
    grpc::Status status;
    int code = 0;  // the response's, like HTTP's
    std::string message, payload;
  };
  Answer ask_qscc(const std::vector<std::string>& arguments, std::stop_token stop) const;
  std::variant<decode::Block, StreamEnd> fetch(StreamKind kind, const Seek& seek,
                                               std::stop_token stop) const;
  std::string envelope(const Seek& seek) const;
  StreamEnd explain_refusal() const;
  StreamEnd explain_first(const grpc::Status& status,
                          std::stop_token stop) const;  // of a connection's first call

  std::shared_ptr<PeerPool> pool_;
  size_t index_;
  std::shared_ptr<const msp::SigningIdentity> identity_;
  PeerConnection connection_;
};

}  // namespace belfry::fabric
