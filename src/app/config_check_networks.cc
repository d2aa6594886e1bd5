#include <fmt/format.h>

#include <filesystem>

#include "app/config_check.h"
#include "base/nearest.h"
#include "msp/connection_profile.h"
#include "msp/identity.h"

namespace belfry::app {

namespace {

constexpr uint64_t kMostPemBytes = 1 << 20;

class NetworkCheck {
 public:
  NetworkCheck(FileSystem& files, const Named<NetworkConfig>& network,
               std::vector<Problem>& problems)
      : files_(files),
        name_(network.name),
        at_(network.at),
        it_(network.value),
        problems_(problems) {}

  void run() {
    const int sources = !it_.peers.empty() + !it_.profile.empty() + !it_.blocks.empty();
    if (sources == 0)
      wrong(at_, fmt::format("network '{}' needs one of peers, profile or blocks", name_));
    if (sources > 1)
      wrong(at_,
            fmt::format("network '{}' has more than one of peers, profile and blocks: keep one",
                        name_));
    if (!it_.blocks.empty()) return blocks();
    if (!it_.profile.empty()) profile();
    if (!it_.peers.empty()) peers();
    if (it_.identity) identity(*it_.identity);
    if (it_.admin) identity(*it_.admin);
    endpoints(it_.orderers);
    if (it_.verify == NetworkConfig::Verify::signatures &&
        it_.deliver == NetworkConfig::Deliver::filtered)
      wrong(at_, fmt::format("network '{}': filtered blocks carry no signatures, so verify: "
                             "signatures cannot be had with deliver: filtered",
                             name_));
  }

 private:
  void wrong(Mark at, std::string message) { problems_.push_back({at, std::move(message)}); }
  void missing(std::string_view key, std::string_view what) {
    wrong(at_, fmt::format("network '{}' needs '{}': {}", name_, key, what));
  }

  void blocks() {
    if (!std::filesystem::exists(it_.blocks.value))
      wrong(it_.blocks.at,
            fmt::format(
                "{} does not exist: it should be a block file, or a folder with blockfile_000000",
                it_.blocks.value));
    if (it_.identity)
      wrong(at_, fmt::format("network '{}' reads block files, which need no identity: remove it",
                             name_));
  }

  void peers() {
    if (it_.channel.empty()) missing("channel", "the channel to follow");
    if (it_.msp.empty()) missing("msp", "the MSP id of the identity, such as Org1MSP");
    if (!it_.identity) missing("identity", "the certificate and key to sign requests with");
    endpoints(it_.peers);
  }

  // Peers or orderers.
  void endpoints(const std::vector<PeerConfig>& endpoints) {
    for (const PeerConfig& peer : endpoints) {
      if (!peer.address.empty())
        if (const auto bad = bad_address(peer.address.value, 1)) wrong(peer.address.at, *bad);
      if (peer.plaintext && (!peer.tls_ca.empty() || peer.tls))
        wrong(peer.address.at,
              "a peer with plaintext: true has no use for tls_ca and tls: keep one");
      certificates(peer.tls_ca);
      if (peer.tls) tls_pair(*peer.tls);
    }
  }

  void identity(const IdentityConfig& identity) {
    if (!identity.secret.empty()) {
      if (!identity.certificate.empty() || !identity.key.empty() || !identity.msp_folder.empty())
        wrong(at_,
              fmt::format("the identity of network '{}' has a secret and files: keep one", name_));
      return;  // the secret is opened when belfry runs
    }
    const bool pems = !identity.certificate.empty() || !identity.key.empty();
    if (pems == !identity.msp_folder.empty()) {
      wrong(at_,
            fmt::format("the identity of network '{}' needs certificate and key, msp_folder, or "
                        "secret",
                        name_));
    } else if (pems) {
      if (identity.certificate.empty() || identity.key.empty())
        wrong(at_,
              fmt::format("the identity of network '{}' needs both certificate and key", name_));
      else
        signing(msp::IdentityFiles{identity.certificate.value, identity.key.value},
                identity.certificate.at);
    } else {
      signing(msp::MspFolder{identity.msp_folder.value}, identity.msp_folder.at);
    }
  }

  std::optional<std::string> readable(const Text& path) {
    if (path.empty()) return {};
    Result<std::string> contents = read_whole(files_, path.value, kMostPemBytes);
    if (contents) return *contents;
    wrong(path.at, contents.error().message);
    return {};
  }

  // Certificate authorities: every one must read.
  void certificates(const Text& path) {
    const auto pem = readable(path);
    if (!pem) return;
    const auto all = msp::Certificate::all_from_pem(*pem);
    if (!all) wrong(path.at, fmt::format("{}: {}", path.value, all.error().message));
  }

  void tls_pair(const Credential& tls) {
    certificates(tls.certificate);
    const auto key = readable(tls.key);
    if (key && key->find("PRIVATE KEY-----") == std::string::npos)
      wrong(tls.key.at, fmt::format("{} holds no private key in PEM form", tls.key.value));
  }

  // Readable, matching, valid now.
  void signing(const msp::IdentitySource& source, Mark at) {
    const auto identity = msp::load_identity(files_, it_.msp.value, source, system_clock().now());
    if (!identity) wrong(at, identity.error().message);
  }

  void profile() {
    if (it_.channel.empty()) missing("channel", "the channel to follow");
    const auto profile = msp::load_profile(files_, it_.profile.value);
    if (!profile) return wrong(it_.profile.at, profile.error().message);
    if (profile->peers.empty())
      wrong(it_.profile.at, fmt::format("{} names no peer", it_.profile.value));
    if (it_.msp.empty() && profile->msp_id.empty())
      missing("msp", "the profile does not tell our organization's MSP id");
    if (it_.identity) return;
    std::vector<std::string> names;
    for (const auto& identity : profile->identities) names.push_back(identity.name);
    if (names.empty()) return missing("identity", "the profile names none");
    if (it_.user.empty()) return signing(profile->identities[0].source, it_.profile.at);
    for (const auto& identity : profile->identities)
      if (identity.name == it_.user.value) return signing(identity.source, it_.user.at);
    wrong(it_.user.at, fmt::format("the profile has no identity '{}'{}", it_.user.value,
                                   suggestion(it_.user.value, names)));
  }

  FileSystem& files_;
  const std::string& name_;
  const Mark at_;
  const NetworkConfig& it_;
  std::vector<Problem>& problems_;
};

}  // namespace

void check_networks(FileSystem& files, const Config& config, std::vector<Problem>& problems) {
  // Queues that AWS's clients use are reason enough to run.
  const bool serves_others = config.aws && config.networks.empty() && config.listeners.empty();
  if (config.networks.empty() && !serves_others)
    problems.push_back(
        {{}, "no network is named: belfry needs one to listen to, under `networks`"});
  if (config.listeners.empty() && !serves_others)
    problems.push_back(
        {{}, "no listener is named: belfry would hear nothing; add one under `listeners`"});
  check_each_network(files, config, problems);
}

void check_each_network(FileSystem& files, const Config& config, std::vector<Problem>& problems) {
  for (const auto& network : config.networks) NetworkCheck(files, network, problems).run();
}

}  // namespace belfry::app
