// A peer's gateway: runs a client's proposal on the right peers, puts the transaction together,
// and hands it to ordering (Fabric's internal/pkg/gateway, 2.5). Commit status and events are
// gateway_service.cc's.
//
//   client ─▶ evaluate / endorse ─▶ EndorsingPeer of each peer in this process
//          ─▶ submit             ─▶ Channel::broadcast
//
// Thread-safe. Answers come by callback, from any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/callback.h"
#include "devnet/endorsers.h"
#include "devnet/peer.h"
#include "gateway/gateway.pb.h"

namespace belfry::devnet {

// A gRPC status with Fabric's details.
struct GatewayError {
  int code = 0;  // grpc::StatusCode
  std::string message;
  std::vector<::gateway::ErrorDetail> details;
};
template <class T>
using GatewayResult = tl::expected<T, GatewayError>;

class Gateway : public std::enable_shared_from_this<Gateway> {
 public:
  // `local` is the peer whose gateway this is; peers are all of the process, itself among them.
  Gateway(const PeerContext& context, std::shared_ptr<EndorsingPeer> local,
          const EndorsingPeers& peers)
      : context_(context), local_(std::move(local)), peers_(peers) {}

  void evaluate(const ::gateway::EvaluateRequest& request,
                Callback<GatewayResult<::gateway::EvaluateResponse>> then);
  void endorse(const ::gateway::EndorseRequest& request,
               Callback<GatewayResult<::gateway::EndorseResponse>> then);
  GatewayResult<::gateway::SubmitResponse> submit(const ::gateway::SubmitRequest& request);

  EndorsingPeer& local() const { return *local_; }

 private:
  struct Evaluation;
  struct Endorsing;
  using ProposalPtr = std::shared_ptr<const ::protos::SignedProposal>;

  // Own peer first, then its organisation's, then the others.
  EndorsingPeers able(const std::string& channel, const std::string& chaincode);
  Result<EndorsementLayouts> layouts(const std::string& channel,
                                     const ::protos::ChaincodeInterest& interest);
  void ask(const std::shared_ptr<EndorsingPeer>& peer, ProposalPtr proposal, OnProposalAnswer then);
  ::gateway::ErrorDetail detail(const EndorsingPeer& peer, const std::string& message) const;

  void evaluate_next(std::shared_ptr<Evaluation> evaluation);
  void plan_for_organizations(std::shared_ptr<Endorsing> endorsing,
                              const std::vector<std::string>& organizations);
  void ask_first(std::shared_ptr<Endorsing> endorsing);
  void plan_after_first(std::shared_ptr<Endorsing> endorsing,
                        const std::shared_ptr<EndorsingPeer>& first,
                        ::protos::ProposalResponse& response);
  void collect(std::shared_ptr<Endorsing> endorsing);
  void collect_from(std::shared_ptr<Endorsing> endorsing, std::shared_ptr<EndorsingPeer> peer);

  const PeerContext& context_;
  const std::shared_ptr<EndorsingPeer> local_;
  const EndorsingPeers& peers_;

  // Answers that were found before, as of a version of what they hang on (endorsers.h). At most
  // kMostKnown of each; then all are forgotten.
  static constexpr size_t kMostKnown = 1'000;
  template <class T>
  struct Known {
    std::string version;
    T answer;
  };
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Known<EndorsingPeers>> known_able_;
  std::map<std::pair<std::string, std::string>, Known<EndorsementLayouts>> known_layouts_;
};

}  // namespace belfry::devnet
