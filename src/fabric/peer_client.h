// A client of one peer's services that answer once: Endorser (ProcessProposal) and Gateway
// (evaluate, endorse, submit, commit status; since Fabric 2.4). What Deliver streams is
// peer_connection.h's matter; whom to ask and in which order is client_network.h's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "fabric/endpoint.h"
#include "fabric/grpc_channel.h"
#include "fabric/rpc_error.h"
#include "fabric/transaction.h"

namespace belfry::fabric {

// A transaction that the gateway has had endorsed: common.Payload, to be signed by the client.
struct PreparedTransaction {
  std::string payload;
  Endorsement answer;  // the chaincode's; without endorser
};

struct CommitStatus {
  int code = 0;  // protos.TxValidationCode
  uint64_t block = 0;
};

// Thread-safe. Connects with the first call; every call ends after `patience` at the latest.
class PeerClient {
 public:
  static Result<PeerClient> make(const PeerAddress& peer, const ConnectionLimits& limits);

  const PeerAddress& peer() const { return peer_; }
  const std::string& tls_cert_hash() const { return connected_.tls_cert_hash; }
  const std::shared_ptr<grpc::Channel>& channel() const { return connected_.channel; }
  const ConnectionLimits& limits() const { return limits_; }

  // protos.Endorser/ProcessProposal. A failed execution is an answer, not an error.
  RpcResult<Endorsement> process(const Proposal& proposal, Duration patience) const;

  // gateway.Gateway. `msps`: the organisations whose peers may or must answer; empty: the gateway
  // chooses. A failed execution is an error here.
  RpcResult<Endorsement> evaluate(const Proposal& proposal, const std::vector<std::string>& msps,
                                  Duration patience) const;
  RpcResult<PreparedTransaction> endorse(const Proposal& proposal,
                                         const std::vector<std::string>& msps,
                                         Duration patience) const;
  // `envelope`: a signed common.Envelope, whoever endorsed it.
  RpcResult<void> submit(const Proposal& proposal, const std::string& envelope,
                         Duration patience) const;
  // Waits until the transaction is in a block.
  RpcResult<CommitStatus> commit_status(const Proposal& proposal,
                                        const msp::SigningIdentity& identity,
                                        Duration patience) const;

 private:
  PeerAddress peer_;
  ConnectionLimits limits_;
  Connected connected_;
};

}  // namespace belfry::fabric
