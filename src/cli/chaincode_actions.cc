#include "cli/chaincode_actions.h"

#include <fmt/format.h>

#include <future>

namespace belfry::cli {

namespace {

using fabric::ClientNetwork;
using fabric::RpcError;
using fabric::RpcResult;

bool says(const RpcError& error, std::string_view words) {
  return error.message.find(words) != std::string::npos;
}

// Approvals are private to the organisation: only its own peers know them.
RpcResult<ClientNetwork::Peer*> own_peer(ClientNetwork& network) {
  const auto peers = network.own_peers();
  if (!peers.empty()) return peers[0];
  return fabric::refuse(
      fmt::format("no peer of {} is known here: its organization's peers are needed for this",
                  network.identity().msp_id()));
}

template <class T>
RpcResult<T> decoded(Result<T> result) {
  if (!result) return fabric::refuse(result.error().message);
  return std::move(*result);
}

RpcResult<OnPeer> install_on(ClientNetwork& network, const ClientNetwork::Peer& peer,
                             const fabric::ChaincodePackage& package, Duration patience) {
  auto answer = network.process(peer, fabric::install_chaincode(package.bytes), patience);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status < 400) return OnPeer{peer.name, false};
  if (answer->message.find("already successfully installed") != std::string::npos)
    return OnPeer{peer.name, true};
  return fabric::refuse(fmt::format("{}: {}", peer.name, answer->message));
}

}  // namespace

RpcResult<std::vector<OnPeer>> install(ClientNetwork& network,
                                       const fabric::ChaincodePackage& package, Duration patience) {
  if (auto any = own_peer(network); !any) return tl::unexpected(any.error());
  const auto peers = network.own_peers();
  std::vector<std::future<RpcResult<OnPeer>>> asked;
  for (const ClientNetwork::Peer* peer : peers)
    asked.push_back(std::async(std::launch::async, [&network, &package, peer, patience] {
      return install_on(network, *peer, package, patience);
    }));
  std::vector<OnPeer> out;
  std::optional<RpcError> failure;
  for (auto& one : asked) {
    auto done = one.get();
    if (done)
      out.push_back(std::move(*done));
    else if (!failure)
      failure = done.error();
  }
  if (failure) return tl::unexpected(*failure);
  return out;
}

RpcResult<std::optional<fabric::CommittedChaincode>> committed(ClientNetwork& network,
                                                               const std::string& name) {
  auto answer = network.ask(fabric::committed_chaincode(network.channel(), name));
  if (!answer) {
    if (says(answer.error(), fmt::format("namespace {} is not defined", name)))
      return std::optional<fabric::CommittedChaincode>();
    return tl::unexpected(answer.error());
  }
  auto read = decoded(fabric::read_committed(name, *answer));
  if (!read) return tl::unexpected(read.error());
  return std::optional(std::move(*read));
}

RpcResult<std::optional<fabric::ApprovedChaincode>> approved(ClientNetwork& network,
                                                             const std::string& name,
                                                             int64_t sequence) {
  auto peer = own_peer(network);
  if (!peer) return tl::unexpected(peer.error());
  auto answer = network.ask(**peer, fabric::approved_chaincode(network.channel(), name, sequence));
  if (!answer) {
    if (says(answer.error(), "could not fetch approved chaincode definition"))
      return std::optional<fabric::ApprovedChaincode>();
    return tl::unexpected(answer.error());
  }
  auto read = decoded(fabric::read_approved(name, *answer));
  if (!read) return tl::unexpected(read.error());
  return std::optional(std::move(*read));
}

RpcResult<Approval> approve(ClientNetwork& network, const fabric::ChaincodeDefinition& definition,
                            const std::string& package_id, Duration wait) {
  auto peer = own_peer(network);
  if (!peer) return tl::unexpected(peer.error());
  auto before = approved(network, definition.name, definition.sequence);
  if (!before) return tl::unexpected(before.error());
  if (*before && fabric::same_definition((*before)->definition, definition) &&
      (*before)->package_id == package_id)
    return Approval{true, {}};
  auto done = network.submit(fabric::approve_chaincode(network.channel(), definition, package_id),
                             {{(*peer)->client.peer().address}, wait});
  if (!done) return tl::unexpected(done.error());
  if (auto valid = check_valid(*done); !valid) return tl::unexpected(valid.error());
  return Approval{false, std::move(*done)};
}

RpcResult<Readiness> readiness(ClientNetwork& network,
                               const fabric::ChaincodeDefinition& definition) {
  auto answer = network.ask(fabric::commit_readiness(network.channel(), definition));
  if (!answer) return tl::unexpected(answer.error());
  auto read = decoded(fabric::read_readiness(*answer));
  if (!read) return tl::unexpected(read.error());
  Readiness out;
  for (const auto& [msp, yes] : *read) (yes ? out.approved : out.missing).push_back(msp);
  return out;
}

RpcResult<fabric::Submission> commit(ClientNetwork& network,
                                     const fabric::ChaincodeDefinition& definition,
                                     const std::vector<std::string>& organisations, Duration wait) {
  std::vector<std::string> addresses;
  for (const std::string& msp : organisations)
    if (const auto peers = network.peers_of(msp); !peers.empty())
      addresses.push_back(peers[0]->client.peer().address);
  const bool all_known = addresses.size() == organisations.size();
  auto done = network.submit(fabric::commit_chaincode(network.channel(), definition),
                             {all_known ? addresses : organisations, wait});
  if (!done) return tl::unexpected(done.error());
  if (auto valid = check_valid(*done); !valid) return tl::unexpected(valid.error());
  return std::move(*done);
}

RpcResult<void> check_valid(const fabric::Submission& submission) {
  if (!submission.commit || submission.commit->code == 0) return {};
  return fabric::refuse(fmt::format("transaction {} was not valid: {}", submission.transaction_id,
                                    fabric::validation_code(submission.commit->code)));
}

}  // namespace belfry::cli
