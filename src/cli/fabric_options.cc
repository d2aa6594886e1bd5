#include "cli/fabric_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "app/fabric_clients.h"
#include "base/nearest.h"
#include "cli/fabric_advice.h"
#include "cli/secret_lookup.h"

namespace belfry::cli {

namespace {

constexpr double kLeastTimeout = 0.1, kMostTimeout = 3600;  // seconds

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// Several PEM files become one: every server may be trusted by any of them.
Result<std::string> joined_pem(const std::vector<std::string>& paths) {
  std::string out;
  for (const std::string& path : paths) {
    auto pem = read_whole(posix_files(), path, 1 << 20);
    if (!pem) return pem;
    out += *pem + "\n";
  }
  return out;
}

// What Fabric's own `peer` is told by.
void read_environment(FabricOptions& options) {
  const auto fill = [](std::string& value, const char* name) {
    if (value.empty()) value = environment(name);
  };
  options.peers = {environment("CORE_PEER_ADDRESS")};
  options.plaintext = environment("CORE_PEER_TLS_ENABLED") != "true";
  fill(options.msp, "CORE_PEER_LOCALMSPID");
  if (options.certificate.empty()) fill(options.identity, "CORE_PEER_MSPCONFIGPATH");
  fill(options.tls_name, "CORE_PEER_TLS_SERVERHOSTOVERRIDE");
  if (environment("CORE_PEER_TLS_CLIENTAUTHREQUIRED") == "true") {
    fill(options.tls_certificate, "CORE_PEER_TLS_CLIENTCERT_FILE");
    fill(options.tls_key, "CORE_PEER_TLS_CLIENTKEY_FILE");
  }
  const std::string authority = environment("CORE_PEER_TLS_ROOTCERT_FILE");
  if (options.tls_ca.empty() && !options.plaintext && !authority.empty())
    options.tls_ca = {authority};
}

class Opener {
 public:
  Opener(const Program& program, FabricOptions options)
      : program_(program), options_(std::move(options)) {}

  Result<FabricClients> open() {
    if (options_.certificate.empty() != options_.key.empty() ||
        options_.tls_certificate.empty() != options_.tls_key.empty())
      return fail("--cert and --key belong together, and so do --tls-cert and --tls-key");
    const bool from_environment =
        options_.peers.empty() && options_.profile.empty() && options_.networks.empty() &&
        !std::filesystem::exists(options_.config) && !environment("CORE_PEER_ADDRESS").empty();
    if (from_environment) read_environment(options_);
    if (!options_.peers.empty()) return of_flags();
    if (!options_.profile.empty()) {
      app::NetworkConfig network;
      network.profile = {options_.profile, {}};
      return of_networks({network}, {});
    }
    return of_file();
  }

 private:
  Result<FabricClients> of_flags() {
    if (options_.msp.empty()) return fail("with --peer, also give --msp");
    if (options_.identity.empty() && options_.certificate.empty())
      return fail("with --peer, also give --identity (an MSP folder) or --cert and --key");
    app::NetworkConfig network;
    for (const std::string& address : options_.peers) {
      if (address.find(':') == std::string::npos)
        return fail(fmt::format("--peer takes HOST:PORT, not '{}'", address));
      app::PeerConfig peer;
      peer.address = {address, {}};
      peer.name = {options_.tls_name, {}};
      peer.plaintext = options_.plaintext;
      if (!options_.tls_certificate.empty())
        peer.tls = app::Credential{{options_.tls_certificate, {}}, {options_.tls_key, {}}};
      network.peers.push_back(std::move(peer));
    }
    return of_networks({network}, {});
  }

  Result<FabricClients> of_file() {
    if (!std::filesystem::exists(options_.config))
      return fail(
          fmt::format("no network is named: there is no {}; give --profile FILE, or --peer "
                      "HOST:PORT with --msp and --identity",
                      options_.config));
    app::ConfigResult result = app::load_config(posix_files(), options_.config,
                                                app::process_environment(), app::Wanted::networks);
    if (!result.ok()) {
      program_.err.print(app::format_problems(options_.config, std::move(result.problems)));
      return fail(fmt::format("{} cannot be used as it is", options_.config));
    }
    const auto names = result.config.networks.names();
    std::vector<std::string> wanted = options_.networks;
    if (wanted.empty() && names.size() == 1) wanted = names;
    if (wanted.empty())
      return fail(names.empty() ? fmt::format("{} names no network", options_.config)
                                : fmt::format("which network is meant? give --network with one of: "
                                              "{}",
                                              fmt::join(names, ", ")));
    std::vector<app::NetworkConfig> networks;
    for (const std::string& name : wanted) {
      const app::NetworkConfig* network = result.config.networks.find(name);
      if (!network)
        return fail(fmt::format("there is no network '{}' in {}{}", name, options_.config,
                                suggestion(name, names)));
      if (!network->blocks.empty())
        return fail(fmt::format("network '{}' is block files: there is nobody to ask", name));
      networks.push_back(*network);
    }
    return of_networks(networks, secret_lookup(result.config, {options_.config, "", ""}));
  }

  Result<FabricClients> of_networks(const std::vector<app::NetworkConfig>& networks,
                                    const app::SecretLookup& secrets) {
    auto authorities = joined_pem(options_.tls_ca);
    if (!authorities) return tl::unexpected(authorities.error());
    std::vector<fabric::ClientSettings> all;
    for (const app::NetworkConfig& network : networks) {
      auto settings = app::fabric_clients(network, request(), {}, secrets);
      if (!settings) return tl::unexpected(settings.error());
      for (fabric::ClientSettings& one : *settings) {
        if (one.channel.empty() && options_.wants_channel)
          return fail("which channel is meant remains open: give --channel");
        if (!authorities->empty())
          for (fabric::ClientPeer& peer : one.peers) peer.address.tls_ca = *authorities;
        if (auto taken = take_orderers(one); !taken) return tl::unexpected(taken.error());
        all.push_back(std::move(one));
      }
    }
    return clients_of(std::move(all));
  }

  // Each organisation's client may ask the others' peers too: a commit wants several.
  static Result<FabricClients> clients_of(std::vector<fabric::ClientSettings> all) {
    std::vector<fabric::ClientPeer> everyone;
    const auto has = [](const std::vector<fabric::ClientPeer>& peers, const std::string& address) {
      return std::ranges::any_of(peers,
                                 [&](const auto& peer) { return peer.address.address == address; });
    };
    for (const fabric::ClientSettings& one : all)
      for (const fabric::ClientPeer& peer : one.peers)
        if (!has(everyone, peer.address.address)) everyone.push_back(peer);
    const std::string channel = all[0].channel;
    FabricClients clients;
    for (fabric::ClientSettings& one : all) {
      if (one.channel != channel)
        return fail(
            fmt::format("the networks are of different channels: {} and {}", channel, one.channel));
      for (const fabric::ClientPeer& peer : everyone)
        if (!has(one.peers, peer.address.address)) one.peers.push_back(peer);
      auto client = fabric::ClientNetwork::make(std::move(one));
      if (!client) return tl::unexpected(client.error());
      clients.push_back(std::move(*client));
    }
    return clients;
  }

  // --orderer comes before what a file says.
  Result<void> take_orderers(fabric::ClientSettings& settings) const {
    if (options_.orderers.empty()) return {};
    auto authorities =
        joined_pem(options_.orderer_ca.empty() ? options_.tls_ca : options_.orderer_ca);
    if (!authorities) return tl::unexpected(authorities.error());
    settings.orderers.clear();
    settings.orderers_first = true;
    for (const std::string& address : options_.orderers) {
      fabric::PeerAddress orderer;
      orderer.address = address;
      orderer.tls_ca = *authorities;
      orderer.plaintext = options_.plaintext;
      orderer.client_tls = settings.peers[0].address.client_tls;
      settings.orderers.push_back(std::move(orderer));
    }
    return {};
  }

  app::ClientRequest request() const {
    app::ClientRequest request;
    request.administers = options_.administers;
    request.all_organisations = options_.all_organisations;
    request.user = options_.user;
    request.channel = options_.channel;
    request.msp = options_.msp;
    if (!options_.identity.empty()) request.identity = msp::MspFolder{options_.identity};
    if (!options_.certificate.empty())
      request.identity = msp::IdentityFiles{options_.certificate, options_.key};
    const double seconds = std::clamp(options_.timeout, kLeastTimeout, kMostTimeout);
    request.patience = std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
    return request;
  }

  const Program& program_;
  FabricOptions options_;
};

}  // namespace

void add_fabric_options(CLI::App* command, FabricOptions& options, bool several) {
  const auto text = [&](const char* flag, auto& value, const char* type, const char* help) {
    return command->add_option(flag, value, help)->type_name(type)->group("Network");
  };
  add_config_option(command, options.config);
  text("--network", options.networks, "NAME",
       several ? "a network of the configuration; again: the same channel as another organization"
               : "a network of the configuration")
      ->allow_extra_args(false);
  text("--profile", options.profile, "FILE", "a connection profile instead");
  text("--user", options.user, "NAME", "which identity of the profile");
  text("--channel", options.channel, "NAME", "the channel, where it is not the file's");
  text("--identity", options.identity, "FOLDER", "act as this MSP folder's identity");
  text("--cert", options.certificate, "PEM", "act as this certificate's owner");
  text("--key", options.key, "PEM", "its private key");
  text("--msp", options.msp, "ID", "the identity's MSP id");
  text("--peer", options.peers, "HOST:PORT", "a peer, instead of a file's; may be repeated")
      ->allow_extra_args(false);
  text("--tls-ca", options.tls_ca, "PEM", "the peers' TLS authorities; may be repeated")
      ->allow_extra_args(false);
  text("--tls-name", options.tls_name, "HOST", "the name in --peer's certificate, if another");
  text("--tls-cert", options.tls_certificate, "PEM", "shown to --peer under mutual TLS");
  text("--tls-key", options.tls_key, "PEM", "its private key");
  command->add_flag("--plaintext", options.plaintext, "connect without TLS")->group("Network");
  text("--orderer", options.orderers, "HOST:PORT",
       "send transactions to this orderer, not through a peer; may be repeated")
      ->allow_extra_args(false);
  text("--orderer-ca", options.orderer_ca, "PEM", "its TLS authority, if not among --tls-ca")
      ->allow_extra_args(false);
  text("--timeout", options.timeout, "SECONDS", "for one answer of a peer or an orderer")
      ->capture_default_str();
  if (several)
    command
        ->add_flag("--all-orgs", options.all_organisations,
                   "act as every organization that the profile has an identity of")
        ->group("Network");
}

FabricClients open_fabric(const Program& program, const FabricOptions& options, int& exit_code) {
  auto clients = Opener(program, options).open();
  if (clients) return std::move(*clients);
  exit_code = program.misused(clients.error().message);
  return {};
}

int fabric_failed(const Program& program, const fabric::RpcError& error) {
  return program.failed(with_advice(error.message));
}

}  // namespace belfry::cli
