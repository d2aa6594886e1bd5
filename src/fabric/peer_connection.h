// One connection to one peer, and the two calls a listener makes over it: a question
// (ProcessProposal) and a Deliver stream. Below PeerSource, which decides whom to ask and what an
// answer means.
//
// Messages of a stream stay bytes: one copy, from gRPC's slices into one string that a block's
// views then look into.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "fabric/endpoint.h"
#include "peer/proposal.pb.h"
#include "peer/proposal_response.pb.h"

namespace belfry::fabric {

enum class StreamKind {
  full,
  filtered,
  private_data,
  ordered,  // an orderer's full blocks
};

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
