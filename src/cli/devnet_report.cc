#include "cli/devnet_report.h"

#include <fmt/format.h>

#include "base/json.h"

namespace belfry::cli {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

// "\"a\":1" and the like, put together.
class Members {
 public:
  void add(const std::string& member) { text_ += (text_.empty() ? "" : ",") + member; }
  void add(const std::string& name, const std::string& value) { add(quoted(name) + ":" + value); }
  std::string object() const { return "{" + text_ + "}"; }
  std::string array() const { return "[" + text_ + "]"; }

 private:
  std::string text_;
};

std::string object_of(const devnet::Environment& environment) {
  Members out;
  for (const auto& [name, value] : environment) out.add(name, quoted(value));
  return out.object();
}

}  // namespace

DevnetReport::DevnetReport(const devnet::Network& network,
                           const devnet::CertificateAuthorities& authorities,
                           std::string chaincode_address)
    : network_(network), chaincode_address_(std::move(chaincode_address)) {
  for (const auto& org : network.material().organizations)
    if (auto url = authorities.url(org.msp_id); !url.empty()) cas_[org.msp_id] = std::move(url);
}

Result<void> DevnetReport::write_profiles(FileSystem& files) const {
  const auto write = [&](const std::string& name, const std::string& msp_id, bool all) {
    const std::string stem = network_.settings().folder + "/" + name;
    auto written = replace_whole(files, stem + ".json",
                                 devnet::connection_profile(network_, msp_id, cas_, all));
    if (written)
      written = replace_whole(files, stem + ".yaml",
                              devnet::connection_profile_yaml(network_, msp_id, cas_, all));
    return written;
  };
  const auto& organizations = network_.material().organizations;
  for (const auto& org : organizations)
    if (auto written = write("connection-" + org.domain, org.msp_id, false); !written)
      return written;
  return write("connection", organizations.front().msp_id, true);
}

devnet::Environment DevnetReport::administrator_files() const {
  if (!network_.settings().tls || network_.settings().plain_participation) return {};
  const auto& orderer = network_.material().orderer;
  const std::string tls = orderer.admin().folder + "/tls/";
  return {{"ca-file", tls + "ca.crt"},
          {"client-cert", tls + "client.crt"},
          {"client-key", tls + "client.key"}};
}

devnet::Environment DevnetReport::environment(const std::string& msp_id) const {
  auto environment = devnet::peer_environment(network_, msp_id);
  const auto ca = cas_.find(msp_id);
  if (ca != cas_.end())
    for (auto& each : devnet::ca_environment(network_, msp_id, ca->second))
      environment.push_back(std::move(each));
  return environment;
}

std::string DevnetReport::json() const {
  Members peers, cas, environments, channels, out;
  for (const std::string& name : network_.settings().channels) channels.add(quoted(name));
  for (const devnet::Peer* peer : network_.peers())
    peers.add(fmt::format("{{\"name\":{},\"msp_id\":{},\"address\":{}}}", quoted(peer->name()),
                          quoted(peer->msp_id()), quoted(peer->endpoint())));
  for (const auto& [msp_id, url] : cas_) cas.add(msp_id, quoted(url));
  for (const auto& org : network_.material().organizations)
    environments.add(org.msp_id, object_of(environment(org.msp_id)));
  out.add("folder", quoted(network_.settings().folder));
  out.add("channels", channels.array());
  out.add("orderer", quoted(network_.context().orderer_endpoint));
  out.add("peers", peers.array());
  out.add("cas", cas.object());
  out.add("chaincode", quoted(chaincode_address_));
  out.add("participation", quoted(network_.participation_address()));
  out.add("osnadmin", object_of(administrator_files()));
  out.add("operations", quoted(network_.operations_address()));
  out.add("environment", environments.object());
  return out.object();
}

void DevnetReport::print(const Terminal& out, Duration took) const {
  const auto& settings = network_.settings();
  const auto fact = [&](std::string_view what, const std::string& value) {
    out.line(fmt::format("  {:<24}{}", what, value));
  };
  const auto remark = [&](const std::string& text) { out.line(out.paint(Style::dim, text)); };
  out.line(fmt::format("{} is ready after {} ms", out.paint(Style::bold, "the network"),
                       std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
  for (const std::string& name : settings.channels) fact("channel", name);
  fact("orderer", network_.context().orderer_endpoint);
  for (const devnet::Peer* peer : network_.peers())
    fact(peer->node().name, fmt::format("{}  {}", peer->endpoint(), peer->msp_id()));
  for (const auto& org : network_.material().organizations)
    if (const auto ca = cas_.find(org.msp_id); ca != cas_.end())
      fact(devnet::CertificateAuthorities::name_of(org), ca->second + "  admin:adminpw");
  fact("chaincode may dial in", chaincode_address_ + "  without TLS");
  fact("osnadmin", network_.participation_address());
  fact("operations", "http://" + network_.operations_address());
  fact("folder", settings.folder);
  for (const auto& org : network_.material().organizations) {
    out.line();
    remark(fmt::format("# {}: connection-{}.json and .yaml; for the peer CLI and the CA's clients:",
                       org.name, org.domain));
    for (const auto& [name, value] : environment(org.msp_id))
      out.line(fmt::format("export {}={}", name, value));
  }
  out.line();
  const auto& orderer = network_.material().orderer.nodes.front();
  remark(fmt::format("# peer … -o {}{}", network_.context().orderer_endpoint,
                     settings.tls ? " --tls --cafile " + orderer.folder + "/tls/ca.crt" : ""));
  std::string flags;
  for (const auto& [name, value] : administrator_files())
    flags += fmt::format(" --{} {}", name, value);
  remark(fmt::format("# osnadmin channel list -o {}{}", network_.participation_address(), flags));
  remark(fmt::format("# belfry tx submit --profile {}/connection.json …", settings.folder));
}

}  // namespace belfry::cli
