#include "devnet/material.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <future>

namespace belfry::devnet {
namespace {

constexpr uint64_t kMostFile = 1 << 20;
// Before now: so that a clock that lags a little finds the certificates valid.
constexpr Duration kBackdate = std::chrono::minutes(5);

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Without an fsync: what a power failure takes away right after the first start is made anew.
Result<void> write_file(FileSystem& files, const std::string& path, std::string_view text) {
  auto file = files.open(path, OpenMode::create_or_open);
  if (!file) return tl::unexpected(file.error());
  if (auto cut = (*file)->truncate(0); !cut) return cut;
  return (*file)->write(0, text);
}

// cryptogen's: which OU makes a member what, judged by the CA's certificate.
std::string node_units(const std::string& ca_file) {
  std::string text = "NodeOUs:\n  Enable: true\n";
  for (const char* role : {"Client", "Peer", "Admin", "Orderer"})
    text += fmt::format(
        "  {0}OUIdentifier:\n    Certificate: cacerts/{1}\n    OrganizationalUnitIdentifier: {2}\n",
        role, ca_file, lower(role));
  return text;
}

// Makes or reads one organisation's part of the folder.
class Maker {
 public:
  Maker(FileSystem& files, OrganizationMaterial& org, WallTime from, WallTime until)
      : files_(files), org_(org), from_(from), until_(until) {}

  Result<void> run(const std::vector<std::string>& nodes, const std::vector<std::string>& users) {
    if (auto done = authority("ca", org_.ca, ca_); !done) return done;
    if (auto done = authority("tlsca", org_.tls_ca, tls_ca_); !done) return done;
    if (auto done = shared_parts(org_.folder + "/msp"); !done) return done;
    const char* kind = org_.orders ? "orderer" : "peer";
    for (const std::string& name : nodes) {
      org_.nodes.push_back({.name = name + "." + org_.domain});
      org_.nodes.back().folder =
          fmt::format("{}/{}s/{}", org_.folder, kind, org_.nodes.back().name);
      if (auto done = member(org_.nodes.back(), kind, "server"); !done) return done;
    }
    for (const std::string& name : users) {
      org_.users.push_back({.name = name + "@" + org_.domain});
      org_.users.back().folder = org_.folder + "/users/" + org_.users.back().name;
      if (auto done = member(org_.users.back(), name == "Admin" ? "admin" : "client", "client");
          !done)
        return done;
    }
    return {};
  }

 private:
  std::string ca_file(const char* kind) const {
    return fmt::format("{}.{}-cert.pem", kind, org_.domain);
  }

  Result<void> write(const std::string& folder, const std::string& name, std::string_view text) {
    if (auto made = files_.make_folders(folder); !made) return made;
    return write_file(files_, folder + "/" + name, text);
  }

  // False when there is none yet.
  Result<bool> read(const std::string& certificate, const std::string& key, KeyPair& into) {
    if (!files_.exists(certificate) || !files_.exists(key)) return false;
    auto first = read_whole(files_, certificate, kMostFile);
    if (!first) return tl::unexpected(first.error());
    auto second = read_whole(files_, key, kMostFile);
    if (!second) return tl::unexpected(second.error());
    into = {std::move(*first), std::move(*second)};
    return true;
  }

  Result<void> authority(const char* kind, KeyPair& pair, std::optional<Authority>& into) {
    const std::string folder = org_.folder + "/" + kind;
    auto found = read(folder + "/" + ca_file(kind), folder + "/priv_sk", pair);
    if (!found) return tl::unexpected(found.error());
    if (*found) {
      auto read = Authority::from_pem(pair);
      if (!read) return fail(folder + ": " + read.error().message);
      into = std::move(*read);
      return {};
    }
    into = Authority::make(
        {.common_name = fmt::format("{}.{}", kind, org_.domain), .organization = org_.domain},
        from_, until_);
    pair = into->pair();
    if (auto written = write(folder, "priv_sk", pair.key); !written) return written;
    return write(folder, ca_file(kind), pair.certificate);
  }

  // What every MSP folder of the organisation holds.
  Result<void> shared_parts(const std::string& msp) {
    if (files_.exists(msp + "/config.yaml")) return {};
    if (auto done = write(msp + "/cacerts", ca_file("ca"), org_.ca.certificate); !done) return done;
    if (auto done = write(msp + "/tlscacerts", ca_file("tlsca"), org_.tls_ca.certificate); !done)
      return done;
    return write(msp, "config.yaml", node_units(ca_file("ca")));
  }

  Result<void> member(Node& node, const std::string& unit, const std::string& tls_name) {
    const std::string msp = node.folder + "/msp", tls = node.folder + "/tls";
    const std::string certificate = node.name + "-cert.pem";
    auto signing = read(msp + "/signcerts/" + certificate, msp + "/keystore/priv_sk", node.signing);
    if (!signing) return tl::unexpected(signing.error());
    if (!*signing) {
      node.signing = ca_->issue(
          {.common_name = node.name, .organization = org_.domain, .units = {unit}}, from_, until_);
      if (auto done = write(msp + "/keystore", "priv_sk", node.signing.key); !done) return done;
      if (auto done = write(msp + "/signcerts", certificate, node.signing.certificate); !done)
        return done;
    }
    auto speaking = read(tls + "/" + tls_name + ".crt", tls + "/" + tls_name + ".key", node.tls);
    if (!speaking) return tl::unexpected(speaking.error());
    if (!*speaking) {
      node.tls = tls_ca_->issue({.common_name = node.name,
                                 .organization = org_.domain,
                                 .dns_names = {node.name, "localhost"}},
                                from_, until_);
      if (auto done = write(tls, tls_name + ".key", node.tls.key); !done) return done;
      if (auto done = write(tls, "ca.crt", org_.tls_ca.certificate); !done) return done;
      if (auto done = write(tls, tls_name + ".crt", node.tls.certificate); !done) return done;
    }
    if (auto done = shared_parts(msp); !done) return done;
    auto identity = msp::identity_from_pem(org_.msp_id, node.signing.certificate, node.signing.key);
    if (!identity) return fail(msp + ": " + identity.error().message);
    node.identity = std::make_shared<const msp::SigningIdentity>(std::move(*identity));
    return {};
  }

  FileSystem& files_;
  OrganizationMaterial& org_;
  const WallTime from_, until_;
  std::optional<Authority> ca_, tls_ca_;
};

// A folder may gain organisations, but whoever has a part in its channels must be there again.
Result<void> check_residents(FileSystem& files, const Material& material) {
  const auto folders = files.list(material.folder + "/peerOrganizations");
  if (!folders) return {};  // a first start
  std::string missing;
  for (const std::string& domain : *folders)
    if (std::none_of(material.organizations.begin(), material.organizations.end(),
                     [&](const auto& each) { return each.domain == domain; }))
      missing += (missing.empty() ? "" : ", ") + domain;
  if (missing.empty()) return {};
  return fail(
      fmt::format("{} holds a network of other organisations: name {} as well, or take another "
                  "folder",
                  material.folder, missing));
}

}  // namespace

const OrganizationMaterial* Material::find(std::string_view msp_id) const {
  for (const OrganizationMaterial& org : organizations)
    if (org.msp_id == msp_id) return &org;
  return orderer.msp_id == msp_id ? &orderer : nullptr;
}

Result<Material> open_material(FileSystem& files, const Clock& clock,
                               const MaterialSettings& settings) {
  const WallTime from = clock.now() - kBackdate, until = from + settings.lifetime;
  Material material{.folder = settings.folder};
  std::vector<std::string> users = {"Admin"}, peers;
  for (int i = 0; i < settings.peers; ++i) peers.push_back(fmt::format("peer{}", i));
  for (int i = 1; i <= settings.users; ++i) users.push_back(fmt::format("User{}", i));
  for (const std::string& name : settings.organizations) {
    OrganizationMaterial& org = material.organizations.emplace_back();
    org.name = name;
    org.msp_id = name + "MSP";
    org.domain = lower(name) + "." + settings.domain;
    org.folder = settings.folder + "/peerOrganizations/" + org.domain;
  }
  OrganizationMaterial& orderer = material.orderer;
  orderer.name = "Orderer";
  orderer.msp_id = "OrdererMSP";
  orderer.domain = settings.domain;
  orderer.folder = settings.folder + "/ordererOrganizations/" + orderer.domain;
  orderer.orders = true;
  if (auto same = check_residents(files, material); !same) return tl::unexpected(same.error());
  // Side by side: keys and small files are most of what a first start takes.
  std::vector<std::future<Result<void>>> made;
  for (OrganizationMaterial& org : material.organizations)
    made.push_back(std::async(std::launch::async,
                              [&] { return Maker(files, org, from, until).run(peers, users); }));
  Result<void> done = Maker(files, orderer, from, until).run({"orderer"}, {"Admin"});
  for (auto& each : made)
    if (auto one = each.get(); !one) done = std::move(one);
  if (!done) return tl::unexpected(done.error());
  return material;
}

Result<KeyPair> issue(const OrganizationMaterial& organization, const std::string& name,
                      const std::string& unit, WallTime from, WallTime until) {
  auto authority = Authority::from_pem(organization.ca);
  if (!authority) return tl::unexpected(authority.error());
  return authority->issue(
      {.common_name = name, .organization = organization.domain, .units = {unit}}, from, until);
}

}  // namespace belfry::devnet
