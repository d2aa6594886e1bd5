#include "app/network.h"

#include <fmt/format.h>

#include "app/peer_settings.h"
#include "app/signatures.h"
#include "decode/transaction.h"
#include "fabric/block_files.h"
#include "fabric/peer_source.h"
#include "msp/identity.h"

namespace belfry::app {

namespace {

fabric::StreamKind stream_kind(NetworkConfig::Deliver deliver) {
  switch (deliver) {
    case NetworkConfig::Deliver::full:
      return fabric::StreamKind::full;
    case NetworkConfig::Deliver::filtered:
      return fabric::StreamKind::filtered;
    case NetworkConfig::Deliver::private_data:
      return fabric::StreamKind::private_data;
  }
  return fabric::StreamKind::full;
}

class PeerNetwork final : public Network {
 public:
  PeerNetwork(const NetworkConfig& config, Host host, PeerSettings settings)
      : channel_(config.channel.value),
        signatures_(config.verify == NetworkConfig::Verify::signatures),
        identity_(host.files, host.clock, settings.msp_id, settings.identity),
        source_(options(config, host, addresses(std::move(settings.peers)))) {}

  Result<void> check_identity() {
    auto identity = identity_.current();
    if (!identity) return tl::unexpected(identity.error());
    return {};
  }

  pipeline::BlockSource& source() override { return source_; }
  const std::string& channel() const override { return channel_; }
  pipeline::VerifierAt verifier() override {
    if (!signatures_) return {};
    return signature_verifier(source_);
  }

  void describe(NetworkStatus& status) const override {
    const fabric::PeerSourceStatus peers = source_.status();
    status.connected = peers.connected;
    status.certificate_ends = peers.certificate_ends ? peers.certificate_ends : identity_.expires();
    status.certificate_warning = peers.certificate_warning;
    for (const auto& peer : peers.peers)
      status.peers.push_back({peer.address, peer.failures, peer.code, peer.reason});
  }

 private:
  static std::vector<fabric::PeerAddress> addresses(std::vector<fabric::ClientPeer> peers) {
    std::vector<fabric::PeerAddress> out;
    for (fabric::ClientPeer& peer : peers) out.push_back(std::move(peer.address));
    return out;
  }

  fabric::PeerSourceOptions options(const NetworkConfig& config, Host host,
                                    std::vector<fabric::PeerAddress> peers) {
    fabric::PeerSourceOptions options;
    options.channel = config.channel.value;
    options.peers = std::move(peers);
    options.identity = [this] { return identity_.current(); };
    options.kind = stream_kind(config.deliver);
    options.limits.receive_limit = config.maximum_block;
    options.limits.keepalive = config.keepalive;
    options.idle_check = config.silence_timeout;
    options.clock = &host.clock;
    options.random = &host.random;
    return options;
  }

  const std::string channel_;
  const bool signatures_;
  msp::IdentityProvider identity_;
  fabric::PeerSource source_;
};

class BlockFileNetwork final : public Network {
 public:
  BlockFileNetwork(const NetworkConfig& config, Host host)
      : files_(host.files),
        path_(config.blocks.value),
        maximum_block_(config.maximum_block),
        signatures_(config.verify == NetworkConfig::Verify::signatures),
        channel_(config.channel.value),
        source_(fabric::block_files(
            files_, {.path = path_, .follow = config.follow, .max_block = maximum_block_})) {}

  // Asks the first block where the configuration names no channel.
  Result<void> find_channel() {
    if (!channel_.empty()) return {};
    // Without following: a file that holds no block yet must not be waited for.
    const auto source = fabric::block_files(files_, {.path = path_, .max_block = maximum_block_});
    auto opened = source->open(0, {});
    if (auto* end = std::get_if<pipeline::StreamEnd>(&opened)) return fail(end->reason);
    auto next = std::get<std::unique_ptr<pipeline::BlockStream>>(opened)->next({});
    if (const auto* block = std::get_if<decode::Block>(&next);
        block && !block->transactions.empty())
      channel_ = decode::read_transaction(block->transactions[0]).channel;
    if (channel_.empty())
      return fail(fmt::format("{} holds no block that tells its channel: name it with `channel`",
                              source_->describe()));
    return {};
  }

  pipeline::BlockSource& source() override { return *source_; }
  const std::string& channel() const override { return channel_; }
  pipeline::VerifierAt verifier() override {
    if (!signatures_) return {};
    return signature_verifier(*source_);
  }
  void describe(NetworkStatus&) const override {}

 private:
  FileSystem& files_;
  const std::string path_;
  const uint64_t maximum_block_;
  const bool signatures_;
  std::string channel_;
  std::unique_ptr<pipeline::BlockSource> source_;
};

}  // namespace

Result<std::unique_ptr<Network>> Network::make(const NetworkConfig& config, Host host,
                                               const SecretLookup& secrets) {
  if (!config.blocks.empty()) {
    auto network = std::make_unique<BlockFileNetwork>(config, host);
    if (auto found = network->find_channel(); !found) return tl::unexpected(found.error());
    return Result<std::unique_ptr<Network>>(std::move(network));
  }
  auto settings = peer_settings(config, host.files, secrets);
  if (!settings) return tl::unexpected(settings.error());
  auto network = std::make_unique<PeerNetwork>(config, host, std::move(*settings));
  if (auto checked = network->check_identity(); !checked) return tl::unexpected(checked.error());
  return Result<std::unique_ptr<Network>>(std::move(network));
}

}  // namespace belfry::app
