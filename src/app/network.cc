#include "app/network.h"

#include <fmt/format.h>

#include "app/client_tls.h"
#include "app/secrets.h"
#include "app/signatures.h"
#include "decode/transaction.h"
#include "fabric/block_files.h"
#include "fabric/peer_source.h"
#include "msp/connection_profile.h"
#include "msp/identity.h"

namespace belfry::app {

namespace {

constexpr uint64_t kMostPemBytes = 1 << 20;

msp::IdentitySource identity_source(const IdentityConfig& config, const SecretLookup& secrets) {
  if (!config.secret.empty())
    return msp::IdentityLookup{[secrets, name = config.secret.value]() -> Result<msp::IdentityPem> {
      if (!secrets)
        return fail(
            fmt::format("the identity is in the secret '{}', which only `belfry run` opens", name));
      return identity_secret(secrets, name).with_context("identity " + name);
    }};
  if (!config.msp_folder.empty()) return msp::MspFolder{config.msp_folder.value};
  return msp::IdentityFiles{config.certificate.value, config.key.value};
}

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

Result<fabric::PeerAddress> peer_address(const PeerConfig& config, FileSystem& files) {
  fabric::PeerAddress peer;
  peer.address = config.address.value;
  peer.tls_server_name = config.name.value;
  peer.plaintext = config.plaintext;
  const auto read = [&](const Text& path, std::string& into) -> Result<void> {
    if (path.empty()) return {};
    auto contents = read_whole(files, path.value, kMostPemBytes);
    if (!contents) return tl::unexpected(contents.error());
    into = std::move(*contents);
    return {};
  };
  if (auto got = read(config.tls_ca, peer.tls_ca); !got) return tl::unexpected(got.error());
  if (config.tls)
    peer.client_tls =
        client_tls(files, msp::IdentityFiles{config.tls->certificate.value, config.tls->key.value});
  return peer;
}

// What the peers' keys of belfry.yaml, or a connection profile, come to.
struct PeerSettings {
  std::vector<fabric::PeerAddress> peers;
  std::string msp_id;
  msp::IdentitySource identity;
};

Result<PeerSettings> settings_of_keys(const NetworkConfig& config, FileSystem& files,
                                      const SecretLookup& secrets) {
  PeerSettings settings;
  for (const PeerConfig& peer : config.peers) {
    auto address = peer_address(peer, files);
    if (!address) return tl::unexpected(address.error());
    settings.peers.push_back(std::move(*address));
  }
  settings.msp_id = config.msp.value;
  settings.identity = identity_source(*config.identity, secrets);
  return settings;
}

Result<PeerSettings> settings_of_profile(const NetworkConfig& config, FileSystem& files,
                                         const SecretLookup& secrets) {
  auto profile = msp::load_profile(files, config.profile.value);
  if (!profile) return tl::unexpected(profile.error());
  PeerSettings settings;
  for (const msp::ProfileEndpoint& endpoint : profile->peers) {
    fabric::PeerAddress peer;
    peer.address = endpoint.address;
    peer.tls_ca = endpoint.tls_ca;
    peer.tls_server_name = endpoint.override_name;
    peer.plaintext = !endpoint.tls;
    if (profile->client_tls && endpoint.tls)
      peer.client_tls = client_tls(files, *profile->client_tls);
    settings.peers.push_back(std::move(peer));
  }
  settings.msp_id = config.msp.empty() ? profile->msp_id : config.msp.value;
  if (config.identity) {
    settings.identity = identity_source(*config.identity, secrets);
    return settings;
  }
  for (const msp::ProfileIdentity& identity : profile->identities) {
    if (!config.user.empty() && identity.name != config.user.value) continue;
    settings.identity = identity.source;
    return settings;
  }
  return fail(fmt::format("{} names no identity", config.profile.value));
}

class PeerNetwork final : public Network {
 public:
  PeerNetwork(const NetworkConfig& config, Host host, PeerSettings settings)
      : channel_(config.channel.value),
        signatures_(config.verify == NetworkConfig::Verify::signatures),
        identity_(host.files, host.clock, settings.msp_id, settings.identity),
        source_(options(config, host, std::move(settings.peers))) {}

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
  auto settings = config.profile.empty() ? settings_of_keys(config, host.files, secrets)
                                         : settings_of_profile(config, host.files, secrets);
  if (!settings) return tl::unexpected(settings.error());
  auto network = std::make_unique<PeerNetwork>(config, host, std::move(*settings));
  if (auto checked = network->check_identity(); !checked) return tl::unexpected(checked.error());
  return Result<std::unique_ptr<Network>>(std::move(network));
}

}  // namespace belfry::app
