// One peer as endorser: takes signed proposals, checks who sends them, runs the chaincode, and
// signs what came of it (Fabric's core/endorser). Serves the Endorser service and, within the
// process, the gateways of all peers.
//
//   SignedProposal ▶ checks ▶ simulate ▶ ProposalResponse, endorsed with the peer's identity
//
// Thread-safe. Nothing waits: the answer comes by callback.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/callback.h"
#include "devnet/chaincode_runtime.h"
#include "devnet/execution.h"
#include "devnet/installed_chaincodes.h"
#include "devnet/legacy_packages.h"
#include "devnet/local_msp.h"
#include "devnet/peer.h"
#include "devnet/proposal.h"

namespace protos {
class ProposalResponse;
class SignedProposal;
}  // namespace protos

namespace belfry::devnet {

// A response, endorsed or not; or the text of a gRPC error (code UNKNOWN) for a proposal that was
// refused before anything ran.
using ProposalAnswer = Result<std::shared_ptr<::protos::ProposalResponse>>;
using OnProposalAnswer = Callback<ProposalAnswer>;

class EndorsingPeer final : public PeerView,
                            public Collections,
                            public std::enable_shared_from_this<EndorsingPeer> {
 public:
  // All must outlive it.
  static Result<std::shared_ptr<EndorsingPeer>> create(const PeerContext& context, Peer& peer,
                                                       std::shared_ptr<ChaincodeRuntime> runtime,
                                                       InstalledChaincodes& installed,
                                                       LegacyPackages& legacy);

  void process(std::shared_ptr<const ::protos::SignedProposal> proposal, OnProposalAnswer then);

  Peer& peer() const { return peer_; }
  // Whether a member of the channel may use the resource ("peer/Propose", "cscc/GetChannels").
  // What belongs to the peer itself is asked of its own organisation, whatever the channel.
  Result<void> check_access(const std::string& resource, const std::string& channel,
                            std::string_view identity, std::string_view message,
                            std::string_view signature) const;
  // Whether that is an administrator ("Admins") or a member ("Members") of the peer's organisation.
  Result<void> check_local(const std::string& policy, std::string_view identity,
                           std::string_view message, std::string_view signature) const {
    return local_.check(policy, identity, message, signature, *context_.signatures);
  }
  // The package that would run the chaincode here, without a simulator: for discovery. An error
  // when this peer cannot endorse it.
  Result<Callable> runnable(const ledger::Ledger& ledger, const std::string& chaincode) const;

  // PeerView
  Result<Callable> find(Simulation& simulation, const std::string& chaincode) const override;
  Result<CollectionRights> rights(Simulation& simulation, const Proposal& proposal,
                                  const std::string& chaincode,
                                  const std::string& collection) const override;
  bool key_level_endorsement(const std::string& channel) const override;
  bool purge_private_data(const std::string& channel) const override;
  Result<void> may_call(const std::string& channel, const Proposal& proposal) const override;
  Result<std::shared_ptr<Simulation>> simulate(const std::string& channel,
                                               const Proposal& proposal) const override;
  bool is_system(const std::string& chaincode) const override;
  ::protos::Response call_system(const std::string& chaincode, const std::string& channel,
                                 Simulation* simulation, const Proposal& proposal,
                                 const ::protos::ChaincodeInput& input,
                                 const std::string& caller) override;
  // Collections
  Result<bool> held(Simulator& through, const std::string& name_space,
                    const std::string& collection) const override;

 private:
  struct Task;  // one proposal on its way
  EndorsingPeer(const PeerContext& context, Peer& peer, std::shared_ptr<ChaincodeRuntime> runtime,
                InstalledChaincodes& installed, LegacyPackages& legacy, LocalMsp local);
  Result<void> check_creator(const UnpackedProposal& unpacked, Channel* channel) const;
  void run(std::shared_ptr<Task> task);
  void initialize_legacy(std::shared_ptr<Task> task, ChaincodeOutcome deployed);
  void finish(Task& task, Result<ChaincodeOutcome> outcome);
  void endorse(Task& task, const ChaincodeOutcome& outcome, ::protos::ProposalResponse& out);
  ::protos::Response call_qscc_checked(const std::vector<std::string>& args,
                                       const Proposal& proposal, const std::string& caller);
  ::protos::Response call_lscc_checked(const std::string& channel, Simulation* simulation,
                                       const std::vector<std::string>& args,
                                       const Proposal& proposal);
  ::protos::Response call_lifecycle_checked(const std::string& channel, Simulation* simulation,
                                            const std::vector<std::string>& args,
                                            const Proposal& proposal);

  const PeerContext& context_;
  Peer& peer_;
  const std::shared_ptr<ChaincodeRuntime> runtime_;
  InstalledChaincodes& installed_;
  LegacyPackages& legacy_;
  const LocalMsp local_;

  struct Known {  // a chaincode that may run, as of these versions in the state
    ledger::Version definition, source;
    Callable callable;
  };
  mutable std::mutex mutex_;
  mutable std::map<std::pair<std::string, std::string>, Known> known_;  // by channel, chaincode
};

inline constexpr const char* kSystemVersion = "syscc";

}  // namespace belfry::devnet
