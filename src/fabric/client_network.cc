#include "fabric/client_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <set>

#include "common/ledger.pb.h"

namespace belfry::fabric {
namespace {

constexpr int kLeastFailure = 400;  // a chaincode's status from here on is a failure

std::string chaincode_words(const Endorsement& answer) {
  return answer.message.empty() ? fmt::format("status {}", answer.status)
                                : fmt::format("status {}: {}", answer.status, answer.message);
}

}  // namespace

Result<std::unique_ptr<ClientNetwork>> ClientNetwork::make(ClientSettings settings) {
  auto network = std::unique_ptr<ClientNetwork>(new ClientNetwork(std::move(settings)));
  for (const ClientPeer& peer : network->settings_.peers) {
    auto client = PeerClient::make(peer.address, network->settings_.limits);
    if (!client) return tl::unexpected(client.error());
    network->peers_.push_back(
        std::make_unique<Peer>(Peer{peer.name, peer.msp_id, std::move(*client)}));
  }
  return Result<std::unique_ptr<ClientNetwork>>(std::move(network));
}

ClientNetwork::Peer* ClientNetwork::find_peer(std::string_view name) {
  for (const auto& peer : peers_)
    if (peer->name == name || peer->client.peer().address == name) return peer.get();
  return nullptr;
}

// A peer's endorsement of any query carries its own certificate.
void ClientNetwork::identify(Peer& peer) {
  if (!peer.msp_id.empty() || settings_.channel.empty()) return;
  const auto answer = process(
      peer, {.channel = channel(), .chaincode = "qscc", .arguments = {"GetChainInfo", channel()}},
      patience());
  if (answer) peer.msp_id = answer->msp_id();
}

std::vector<ClientNetwork::Peer*> ClientNetwork::peers_of(const std::string& msp_id) {
  std::vector<std::future<void>> asked;
  for (const auto& peer : peers_)
    if (peer->msp_id.empty())
      asked.push_back(std::async(std::launch::async, [this, &peer] { identify(*peer); }));
  asked.clear();  // waits
  std::vector<Peer*> out;
  for (const auto& peer : peers_)
    if (peer->msp_id == msp_id || (peer->msp_id.empty() && msp_id == identity().msp_id()))
      out.push_back(peer.get());
  return out;
}

Proposal ClientNetwork::propose(const Peer& peer, const Invocation& invocation) const {
  return make_proposal(invocation, peer.client.tls_cert_hash(), identity(), *settings_.clock,
                       *settings_.random);
}

RpcResult<Endorsement> ClientNetwork::process(const Peer& peer, const Invocation& invocation,
                                              Duration patience) const {
  return peer.client.process(propose(peer, invocation), patience);
}

RpcResult<std::string> ClientNetwork::ask(const Peer& peer, const Invocation& invocation) const {
  auto answer = process(peer, invocation, patience());
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status >= kLeastFailure) return refuse(chaincode_words(*answer));
  return std::move(answer->payload);
}

RpcResult<std::string> ClientNetwork::ask(const Invocation& invocation) {
  RpcResult<std::string> answer = refuse("there is no peer to ask");
  for (const auto& peer : peers_) {
    answer = ask(*peer, invocation);
    if (answer || answer.error().kind != RpcError::Kind::unreachable) break;
  }
  return answer;
}

RpcResult<std::vector<ClientNetwork::Peer*>> ClientNetwork::choose(
    const std::vector<std::string>& endorsers) {
  std::vector<Peer*> out;
  for (const std::string& name : endorsers) {
    Peer* peer = find_peer(name);
    if (!peer) {
      const auto of_organisation = peers_of(name);
      if (of_organisation.empty())
        return refuse(fmt::format(
            "'{}' is neither a peer that is known here nor an organisation with one", name));
      peer = of_organisation[0];
    }
    if (std::ranges::find(out, peer) == out.end()) out.push_back(peer);
  }
  return out;
}

RpcResult<Endorsement> ClientNetwork::evaluate(const Invocation& invocation,
                                               const std::vector<std::string>& endorsers) {
  const bool named = std::ranges::any_of(
      endorsers, [this](const std::string& name) { return find_peer(name) != nullptr; });
  if (!named) {
    for (const auto& peer : peers_) {
      if (peer->no_gateway) continue;
      auto answer = peer->client.evaluate(propose(*peer, invocation), endorsers, patience());
      if (answer || answer.error().kind == RpcError::Kind::refused) return answer;
      peer->no_gateway = answer.error().kind == RpcError::Kind::unsupported;
      if (&peer == &peers_.back() && !peer->no_gateway) return answer;
    }
  }
  auto chosen = choose(endorsers);
  if (!chosen) return tl::unexpected(chosen.error());
  if (chosen->empty())
    for (const auto& peer : peers_) chosen->push_back(peer.get());
  RpcResult<Endorsement> answer = refuse("there is no peer to ask");
  for (const Peer* peer : *chosen) {
    answer = process(*peer, invocation, patience());
    if (answer && answer->status >= kLeastFailure)
      return refuse(fmt::format("{} ({})", chaincode_words(*answer), peer->client.peer().address));
    if (answer || answer.error().kind != RpcError::Kind::unreachable) break;
  }
  return answer;
}

RpcResult<ClientNetwork::Endorsed> ClientNetwork::endorse_through_gateway(
    Peer& peer, const Invocation& invocation, const std::vector<std::string>& msps) {
  Endorsed out;
  out.proposal = propose(peer, invocation);
  auto prepared = peer.client.endorse(out.proposal, msps, patience());
  if (!prepared) {
    peer.no_gateway = prepared.error().kind == RpcError::Kind::unsupported;
    return tl::unexpected(prepared.error());
  }
  out.answer = std::move(prepared->answer);
  out.envelope = sign_payload(prepared->payload, identity());
  return out;
}

RpcResult<ClientNetwork::Endorsed> ClientNetwork::endorse_one_by_one(
    const std::vector<Peer*>& peers, const Invocation& invocation) {
  Endorsed out;
  out.proposal = propose(*peers[0], invocation);
  std::vector<std::future<RpcResult<Endorsement>>> asked;
  for (const Peer* peer : peers)
    asked.push_back(std::async(std::launch::async, [this, peer, &out] {
      return peer->client.process(out.proposal, patience());
    }));
  std::vector<Endorsement> endorsements;
  std::optional<RpcError> failure;
  for (size_t i = 0; i < peers.size(); ++i) {
    auto answer = asked[i].get();
    if (!answer)
      failure = answer.error();
    else if (answer->status >= kLeastFailure || !answer->endorsed())
      failure = RpcError{RpcError::Kind::refused, fmt::format("{} ({})", chaincode_words(*answer),
                                                              peers[i]->client.peer().address)};
    else
      endorsements.push_back(std::move(*answer));
  }
  if (failure) return tl::unexpected(*failure);
  if (auto agreed = check_agreement(endorsements); !agreed) return refuse(agreed.error().message);
  auto envelope = assemble_transaction(out.proposal, endorsements, identity());
  if (!envelope) return refuse(envelope.error().message);
  out.envelope = std::move(*envelope);
  out.answer = std::move(endorsements[0]);
  return out;
}

RpcResult<ClientNetwork::Endorsed> ClientNetwork::endorse(
    const Invocation& invocation, const std::vector<std::string>& endorsers) {
  const bool named = std::ranges::any_of(
      endorsers, [this](const std::string& name) { return find_peer(name) != nullptr; });
  if (!named) {
    for (const auto& peer : peers_) {
      if (peer->no_gateway) continue;
      auto endorsed = endorse_through_gateway(*peer, invocation, endorsers);
      if (endorsed || endorsed.error().kind == RpcError::Kind::refused) return endorsed;
      if (&peer == &peers_.back() && !peer->no_gateway) return endorsed;
    }
  }
  auto chosen = choose(endorsers);
  if (!chosen) return tl::unexpected(chosen.error());
  if (chosen->empty()) {  // one of each organisation
    (void)own_peers();
    std::set<std::string> seen;
    for (const auto& peer : peers_)
      if (seen.insert(peer->msp_id).second) chosen->push_back(peer.get());
  }
  return endorse_one_by_one(*chosen, invocation);
}

RpcResult<uint64_t> ClientNetwork::chain_height(const Peer& peer) const {
  const auto info = ask(
      peer, {.channel = channel(), .chaincode = "qscc", .arguments = {"GetChainInfo", channel()}});
  if (!info) return tl::unexpected(info.error());
  common::BlockchainInfo chain;
  return chain.ParseFromString(*info) ? chain.height() : 0;
}

RpcResult<CommitStatus> ClientNetwork::await(Peer& peer, const Endorsed& endorsed, uint64_t height,
                                             Duration patience) {
  if (!peer.no_gateway) {
    auto status = peer.client.commit_status(endorsed.proposal, identity(), patience);
    if (status || status.error().kind != RpcError::Kind::unsupported) return status;
    peer.no_gateway = true;
  }
  return wait_for_transaction(peer.client, channel(), endorsed.proposal.transaction_id, height,
                              requester(), patience);
}

RpcResult<Submission> ClientNetwork::submit(const Invocation& invocation,
                                            const SubmitOptions& options) {
  auto endorsed = endorse(invocation, options.endorsers);
  if (!endorsed) return tl::unexpected(endorsed.error());
  // The peer that hands it on, and at which it is awaited: the first that can be reached, of those
  // that were named if any were.
  std::vector<Peer*> candidates;
  for (const std::string& name : options.endorsers)
    if (Peer* peer = find_peer(name)) candidates.push_back(peer);
  for (const auto& peer : peers_) candidates.push_back(peer.get());
  Peer* first = nullptr;
  uint64_t height = 0;
  RpcResult<void> ordered = refuse("there is no peer to ask");
  for (size_t i = 0; i < candidates.size() && !first;) {
    Peer& peer = *candidates[i];
    if (settings_.orderers_first || peer.no_gateway) {
      // Without a gateway the commit is looked for in the peer's blocks from here on.
      auto from = chain_height(peer);
      if (from) height = *from;
      ordered = from ? broadcast(endorsed->envelope) : tl::unexpected(from.error());
    } else {
      ordered = peer.client.submit(endorsed->proposal, endorsed->envelope, patience());
      peer.no_gateway = !ordered && ordered.error().kind == RpcError::Kind::unsupported;
      if (peer.no_gateway) continue;
    }
    if (ordered || ordered.error().kind == RpcError::Kind::refused) first = &peer;
    ++i;
  }
  if (!ordered) return tl::unexpected(ordered.error());
  Submission out{endorsed->proposal.transaction_id, std::move(endorsed->answer), {}};
  if (options.wait <= Duration(0)) return out;
  auto status = await(*first, *endorsed, height, options.wait);
  if (!status) {
    return tl::unexpected(RpcError{
        status.error().kind, fmt::format("transaction {} was ordered, but not seen in a block: {}",
                                         out.transaction_id, status.error().message)});
  }
  out.commit = *status;
  return out;
}

RpcResult<msp::ChannelConfig> ClientNetwork::channel_config() {
  auto block =
      ask({.channel = channel(), .chaincode = "cscc", .arguments = {"GetConfigBlock", channel()}});
  if (!block) return tl::unexpected(block.error());
  auto config = msp::ChannelConfig::from_block(*block);
  if (!config) return refuse(config.error().message);
  return std::move(*config);
}

RpcResult<std::vector<OrdererClient>> ClientNetwork::orderers() {
  std::vector<PeerAddress> addresses = settings_.orderers;
  if (addresses.empty()) {
    auto config = channel_config();
    if (!config) return tl::unexpected(config.error());
    for (const msp::Organization& organization : config->orderers) {
      std::string roots;
      if (const msp::Msp* msp = config->msps->find(organization.msp_id))
        for (const std::string& root : msp->tls_roots()) roots += root;
      const auto& endpoints =
          organization.endpoints.empty() ? config->orderer_addresses : organization.endpoints;
      for (const std::string& endpoint : endpoints) {
        PeerAddress address;
        address.address = endpoint;
        address.tls_ca = roots;
        // Where our peers have no TLS, or want a certificate, so do the orderers.
        address.plaintext = settings_.peers[0].address.plaintext;
        address.client_tls = settings_.peers[0].address.client_tls;
        addresses.push_back(std::move(address));
      }
    }
    if (addresses.empty())
      return refuse(fmt::format("the configuration of channel {} names no orderer", channel()));
  }
  std::vector<OrdererClient> out;
  for (const PeerAddress& address : addresses) {
    auto client = OrdererClient::make(address, settings_.limits);
    if (!client) return refuse(client.error().message);
    out.push_back(std::move(*client));
  }
  return out;
}

RpcResult<void> ClientNetwork::broadcast(const std::string& envelope) {
  auto all = orderers();
  if (!all) return tl::unexpected(all.error());
  RpcResult<void> done;
  for (const OrdererClient& orderer : *all) {
    done = orderer.broadcast(envelope, patience());
    if (done || done.error().kind == RpcError::Kind::refused) break;
  }
  return done;
}

}  // namespace belfry::fabric
