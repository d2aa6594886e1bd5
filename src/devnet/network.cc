#include "devnet/network.h"

#include <fmt/format.h>
#include <grpcpp/impl/codegen/service_type.h>

#include <algorithm>

#include "base/log.h"
#include "common/common.pb.h"
#include "devnet/channel_set.h"
#include "devnet/deliver_service.h"
#include "devnet/grpc_node.h"
#include "devnet/network_peer.h"
#include "devnet/orderer_service.h"
#include "devnet/participation.h"
#include "ledger/legacy_check.h"

namespace belfry::devnet {
namespace {

// As the samples have it: peer0.org1 7051, peer1.org1 8051, peer0.org2 9051.
uint16_t port_of(uint16_t first, size_t organization, size_t peer) {
  if (first == 0) return 0;
  return static_cast<uint16_t>(first + 2000 * organization + 1000 * (peer % 2) + 10 * (peer / 2));
}

Result<std::unique_ptr<http::Server>> start_http(const std::string& host, uint16_t port,
                                                 http::RequestHandler handler,
                                                 std::optional<http::ServerTls> tls = {}) {
  http::Server::Options options;
  options.tls = std::move(tls);
  options.address = host;
  options.port = port;
  options.body_limit = 16 << 20;  // a genesis block with many organisations
  return http::Server::start(options, std::move(handler));
}

// What one peer's port is made of.
struct PeerNode {
  std::unique_ptr<NetworkPeer> peer;
  std::unique_ptr<grpc::Service> deliver;
  std::unique_ptr<PeerServices> services;
  std::unique_ptr<GrpcNode> node;
};

class NetworkImpl final : public Network {
 public:
  NetworkImpl(NetworkSettings settings, FileSystem& files, const Clock& clock)
      : settings_(std::move(settings)),
        files_(files),
        clock_(clock),
        joined_(files, settings_.folder + "/joined") {}

  ~NetworkImpl() override {
    for (PeerNode& each : peers_)
      if (each.services) each.services->stop();
  }

  Result<void> start(const MakeServices& make_services) {
    if (auto done = open_recording(); !done) return done;
    auto material = open_material(files_, clock_,
                                  {.folder = settings_.folder,
                                   .organizations = settings_.organizations,
                                   .peers = settings_.peers});
    if (!material) return tl::unexpected(material.error());
    material_ = std::move(*material);
    if (settings_.on_material) settings_.on_material(material_);
    if (auto done = joined_.load(); !done) return done;
    signatures_ = std::make_shared<ledger::SignatureCache>();
    channels_ =
        std::make_unique<ChannelSet>(files_, clock_,
                                     ChannelSet::Options{.folder = settings_.folder + "/ledgers",
                                                         .durable = settings_.durable,
                                                         .channel = settings_.ordering},
                                     material_.orderer.nodes.front().identity, signatures_);
    if (auto done = start_nodes(make_services); !done) return done;
    if (auto done = make_channels(); !done) return done;
    return start_rest();
  }

  const PeerContext& context() const override { return *context_; }
  Channels& channels() override { return *channels_; }
  const std::vector<Peer*>& peers() const override { return context_->peers; }
  const Material& material() const override { return material_; }
  const NetworkSettings& settings() const override { return settings_; }
  std::string orderer_address() const override { return address(orderer_->port()); }
  std::string peer_address(const Peer& peer) const override {
    for (const PeerNode& each : peers_)
      if (each.peer.get() == &peer) return address(each.node->port());
    return {};
  }
  std::string participation_address() const override { return address(participation_->port()); }
  std::string operations_address() const override { return address(operations_->port()); }

 private:
  std::string address(uint16_t port) const { return fmt::format("{}:{}", settings_.host, port); }
  std::string advertised(uint16_t port) const {
    return fmt::format("{}:{}", settings_.advertised_host, port);
  }

  // A recorded ledger decides which organisations there are.
  Result<void> open_recording() {
    if (settings_.ledger.empty()) return {};
    auto opened = ledger::Ledger::open_recorded(files_, settings_.ledger);
    if (!opened) return tl::unexpected(opened.error());
    recording_ = std::move(*opened);
    settings_.channels = {recording_->channel()};
    settings_.organizations.clear();
    for (const auto& org : recording_->config()->application) {
      std::string name = org.msp_id;
      if (name.ends_with("MSP")) name.resize(name.size() - 3);
      settings_.organizations.push_back(name);
    }
    return {};
  }

  GrpcNodeOptions node_options(const Node& node, uint16_t port) const {
    GrpcNodeOptions options{.host = settings_.host, .port = port};
    if (!settings_.tls) return options;
    options.tls = node.tls;
    if (settings_.client_certificates)
      for (const OrganizationMaterial& org : material_.organizations)
        options.client_roots += org.tls_ca.certificate;
    if (settings_.client_certificates) options.client_roots += material_.orderer.tls_ca.certificate;
    return options;
  }

  Result<void> start_nodes(const MakeServices& make_services) {
    for (const OrganizationMaterial& org : material_.organizations)
      for (const Node& node : org.nodes)
        peers_.push_back({.peer = std::make_unique<NetworkPeer>(org, node, *channels_, joined_)});
    context_.emplace(PeerContext{.clock = clock_,
                                 .channels = *channels_,
                                 .material = material_,
                                 .signatures = signatures_,
                                 .folder = settings_.folder,
                                 .mutual_tls = settings_.tls && settings_.client_certificates});
    for (PeerNode& each : peers_) context_->peers.push_back(each.peer.get());

    orderer_services_ = make_orderer_service(*channels_, clock_, signatures_, context_->mutual_tls);
    auto orderer =
        GrpcNode::start(node_options(material_.orderer.nodes.front(), settings_.orderer_port),
                        {orderer_services_.get()});
    if (!orderer) return tl::unexpected(orderer.error());
    orderer_ = std::move(*orderer);
    context_->orderer_endpoint = advertised(orderer_->port());

    size_t index = 0;
    for (size_t org = 0; org < material_.organizations.size(); ++org)
      for (size_t i = 0; i < material_.organizations[org].nodes.size(); ++i, ++index)
        if (auto done =
                start_peer(peers_[index], port_of(settings_.peer_port, org, i), make_services);
            !done)
          return done;
    return {};
  }

  Result<void> start_peer(PeerNode& each, uint16_t port, const MakeServices& make_services) {
    each.deliver = make_deliver_service(*context_, *each.peer, context_->mutual_tls);
    std::vector<grpc::Service*> services = {each.deliver.get()};
    if (make_services) {
      auto made = make_services(*context_, *each.peer);
      if (!made) return tl::unexpected(made.error());
      each.services = std::move(*made);
      for (grpc::Service* service : each.services->services()) services.push_back(service);
    }
    auto node = GrpcNode::start(node_options(each.peer->node(), port), services);
    if (!node) return tl::unexpected(node.error());
    each.node = std::move(*node);
    each.peer->set_endpoint(advertised(each.node->port()));
    return {};
  }

  std::string genesis_of(const std::string& channel) const {
    GenesisAddresses addresses{.orderer_host = settings_.advertised_host,
                               .orderer_port = orderer_->port()};
    for (const PeerNode& each : peers_)
      addresses.anchors.push_back(
          {each.peer->msp_id(), settings_.advertised_host, each.node->port()});
    return make_genesis(material_, channel, settings_.channel, addresses, clock_.now(),
                        secure_random());
  }

  // What a channel is was settled when it was made.
  Result<void> check_generation(const Channel& channel) const {
    const bool older = !ledger::has_new_lifecycle(*channel.ledger().config());
    if (older == (settings_.channel.generation == Generation::v1_4)) return {};
    return fail(fmt::format(
        "channel {} of this folder {}", channel.name(),
        older ? "is one for clients of Fabric 1.4, which it must be started for again"
              : "is none for clients of Fabric 1.4: take another folder, or another channel"));
  }

  Result<void> make_channels() {
    if (recording_ != nullptr) {
      auto access = msp::ChannelConfig::from_block(genesis_of(recording_->channel()));
      if (!access) return tl::unexpected(access.error());
      auto adopted = channels_->adopt(
          std::move(recording_), std::make_shared<const msp::ChannelConfig>(std::move(*access)));
      if (!adopted) return tl::unexpected(adopted.error());
    } else if (auto opened = channels_->open_all(); !opened) {
      return opened;
    }
    std::vector<std::string> everybody;
    for (const PeerNode& each : peers_) everybody.push_back(each.peer->name());
    for (const std::string& name : settings_.channels) {
      if (channels_->find(name) == nullptr)
        if (auto made = channels_->create(genesis_of(name)); !made)
          return fail(fmt::format("channel {}: {}", name, made.error().message));
      if (settings_.ledger.empty())
        if (auto same = check_generation(*channels_->find(name)); !same) return same;
      if (auto joined = joined_.add(everybody, name); !joined) return joined;
    }
    return {};
  }

  Result<void> start_rest() {
    std::optional<http::ServerTls> tls;
    const OrganizationMaterial& orderer = material_.orderer;
    if (settings_.tls && !settings_.plain_participation)
      tls = http::ServerTls{orderer.nodes.front().tls.certificate, orderer.nodes.front().tls.key,
                            orderer.tls_ca.certificate};
    auto participation = start_http(settings_.host, settings_.participation_port,
                                    participation_handler(*channels_), std::move(tls));
    if (!participation) return tl::unexpected(participation.error());
    participation_ = std::move(*participation);
    auto operations = start_http(settings_.host, settings_.operations_port,
                                 operations_handler(*channels_, clock_));
    if (!operations) return tl::unexpected(operations.error());
    operations_ = std::move(*operations);
    return {};
  }

  NetworkSettings settings_;
  FileSystem& files_;
  const Clock& clock_;
  Joined joined_;
  Material material_;
  std::unique_ptr<ledger::Ledger> recording_;  // until its channel has it
  std::shared_ptr<ledger::SignatureCache> signatures_;
  std::unique_ptr<ChannelSet> channels_;
  std::optional<PeerContext> context_;
  std::unique_ptr<grpc::Service> orderer_services_;
  std::unique_ptr<GrpcNode> orderer_;
  std::vector<PeerNode> peers_;
  std::unique_ptr<http::Server> participation_, operations_;
};

}  // namespace

Result<std::unique_ptr<Network>> Network::start(NetworkSettings settings, FileSystem& files,
                                                const Clock& clock, MakeServices make_services) {
  auto network = std::make_unique<NetworkImpl>(std::move(settings), files, clock);
  if (auto started = network->start(make_services); !started)
    return tl::unexpected(started.error());
  return network;
}

}  // namespace belfry::devnet
