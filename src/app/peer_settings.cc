#include "app/peer_settings.h"

#include <fmt/format.h>

#include "app/client_tls.h"

namespace belfry::app {

namespace {

constexpr uint64_t kMostPemBytes = 1 << 20;

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

Result<PeerSettings> settings_of_keys(const NetworkConfig& config, FileSystem& files,
                                      const SecretLookup& secrets) {
  PeerSettings settings;
  for (const PeerConfig& peer : config.peers) {
    auto address = peer_address(peer, files);
    if (!address) return tl::unexpected(address.error());
    settings.peers.push_back({peer.address.value, peer.msp.value, std::move(*address)});
  }
  for (const PeerConfig& orderer : config.orderers) {
    auto address = peer_address(orderer, files);
    if (!address) return tl::unexpected(address.error());
    settings.orderers.push_back(std::move(*address));
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
  const auto address_of = [&](const msp::ProfileEndpoint& endpoint) {
    fabric::PeerAddress address;
    address.address = endpoint.address;
    address.tls_ca = endpoint.tls_ca;
    address.tls_server_name = endpoint.override_name;
    address.plaintext = !endpoint.tls;
    if (profile->client_tls && endpoint.tls)
      address.client_tls = client_tls(files, *profile->client_tls);
    return address;
  };
  for (const msp::ProfileEndpoint& peer : profile->peers)
    settings.peers.push_back({peer.name, peer.msp_id, address_of(peer)});
  for (const msp::ProfileEndpoint& orderer : profile->orderers)
    settings.orderers.push_back(address_of(orderer));
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

}  // namespace

msp::IdentitySource identity_source(const IdentityConfig& config, const SecretLookup& secrets) {
  if (!config.secret.empty())
    return msp::IdentityLookup{[secrets, name = config.secret.value]() -> Result<msp::IdentityPem> {
      if (!secrets)
        return fail(
            fmt::format("the identity is in the secret '{}', which cannot be opened here", name));
      return identity_secret(secrets, name).with_context("identity " + name);
    }};
  if (!config.msp_folder.empty()) return msp::MspFolder{config.msp_folder.value};
  return msp::IdentityFiles{config.certificate.value, config.key.value};
}

Result<PeerSettings> peer_settings(const NetworkConfig& config, FileSystem& files,
                                   const SecretLookup& secrets) {
  return config.profile.empty() ? settings_of_keys(config, files, secrets)
                                : settings_of_profile(config, files, secrets);
}

}  // namespace belfry::app
