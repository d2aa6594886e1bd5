// One connection to one peer, and the two calls a listener makes over it: a question
// (ProcessProposal) and a Deliver stream. Below PeerSource, which decides whom to ask and what an
// answer means.
//
// Messages of a stream stay bytes: one copy, from gRPC's slices into one string that a block's
// views then look into.
#pragma once

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "peer/proposal.pb.h"
#include "peer/proposal_response.pb.h"

namespace belfry::fabric {

struct ClientTls {
  std::string certificate;  // PEM
  std::string key;          // PEM
};
// Asked at each connect, so that a renewed certificate is used without a restart; thread-safe.
using CurrentClientTls = std::function<Result<ClientTls>()>;

// Where a peer is and how to trust it.
struct PeerAddress {
  std::string address;          // "peer0.org1.example.com:7051"
  std::string tls_ca;           // PEM; empty: the system's authorities
  std::string tls_server_name;  // expected in the peer's certificate instead of the address's host;
                                // empty: the host
  CurrentClientTls client_tls;  // shown to peers that ask for one (mutual TLS); null: none
  bool plaintext = false;       // no TLS at all: only where the file says so
};

// Fabric's peers hang up on clients that ping faster.
inline constexpr Duration kLeastKeepalive = std::chrono::seconds(60);

struct ConnectionLimits {
  uint64_t receive_limit = 100 << 20;    // bytes of one message, so of one block; at most 2 GiB - 1
  Duration keepalive = kLeastKeepalive;  // between pings
  Duration keepalive_timeout =
      std::chrono::seconds(20);  // a ping unanswered for so long ends the connection
  Duration answer_timeout = std::chrono::seconds(10);  // connecting and one answer
};

enum class StreamKind { full, filtered, private_data };

// A Deliver stream. One thread at a time.
class DeliverCall {
 public:
  enum class Got { message, nothing, end };

  DeliverCall(std::shared_ptr<grpc::Channel> channel, StreamKind kind, const std::string& envelope);
  ~DeliverCall();  // cancels

  // Waits for the next message, `most` at the longest (then: nothing; the wait may be taken up
  // again). `end` also when a stop is requested.
  Got read(Duration most, std::stop_token stop);
  std::shared_ptr<const std::string> message() const { return message_; }  // after Got::message
  grpc::Status status() const { return status_; }                          // after Got::end

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::shared_ptr<const std::string> message_;
  grpc::Status status_;
};

class PeerConnection {
 public:
  // Connects with the first call.
  static Result<PeerConnection> make(const PeerAddress& peer, const ConnectionLimits& limits);

  // sha256 of the TLS client certificate's DER; empty without one.
  const std::string& tls_cert_hash() const { return tls_cert_hash_; }
  grpc::Status ask(const protos::SignedProposal& proposal, protos::ProposalResponse& response,
                   std::stop_token stop) const;
  std::unique_ptr<DeliverCall> deliver(StreamKind kind, const std::string& envelope) const;

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::string tls_cert_hash_;
  Duration answer_timeout_{};
};

}  // namespace belfry::fabric
