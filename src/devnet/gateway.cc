#include "devnet/gateway.h"

#include <fmt/format.h>
#include <grpcpp/support/status_code_enum.h>

#include <algorithm>
#include <atomic>

#include "common/common.pb.h"
#include "devnet/endorsement_plan.h"
#include "devnet/orderer_service.h"
#include "peer/chaincode.pb.h"
#include "peer/proposal.pb.h"
#include "peer/proposal_response.pb.h"
#include "peer/transaction.pb.h"

namespace belfry::devnet {
namespace {

using grpc::StatusCode;

// The text of an error that another peer's server would have sent.
std::string remote(const std::string& message) {
  return "rpc error: code = Unknown desc = " + message;
}

struct Unpacked {
  ::common::Header header;
  ::common::ChannelHeader channel_header;
  ::protos::ChaincodeProposalPayload payload;
  std::string channel, chaincode;
  bool transient = false, has_spec = false;
};

Result<Unpacked> unpack(const ::protos::SignedProposal& signed_) {
  Unpacked out;
  ::protos::Proposal proposal;
  ::protos::ChaincodeInvocationSpec spec;
  const auto broken = [](const char* what) {
    return fail(
        fmt::format("error unmarshalling {}: proto: cannot parse invalid wire-format data", what));
  };
  if (!proposal.ParseFromString(signed_.proposal_bytes())) return broken("Proposal");
  if (!out.header.ParseFromString(proposal.header())) return broken("Header");
  if (!out.channel_header.ParseFromString(out.header.channel_header()))
    return broken("ChannelHeader");
  if (!out.payload.ParseFromString(proposal.payload())) return broken("ChaincodeProposalPayload");
  if (!spec.ParseFromString(out.payload.input())) return broken("ChaincodeInvocationSpec");
  out.channel = out.channel_header.channel_id();
  out.chaincode = spec.chaincode_spec().chaincode_id().name();
  out.has_spec = spec.has_chaincode_spec();
  out.transient = !out.payload.transientmap().empty();
  return out;
}

// What a peer's answer means to a gateway.
struct Verdict {
  StatusCode code = StatusCode::OK;
  std::string message;
  bool retry = false;  // another peer may do better
};

Verdict verdict_on(const ProposalAnswer& answer, bool is_local) {
  if (!answer) {
    if (is_local) return {StatusCode::FAILED_PRECONDITION, answer.error().message, false};
    return {StatusCode::UNAVAILABLE, answer.error().message, true};
  }
  const auto& response = (*answer)->response();
  if (response.status() >= 200 && response.status() < 400) return {};
  if ((*answer)->payload().empty() && response.status() == 500)
    return {StatusCode::ABORTED, response.message(), true};
  return {StatusCode::UNKNOWN,
          fmt::format("chaincode response {}, {}", response.status(), response.message()), false};
}

std::string result_in(const std::string& payload) {
  ::protos::ProposalResponsePayload parsed;
  ::protos::ChaincodeAction action;
  if (!parsed.ParseFromString(payload) || !action.ParseFromString(parsed.extension())) return {};
  return action.response().payload();
}

std::string prepare(const Unpacked& unpacked, const EndorsementPlan& plan) {
  ::protos::ChaincodeProposalPayload visible;
  visible.set_input(unpacked.payload.input());
  ::protos::ChaincodeActionPayload action;
  action.set_chaincode_proposal_payload(visible.SerializeAsString());
  action.mutable_action()->set_proposal_response_payload(plan.payload());
  for (auto& endorsement : plan.endorsements())
    *action.mutable_action()->add_endorsements() = std::move(endorsement);
  ::protos::Transaction transaction;
  auto& only = *transaction.add_actions();
  only.set_header(unpacked.header.signature_header());
  only.set_payload(action.SerializeAsString());
  ::common::Payload payload;
  *payload.mutable_header() = unpacked.header;
  payload.set_data(transaction.SerializeAsString());
  return payload.SerializeAsString();
}

}  // namespace

struct Gateway::Evaluation {
  ProposalPtr proposal;
  EndorsingPeers left;  // to be asked, in this order
  std::vector<::gateway::ErrorDetail> details;
  Callback<GatewayResult<::gateway::EvaluateResponse>> then;
};

struct Gateway::Endorsing {
  Unpacked unpacked;
  ProposalPtr proposal;
  std::unique_ptr<EndorsementPlan> plan;
  EndorsingPeers first;  // candidates for the first answer
  std::mutex mutex;
  std::vector<::gateway::ErrorDetail> details;
  std::atomic<size_t> asked{0};  // chains of the present layout that have not ended
  Callback<GatewayResult<::gateway::EndorseResponse>> then;

  void refuse(StatusCode code, std::string message) {
    then(tl::unexpected(GatewayError{code, std::move(message), details}));
  }
  void add(::gateway::ErrorDetail detail) {
    std::lock_guard lock(mutex);
    details.push_back(std::move(detail));
  }
};

EndorsingPeers Gateway::able(const std::string& channel, const std::string& chaincode) {
  const auto version = endorsers_version(peers_, channel, chaincode);
  const auto place = std::pair(channel, chaincode);
  {
    std::lock_guard lock(mutex_);
    const auto found = known_able_.find(place);
    if (found != known_able_.end() && found->second.version == version) return found->second.answer;
  }
  EndorsingPeers out;
  for (const auto& peer : peers_of_channel(peers_, channel))
    if (has_chaincode(*peer, channel, chaincode)) out.push_back(peer);
  std::stable_sort(out.begin(), out.end(), [&](const auto& a, const auto& b) {
    const auto rank = [&](const auto& peer) {
      return peer == local_ ? 0 : peer->peer().msp_id() == local_->peer().msp_id() ? 1 : 2;
    };
    return rank(a) < rank(b);
  });
  // A peer may yet install it: only a full answer stays true.
  if (out.size() == peers_of_channel(peers_, channel).size()) {
    std::lock_guard lock(mutex_);
    if (known_able_.size() >= kMostKnown) known_able_.clear();
    known_able_[place] = {version, out};
  }
  return out;
}

Result<EndorsementLayouts> Gateway::layouts(const std::string& channel,
                                            const ::protos::ChaincodeInterest& interest) {
  std::string version;
  bool all_able = true;
  for (const auto& call : interest.chaincodes()) {
    version += endorsers_version(peers_, channel, call.name()) + ";";
    all_able =
        all_able && able(channel, call.name()).size() == peers_of_channel(peers_, channel).size();
  }
  const auto place = std::pair(channel, interest.SerializeAsString());
  if (all_able) {
    std::lock_guard lock(mutex_);
    const auto found = known_layouts_.find(place);
    if (found != known_layouts_.end() && found->second.version == version)
      return found->second.answer;
  }
  auto out = layouts_for(peers_, channel, interest);
  if (out && all_able) {
    std::lock_guard lock(mutex_);
    if (known_layouts_.size() >= kMostKnown) known_layouts_.clear();
    known_layouts_[place] = {version, *out};
  }
  return out;
}

void Gateway::ask(const std::shared_ptr<EndorsingPeer>& peer, ProposalPtr proposal,
                  OnProposalAnswer then) {
  if (peer == local_) return peer->process(std::move(proposal), std::move(then));
  // Another peer's server would look at the certificate's end first.
  if (auto valid = check_expiry(*proposal, context_.clock.now()); !valid)
    return then(fail(remote(valid.error().message)));
  peer->process(std::move(proposal), [then = std::move(then)](ProposalAnswer answer) mutable {
    if (!answer) return then(fail(remote(answer.error().message)));
    then(std::move(answer));
  });
}

::gateway::ErrorDetail Gateway::detail(const EndorsingPeer& peer,
                                       const std::string& message) const {
  ::gateway::ErrorDetail out;
  out.set_address(peer.peer().endpoint());
  out.set_msp_id(peer.peer().msp_id());
  out.set_message(message);
  return out;
}

void Gateway::evaluate(const ::gateway::EvaluateRequest& request,
                       Callback<GatewayResult<::gateway::EvaluateResponse>> then) {
  const auto refuse = [&](StatusCode code, std::string message) {
    then(tl::unexpected(GatewayError{code, std::move(message), {}}));
  };
  const auto malformed = [&](const std::string& why) {
    refuse(StatusCode::INVALID_ARGUMENT, "failed to unpack transaction proposal: " + why);
  };
  if (request.proposed_transaction().proposal_bytes().empty())
    return malformed("a signed proposal is required");
  const auto unpacked = unpack(request.proposed_transaction());
  if (!unpacked) return malformed(unpacked.error().message);
  if (unpacked->channel.empty()) return malformed("no channel id provided");
  if (unpacked->chaincode.empty())
    return malformed(fmt::format("no chaincode {} is provided, channel id [{}]",
                                 unpacked->has_spec ? "name" : "spec", unpacked->channel));
  if (!local_->peer().channel(unpacked->channel))
    return refuse(StatusCode::UNAVAILABLE,
                  fmt::format("failed to get config for channel [{0}]: could not get last config "
                              "for channel {0}",
                              unpacked->channel));

  std::vector<std::string> targets(request.target_organizations().begin(),
                                   request.target_organizations().end());
  const bool shielded = unpacked->transient && targets.empty();
  if (shielded) targets.push_back(local_->peer().msp_id());
  auto evaluation = std::make_shared<Evaluation>();
  evaluation->left = able(unpacked->channel, unpacked->chaincode);
  if (!targets.empty())
    std::erase_if(evaluation->left, [&](const auto& peer) {
      return std::find(targets.begin(), targets.end(), peer->peer().msp_id()) == targets.end();
    });
  if (evaluation->left.empty()) {
    const std::string nobody = fmt::format(
        "no peers available to evaluate chaincode {} in channel "
        "{}",
        unpacked->chaincode, unpacked->channel);
    return refuse(StatusCode::FAILED_PRECONDITION,
                  shielded ? "no endorsers found in the gateway's organization; retry specifying "
                             "target organization(s) to protect transient data: " +
                                 nobody
                           : nobody);
  }
  evaluation->proposal = std::make_shared<::protos::SignedProposal>(request.proposed_transaction());
  evaluation->then = std::move(then);
  evaluate_next(std::move(evaluation));
}

void Gateway::evaluate_next(std::shared_ptr<Evaluation> evaluation) {
  const auto peer = evaluation->left.front();
  evaluation->left.erase(evaluation->left.begin());
  ask(peer, evaluation->proposal,
      [self = shared_from_this(), evaluation, peer](ProposalAnswer answer) {
        const auto verdict = verdict_on(answer, peer == self->local_);
        if (verdict.code == StatusCode::OK) {
          ::gateway::EvaluateResponse out;
          *out.mutable_result() = (*answer)->response();
          if (!(*answer)->payload().empty())
            out.mutable_result()->set_payload(result_in((*answer)->payload()));
          return evaluation->then(std::move(out));
        }
        evaluation->details.push_back(self->detail(*peer, verdict.message));
        if (verdict.retry && !evaluation->left.empty()) return self->evaluate_next(evaluation);
        evaluation->then(tl::unexpected(GatewayError{
            verdict.code,
            verdict.retry ? "failed to evaluate transaction, see attached details for more info"
                          : "evaluate call to endorser returned error: " + verdict.message,
            evaluation->details}));
      });
}

void Gateway::endorse(const ::gateway::EndorseRequest& request,
                      Callback<GatewayResult<::gateway::EndorseResponse>> then) {
  auto endorsing = std::make_shared<Endorsing>();
  endorsing->then = std::move(then);
  if (request.proposed_transaction().proposal_bytes().empty())
    return endorsing->refuse(StatusCode::INVALID_ARGUMENT,
                             "the proposed transaction must contain a signed proposal");
  auto unpacked = unpack(request.proposed_transaction());
  if (!unpacked) return endorsing->refuse(StatusCode::INVALID_ARGUMENT, unpacked.error().message);
  endorsing->unpacked = std::move(*unpacked);
  endorsing->proposal = std::make_shared<::protos::SignedProposal>(request.proposed_transaction());
  if (request.endorsing_organizations_size() > 0)
    return plan_for_organizations(std::move(endorsing), {request.endorsing_organizations().begin(),
                                                         request.endorsing_organizations().end()});

  const auto& about = endorsing->unpacked;
  endorsing->first = able(about.channel, about.chaincode);
  const auto foreign = [&](const auto& peer) {
    return peer->peer().msp_id() != local_->peer().msp_id();
  };
  EndorsingPeers own = endorsing->first;
  std::erase_if(own, foreign);
  if (!own.empty()) {
    endorsing->first = std::move(own);
    return ask_first(std::move(endorsing));
  }
  if (about.transient)
    return endorsing->refuse(StatusCode::FAILED_PRECONDITION,
                             "no endorsers found in the gateway's organization; retry specifying "
                             "endorsing organization(s) to protect transient data");
  ::protos::ChaincodeInterest interest;
  interest.add_chaincodes()->set_name(about.chaincode);
  const auto found = layouts(about.channel, interest);
  if (!found)
    return endorsing->refuse(
        StatusCode::FAILED_PRECONDITION,
        "no combination of peers can be derived which satisfy the endorsement policy: " +
            found.error().message);
  endorsing->first = found->groups.begin()->second;
  ask_first(std::move(endorsing));
}

void Gateway::plan_for_organizations(std::shared_ptr<Endorsing> endorsing,
                                     const std::vector<std::string>& organizations) {
  const auto& about = endorsing->unpacked;
  EndorsementPlan::Groups groups;
  for (const auto& peer : able(about.channel, about.chaincode))
    groups[peer->peer().msp_id()].push_back(peer);
  EndorsementPlan::Layout layout;
  std::string missing;
  for (const auto& organization : organizations) {
    if (groups.contains(organization))
      layout[organization] = 1;
    else
      missing += (missing.empty() ? "" : ", ") + organization;
  }
  if (!missing.empty())
    return endorsing->refuse(StatusCode::UNAVAILABLE,
                             "failed to find any endorsing peers for org(s): " + missing);
  endorsing->plan = std::make_unique<EndorsementPlan>(
      std::vector<EndorsementPlan::Layout>{std::move(layout)}, std::move(groups));
  collect(std::move(endorsing));
}

void Gateway::ask_first(std::shared_ptr<Endorsing> endorsing) {
  if (endorsing->first.empty())
    return endorsing->refuse(StatusCode::ABORTED,
                             "failed to endorse transaction, see attached details for more info");
  const auto peer = endorsing->first.front();
  endorsing->first.erase(endorsing->first.begin());
  ask(peer, endorsing->proposal,
      [self = shared_from_this(), endorsing, peer](ProposalAnswer answer) {
        const auto verdict = verdict_on(answer, peer == self->local_);
        if (verdict.code == StatusCode::OK)
          return self->plan_after_first(endorsing, peer, **answer);
        endorsing->add(self->detail(*peer, verdict.message));
        self->ask_first(endorsing);
      });
}

void Gateway::plan_after_first(std::shared_ptr<Endorsing> endorsing,
                               const std::shared_ptr<EndorsingPeer>& first,
                               ::protos::ProposalResponse& response) {
  const auto& about = endorsing->unpacked;
  ::protos::ChaincodeInterest interest = response.interest();
  if (interest.chaincodes_size() == 0) interest.add_chaincodes()->set_name(about.chaincode);
  // With transient data, only organisations that may see the collections are asked.
  const ::protos::ChaincodeInterest original = interest;
  std::string shielded;
  if (about.transient)
    for (auto& call : *interest.mutable_chaincodes()) {
      if (!call.no_private_reads()) continue;
      call.set_no_private_reads(false);
      for (const auto& name : call.collection_names())
        shielded += (shielded.empty() ? "" : " ") + name;
    }
  auto found = layouts(about.channel, interest);
  if (!found) {
    if (!shielded.empty() && layouts(about.channel, original))
      return endorsing->refuse(
          StatusCode::FAILED_PRECONDITION,
          fmt::format("requires endorsement from organisation(s) that are not in the distribution "
                      "policy of the private data collection(s): [{}]; retry specifying trusted "
                      "endorsing organizations to protect transient data",
                      shielded));
    return endorsing->refuse(
        StatusCode::FAILED_PRECONDITION,
        "no combination of peers can be derived which satisfy the endorsement policy: " +
            found.error().message);
  }
  // Layouts that the first answer counts for come first.
  std::stable_partition(found->quantities.begin(), found->quantities.end(),
                        [&](const EndorsementPlan::Layout& layout) {
                          return std::any_of(layout.begin(), layout.end(), [&](const auto& want) {
                            const auto& group = found->groups[want.first];
                            return std::find(group.begin(), group.end(), first) != group.end();
                          });
                        });
  endorsing->plan =
      std::make_unique<EndorsementPlan>(std::move(found->quantities), std::move(found->groups));
  endorsing->details.clear();
  response.mutable_response()->clear_payload();
  if (auto added = endorsing->plan->add(first, response); !added)
    endorsing->add(detail(*first, added.error().message));
  collect(std::move(endorsing));
}

void Gateway::collect(std::shared_ptr<Endorsing> endorsing) {
  if (!endorsing->plan->complete()) {
    const auto peers = endorsing->plan->next_layout();
    if (peers.empty())
      return endorsing->refuse(
          StatusCode::ABORTED,
          "failed to collect enough transaction endorsements, see attached details for more info");
    endorsing->asked = peers.size();
    for (const auto& peer : peers) collect_from(endorsing, peer);
    return;
  }
  ::gateway::EndorseResponse out;
  out.mutable_prepared_transaction()->set_payload(prepare(endorsing->unpacked, *endorsing->plan));
  endorsing->then(std::move(out));
}

void Gateway::collect_from(std::shared_ptr<Endorsing> endorsing,
                           std::shared_ptr<EndorsingPeer> peer) {
  ask(peer, endorsing->proposal,
      [self = shared_from_this(), endorsing, peer](ProposalAnswer answer) {
        auto verdict = verdict_on(answer, peer == self->local_);
        if (verdict.code == StatusCode::OK) {
          (*answer)->mutable_response()->clear_payload();
          if (auto added = endorsing->plan->add(peer, **answer); !added)
            verdict = {StatusCode::ABORTED, added.error().message, false};
        }
        if (verdict.code != StatusCode::OK) {
          endorsing->add(self->detail(*peer, verdict.message));
          if (auto next = endorsing->plan->instead_of(peer))
            return self->collect_from(endorsing, std::move(next));
        }
        if (--endorsing->asked == 0) self->collect(endorsing);
      });
}

GatewayResult<::gateway::SubmitResponse> Gateway::submit(const ::gateway::SubmitRequest& request) {
  const auto refuse = [](StatusCode code, std::string message) {
    return tl::unexpected(GatewayError{code, std::move(message), {}});
  };
  if (!request.has_prepared_transaction())
    return refuse(StatusCode::INVALID_ARGUMENT, "a prepared transaction is required");
  if (request.prepared_transaction().signature().empty())
    return refuse(StatusCode::INVALID_ARGUMENT, "prepared transaction must be signed");
  const auto channel = local_->peer().channel(request.channel_id());
  if (!channel)
    return refuse(StatusCode::FAILED_PRECONDITION,
                  fmt::format("failed to get config for channel [{0}]: could not get last config "
                              "for channel {0}",
                              request.channel_id()));
  // The orderer goes by the channel that the transaction itself names.
  const auto answer =
      broadcast_to(context_.channels, request.prepared_transaction().SerializeAsString());
  if (answer.status == Status::success) return ::gateway::SubmitResponse();
  const int status = static_cast<int>(answer.status);
  const std::string& name = ::common::Status_Name(static_cast<::common::Status>(status));
  if (status >= 400 && status < 500)
    return refuse(StatusCode::ABORTED,
                  fmt::format("received unsuccessful response from orderer: status={}, info={}",
                              name, answer.info));
  return refuse(StatusCode::UNAVAILABLE, "no orderers could successfully process transaction");
}

}  // namespace belfry::devnet
