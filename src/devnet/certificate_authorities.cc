#include "devnet/certificate_authorities.h"

#include <fmt/format.h>

#include <cctype>
#include <map>

#include "ca/authority.h"
#include "ca/server.h"

namespace belfry::devnet {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// As fresh as the process: nobody keeps a server's TLS certificate.
Result<KeyPair> tls_pair(const OrganizationMaterial& org, WallTime now) {
  auto authority = Authority::from_pem(org.tls_ca);
  if (!authority) return tl::unexpected(authority.error());
  const std::string name = "ca." + org.domain;
  return authority->issue(
      {.common_name = name, .organization = org.domain, .dns_names = {name, "localhost"}},
      now - std::chrono::minutes(5), now + std::chrono::hours(24 * 365));
}

class Servers final : public CertificateAuthorities {
 public:
  Result<void> add(const CertificateAuthoritiesSettings& settings, const OrganizationMaterial& org,
                   uint16_t port, ca::CaHost host) {
    ca::CaSettings ca_settings;
    ca_settings.name = name_of(org);
    ca_settings.authority = ca::Credential{org.ca.certificate, org.ca.key};
    if (!settings.folder.empty()) ca_settings.folder = settings.folder + "/" + ca_settings.name;
    ca_settings.older_tokens = settings.older_tokens;
    auto opened = ca::Ca::open(std::move(ca_settings), host);
    if (!opened) return tl::unexpected(opened.error());
    ca::CaServerOptions options{.address = settings.host, .port = port};
    if (settings.tls) {
      auto pair = tls_pair(org, host.clock.now());
      if (!pair) return tl::unexpected(pair.error());
      options.tls = ca::Credential{pair->certificate, pair->key};
    }
    auto server = ca::CaServer::start(std::move(options), {opened->get()});
    if (!server) return fail(name_of(org) + ": " + server.error().message);
    urls_[org.msp_id] =
        fmt::format("{}://localhost:{}", settings.tls ? "https" : "http", (*server)->port());
    authorities_.push_back(std::move(*opened));
    servers_.push_back(std::move(*server));
    return {};
  }

  std::string url(const std::string& msp_id) const override {
    auto found = urls_.find(msp_id);
    return found != urls_.end() ? found->second : std::string();
  }

 private:
  std::map<std::string, std::string> urls_;
  std::vector<std::unique_ptr<ca::Ca>> authorities_;
  std::vector<std::unique_ptr<ca::CaServer>> servers_;  // they go first
};

}  // namespace

std::string CertificateAuthorities::name_of(const OrganizationMaterial& organization) {
  return "ca-" + lower(organization.name);
}

Result<std::unique_ptr<CertificateAuthorities>> CertificateAuthorities::start(
    const CertificateAuthoritiesSettings& settings, const Material& material, FileSystem& files,
    Clock& clock, Random& random) {
  auto servers = std::make_unique<Servers>();
  uint16_t port = settings.port;
  for (const OrganizationMaterial& org : material.organizations) {
    if (auto added = servers->add(settings, org, port, {files, clock, random}); !added)
      return tl::unexpected(added.error());
    if (port != 0) port = static_cast<uint16_t>(port + 1000);
  }
  return servers;
}

}  // namespace belfry::devnet
