#include "app/fabric_clients.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "app/peer_settings.h"
#include "base/nearest.h"
#include "msp/connection_profile.h"

namespace belfry::app {

namespace {

bool is_admin(const msp::ProfileIdentity& identity) {
  std::string name = identity.name;
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name.find("admin") != std::string::npos;
}

// The profile's identities to act as: one, or one of each organisation.
Result<std::vector<msp::ProfileIdentity>> identities_of(const msp::ConnectionProfile& profile,
                                                        const ClientRequest& request,
                                                        const std::string& user) {
  std::vector<msp::ProfileIdentity> out;
  const auto better = [&](const msp::ProfileIdentity& one, const msp::ProfileIdentity& other) {
    return request.administers && is_admin(one) && !is_admin(other);
  };
  std::vector<std::string> names;
  for (const msp::ProfileIdentity& identity : profile.identities) {
    names.push_back(identity.name);
    if (!user.empty() && identity.name != user) continue;
    if (!request.msp.empty() && identity.msp_id != request.msp) continue;
    const auto same = std::ranges::find(out, identity.msp_id, &msp::ProfileIdentity::msp_id);
    if (same == out.end())
      out.push_back(identity);
    else if (better(identity, *same))
      *same = identity;
  }
  if (!out.empty()) {
    if (!request.all_organisations) out.resize(1);
    return out;
  }
  if (names.empty())
    return fail(
        "the profile names no identity: give one with --identity (an MSP folder) or "
        "--cert and --key");
  return fail(fmt::format("the profile has no identity{}{}{}",
                          user.empty() ? "" : fmt::format(" '{}'", user),
                          request.msp.empty() ? "" : fmt::format(" of {}", request.msp),
                          user.empty() ? fmt::format("; there are: {}", fmt::join(names, ", "))
                                       : suggestion(user, names)));
}

// Peers of the organisation first, otherwise in the order they had.
void own_first(std::vector<fabric::ClientPeer>& peers, const std::string& msp_id) {
  std::stable_partition(peers.begin(), peers.end(),
                        [&](const auto& peer) { return peer.msp_id == msp_id; });
}

class ClientMaker {
 public:
  ClientMaker(const NetworkConfig& config, const ClientRequest& request, Host host,
              PeerSettings settings)
      : config_(config), request_(request), host_(host), settings_(std::move(settings)) {}

  Result<fabric::ClientSettings> make(const std::string& msp_id, const msp::IdentitySource& source,
                                      std::string channel) const {
    if (msp_id.empty()) return fail("whose identity it is remains open: give --msp");
    auto identity = msp::load_identity(host_.files, msp_id, source, host_.clock.now());
    if (!identity) return tl::unexpected(identity.error());
    fabric::ClientSettings out;
    out.channel = std::move(channel);
    out.identity = std::make_shared<const msp::SigningIdentity>(std::move(*identity));
    out.peers = settings_.peers;
    own_first(out.peers, msp_id);
    out.orderers = settings_.orderers;
    out.orderers_first = config_.profile.empty() && !out.orderers.empty();
    out.limits.receive_limit = config_.maximum_block;
    out.limits.keepalive = config_.keepalive;
    out.patience = request_.patience;
    out.clock = &host_.clock;
    out.random = &host_.random;
    return out;
  }

 private:
  const NetworkConfig& config_;
  const ClientRequest& request_;
  const Host host_;
  const PeerSettings settings_;
};

}  // namespace

Result<std::vector<fabric::ClientSettings>> fabric_clients(const NetworkConfig& config,
                                                           const ClientRequest& request, Host host,
                                                           const SecretLookup& secrets) {
  std::vector<fabric::ClientSettings> out;
  std::string channel = request.channel.empty() ? config.channel.value : request.channel;
  const std::string& given_msp = request.msp.empty() ? config.msp.value : request.msp;
  const std::optional<IdentityConfig>& in_file =
      request.administers && config.admin ? config.admin : config.identity;

  NetworkConfig wanted = config;
  std::vector<msp::ProfileIdentity> identities;
  if (request.identity) {
    identities.push_back({"", given_msp, *request.identity});
  } else if (in_file) {
    identities.push_back({"", given_msp, identity_source(*in_file, secrets)});
  }
  if (!config.profile.empty()) {
    auto profile = msp::load_profile(host.files, config.profile.value);
    if (!profile) return tl::unexpected(profile.error());
    if (channel.empty() && profile->channels.size() == 1) channel = profile->channels[0];
    if (identities.empty()) {
      auto found =
          identities_of(*profile, request, request.user.empty() ? config.user.value : request.user);
      if (!found) return fail(fmt::format("{}: {}", config.profile.value, found.error().message));
      identities = std::move(*found);
    } else if (identities[0].msp_id.empty()) {
      identities[0].msp_id = profile->msp_id;
    }
  }
  if (identities.empty())
    return fail("who we are is missing: give --identity (an MSP folder) or --cert and --key");
  // What the file says of an identity is settled; the rest of it is read anew.
  wanted.identity = IdentityConfig{};
  auto settings = peer_settings(wanted, host.files, {});
  if (!settings) return tl::unexpected(settings.error());
  if (settings->peers.empty()) return fail("no peer is named");
  const ClientMaker maker(config, request, host, std::move(*settings));
  for (const msp::ProfileIdentity& identity : identities) {
    auto client = maker.make(identity.msp_id, identity.source, channel);
    if (!client) return tl::unexpected(client.error());
    out.push_back(std::move(*client));
  }
  return out;
}

}  // namespace belfry::app
