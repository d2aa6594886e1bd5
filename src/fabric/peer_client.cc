#include "fabric/peer_client.h"

#include <grpcpp/grpcpp.h>

#include "gateway/gateway.grpc.pb.h"
#include "peer/peer.grpc.pb.h"

namespace belfry::fabric {
namespace {

protos::SignedProposal signed_proposal(const Proposal& proposal) {
  protos::SignedProposal out;
  out.set_proposal_bytes(proposal.bytes);
  out.set_signature(proposal.signature);
  return out;
}

Endorsement answer_of(const protos::Response& response) {
  Endorsement out;
  out.status = response.status();
  out.message = response.message();
  out.payload = response.payload();
  return out;
}

// The chaincode's answer inside a prepared transaction.
bool read_answer(const common::Payload& payload, Endorsement& into) {
  protos::Transaction transaction;
  protos::ChaincodeActionPayload action;
  protos::ProposalResponsePayload response;
  protos::ChaincodeAction result;
  if (!transaction.ParseFromString(payload.data()) || transaction.actions().empty() ||
      !action.ParseFromString(transaction.actions(0).payload()) ||
      !response.ParseFromString(action.action().proposal_response_payload()) ||
      !result.ParseFromString(response.extension()))
    return false;
  into = answer_of(result.response());
  into.response_payload = action.action().proposal_response_payload();
  return true;
}

// Makes one call; `call` takes the context and returns its status.
template <class Call>
RpcResult<void> make_call(const PeerClient& client, Duration patience, Call call) {
  grpc::ClientContext context;
  context.set_deadline(deadline_after(patience));
  const grpc::Status status = call(context);
  if (status.ok()) return {};
  ConnectionLimits limits = client.limits();
  limits.answer_timeout = patience;
  return tl::unexpected(rpc_error(status, client.peer(), limits));
}

}  // namespace

Result<PeerClient> PeerClient::make(const PeerAddress& peer, const ConnectionLimits& limits) {
  auto connected = connect(peer, limits);
  if (!connected) return fail(peer.address + ": " + connected.error().message);
  PeerClient out;
  out.peer_ = peer;
  out.limits_ = limits;
  out.connected_ = std::move(*connected);
  return out;
}

RpcResult<Endorsement> PeerClient::process(const Proposal& proposal, Duration patience) const {
  protos::ProposalResponse response;
  auto made = make_call(*this, patience, [&](grpc::ClientContext& context) {
    return protos::Endorser::NewStub(connected_.channel)
        ->ProcessProposal(&context, signed_proposal(proposal), &response);
  });
  if (!made) return tl::unexpected(made.error());
  Endorsement out = answer_of(response.response());
  out.response_payload = response.payload();
  out.endorser = response.endorsement().endorser();
  out.signature = response.endorsement().signature();
  return out;
}

RpcResult<Endorsement> PeerClient::evaluate(const Proposal& proposal,
                                            const std::vector<std::string>& msps,
                                            Duration patience) const {
  gateway::EvaluateRequest request;
  request.set_transaction_id(proposal.transaction_id);
  request.set_channel_id(proposal.channel);
  *request.mutable_proposed_transaction() = signed_proposal(proposal);
  for (const std::string& msp : msps) request.add_target_organizations(msp);
  gateway::EvaluateResponse response;
  auto made = make_call(*this, patience, [&](grpc::ClientContext& context) {
    return gateway::Gateway::NewStub(connected_.channel)->Evaluate(&context, request, &response);
  });
  if (!made) return tl::unexpected(made.error());
  return answer_of(response.result());
}

RpcResult<PreparedTransaction> PeerClient::endorse(const Proposal& proposal,
                                                   const std::vector<std::string>& msps,
                                                   Duration patience) const {
  gateway::EndorseRequest request;
  request.set_transaction_id(proposal.transaction_id);
  request.set_channel_id(proposal.channel);
  *request.mutable_proposed_transaction() = signed_proposal(proposal);
  for (const std::string& msp : msps) request.add_endorsing_organizations(msp);
  gateway::EndorseResponse response;
  auto made = make_call(*this, patience, [&](grpc::ClientContext& context) {
    return gateway::Gateway::NewStub(connected_.channel)->Endorse(&context, request, &response);
  });
  if (!made) return tl::unexpected(made.error());
  PreparedTransaction out;
  common::Payload payload;
  out.payload = response.prepared_transaction().payload();
  if (!payload.ParseFromString(out.payload) || !read_answer(payload, out.answer))
    return refuse(peer_.address + " answered with a transaction that does not decode");
  return out;
}

RpcResult<void> PeerClient::submit(const Proposal& proposal, const std::string& envelope,
                                   Duration patience) const {
  gateway::SubmitRequest request;
  request.set_transaction_id(proposal.transaction_id);
  request.set_channel_id(proposal.channel);
  if (!request.mutable_prepared_transaction()->ParseFromString(envelope))
    return refuse("the transaction does not decode");
  return make_call(*this, patience, [&](grpc::ClientContext& context) {
    gateway::SubmitResponse response;
    return gateway::Gateway::NewStub(connected_.channel)->Submit(&context, request, &response);
  });
}

RpcResult<CommitStatus> PeerClient::commit_status(const Proposal& proposal,
                                                  const msp::SigningIdentity& identity,
                                                  Duration patience) const {
  gateway::CommitStatusRequest inner;
  inner.set_transaction_id(proposal.transaction_id);
  inner.set_channel_id(proposal.channel);
  inner.set_identity(identity.serialized());
  gateway::SignedCommitStatusRequest request;
  request.set_request(inner.SerializeAsString());
  request.set_signature(identity.sign(request.request()));
  gateway::CommitStatusResponse response;
  auto made = make_call(*this, patience, [&](grpc::ClientContext& context) {
    return gateway::Gateway::NewStub(connected_.channel)
        ->CommitStatus(&context, request, &response);
  });
  if (!made) return tl::unexpected(made.error());
  return CommitStatus{static_cast<int>(response.result()), response.block_number()};
}

}  // namespace belfry::fabric
