#include "msp/connection_profile.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>

#include "msp/certificate.h"

namespace belfry::msp {
namespace {

constexpr uint64_t kMostBytes = 4 << 20;
constexpr size_t kMostEntries = 10'000;  // of any one list or map

// Thrown within this file only; its reader catches it.
struct Mistake {
  std::string message;
};

class Reader {
 public:
  Reader(FileSystem& files, const std::string& path) : files_(files), path_(path) {
    const size_t slash = path.rfind('/');
    if (slash != std::string::npos) folder_ = path.substr(0, slash + 1);
  }

  ConnectionProfile read(const std::string& text) {
    const YAML::Node root = YAML::Load(text);
    if (!root.IsMap()) mistake(root, "a connection profile is a map with organizations and peers");
    profile_.name = this->text(root, "name");
    const YAML::Node client = map(root, "client");
    const YAML::Node organizations = map(root, "organizations");
    profile_.organization = this->text(client, "organization");
    if (profile_.organization.empty() && organizations.size() == 1)
      profile_.organization = organizations.begin()->first.as<std::string>();
    else if (!profile_.organization.empty() && !organizations[profile_.organization])
      mistake(client["organization"],
              fmt::format("client.organization is {}, which is not among the organizations: {}",
                          profile_.organization, names(organizations)));

    for (const auto& entry : map(root, "channels"))
      profile_.channels.push_back(entry.first.as<std::string>());
    for (const auto& entry : organizations)
      read_organization(entry.first.as<std::string>(), entry.second);
    for (const auto& entry : map(root, "peers"))
      profile_.peers.push_back(endpoint("peers", entry.first.as<std::string>(), entry.second));
    for (const auto& entry : map(root, "orderers"))
      profile_.orderers.push_back(
          endpoint("orderers", entry.first.as<std::string>(), entry.second));
    for (const auto& entry : map(root, "certificateAuthorities"))
      profile_.cas.push_back(ca(entry.first.as<std::string>(), entry.second));
    check_listed(organizations, "peers", map(root, "peers"));
    check_listed(organizations, "certificateAuthorities", map(root, "certificateAuthorities"));

    const YAML::Node tls = map(map(client, "tlsCerts"), "client");
    profile_.client_tls = identity(tls["cert"], tls["key"], "client.tlsCerts.client");
    own_first(profile_.peers, peer_order_);
    own_first(profile_.cas, {});
    own_first(profile_.identities, {});
    return std::move(profile_);
  }

  [[noreturn]] void mistake(const YAML::Node& node, const std::string& message) const {
    mistake(node.IsDefined() ? node.Mark() : YAML::Mark::null_mark(), message);
  }
  [[noreturn]] void mistake(const YAML::Mark& mark, const std::string& message) const {
    if (mark.is_null()) throw Mistake{fmt::format("{}: {}", path_, message)};
    throw Mistake{fmt::format("{}:{}:{}: {}", path_, mark.line + 1, mark.column + 1, message)};
  }

 private:
  static std::string names(const YAML::Node& map) {
    std::string all;
    for (const auto& entry : map) all += (all.empty() ? "" : ", ") + entry.first.as<std::string>();
    return all.empty() ? "there are none" : all;
  }

  // The map at that key; an empty one where there is none.
  YAML::Node map(const YAML::Node& parent, const char* key) const {
    const YAML::Node node = parent[key];
    if (!node || node.IsNull()) return YAML::Node(YAML::NodeType::Map);
    if (!node.IsMap()) mistake(node, fmt::format("{} must be a map", key));
    if (node.size() > kMostEntries)
      mistake(node, fmt::format("{} has more than {} entries", key, kMostEntries));
    return node;
  }
  std::string text(const YAML::Node& parent, const char* key) const {
    const YAML::Node node = parent[key];
    if (!node || node.IsNull()) return {};
    if (!node.IsScalar()) mistake(node, fmt::format("{} must be a text", key));
    return node.Scalar();
  }
  std::vector<std::string> list(const YAML::Node& parent, const char* key) const {
    const YAML::Node node = parent[key];
    if (!node || node.IsNull()) return {};
    if (!node.IsSequence() || node.size() > kMostEntries)
      mistake(node, fmt::format("{} must be a list of names", key));
    std::vector<std::string> all;
    for (const auto& entry : node) {
      if (!entry.IsScalar()) mistake(entry, fmt::format("{} must be a list of names", key));
      all.push_back(entry.Scalar());
    }
    return all;
  }

  std::string resolve(const std::string& path) const {
    return path.starts_with('/') ? path : folder_ + path;
  }

  // {path: FILE} or {pem: TEXT or [TEXT …]}, which must hold certificates.
  std::string certificates(const YAML::Node& node, const std::string& what) const {
    if (!node || node.IsNull()) return {};
    if (!node.IsMap()) mistake(node, fmt::format("{} must have a path or a pem", what));
    std::string pem;
    const YAML::Node inside = node["pem"];
    if (inside && inside.IsSequence()) {
      for (const std::string& one : list(node, "pem")) pem += one + "\n";
    } else if (inside) {
      pem = text(node, "pem");
    } else if (const std::string path = text(node, "path"); !path.empty()) {
      auto read = read_whole(files_, resolve(path), kMostBytes);
      if (!read) mistake(node["path"], fmt::format("{}: {}", what, read.error().message));
      pem = std::move(*read);
    } else {
      mistake(node, fmt::format("{} must have a path or a pem", what));
    }
    if (auto parsed = Certificate::all_from_pem(pem); !parsed)
      mistake(inside ? inside : node["path"], fmt::format("{}: {}", what, parsed.error().message));
    return pem;
  }

  // A certificate and its key, each {path} or {pem}; none when neither is there.
  std::optional<IdentitySource> identity(const YAML::Node& certificate, const YAML::Node& key,
                                         const std::string& what) const {
    if (!certificate && !key) return {};
    const YAML::Node& present = certificate ? certificate : key;
    if (!certificate || !key)
      mistake(present,
              fmt::format("{} has {} and no {}", what, certificate ? "a certificate" : "a key",
                          certificate ? "key" : "certificate"));
    for (const YAML::Node& node : {certificate, key})
      if (!node.IsMap() || (!node["path"] && !node["pem"]))
        mistake(node, fmt::format("{} must have a path or a pem", what));
    if (certificate["pem"] && key["pem"])
      return IdentityPem{text(certificate, "pem"), text(key, "pem")};
    if (certificate["path"] && key["path"])
      return IdentityFiles{resolve(text(certificate, "path")), resolve(text(key, "path"))};
    mistake(present,
            fmt::format("{}: give both certificate and key as a path, or both as a pem", what));
  }

  void read_organization(const std::string& name, const YAML::Node& node) {
    if (!node.IsMap()) mistake(node, fmt::format("organizations.{} must be a map", name));
    const std::string msp_id = text(node, "mspid");
    if (msp_id.empty()) mistake(node, fmt::format("organizations.{} has no mspid", name));
    if (name == profile_.organization) profile_.msp_id = msp_id;
    for (std::string& peer : list(node, "peers")) {
      if (name == profile_.organization) peer_order_.push_back(peer);
      msp_of_peer_.emplace(std::move(peer), msp_id);
    }
    for (std::string& ca : list(node, "certificateAuthorities"))
      msp_of_ca_.emplace(std::move(ca), msp_id);
    if (auto admin = identity(node["signedCert"], node["adminPrivateKey"],
                              fmt::format("organizations.{}", name)))
      profile_.identities.push_back({"admin", msp_id, std::move(*admin)});
    for (const auto& user : map(node, "users")) {
      const std::string user_name = user.first.as<std::string>();
      if (!user.second.IsMap())
        mistake(user.second, fmt::format("users.{} must be a map", user_name));
      if (auto found =
              identity(user.second["cert"], user.second["key"], fmt::format("users.{}", user_name)))
        profile_.identities.push_back({user_name, msp_id, std::move(*found)});
    }
  }

  ProfileEndpoint endpoint(const char* kind, const std::string& name,
                           const YAML::Node& node) const {
    const std::string what = fmt::format("{}.{}", kind, name);
    if (!node.IsMap()) mistake(node, fmt::format("{} must be a map", what));
    ProfileEndpoint made{.name = name};
    const std::string url = text(node, "url");
    if (url.empty()) mistake(node, fmt::format("{} has no url", what));
    made.tls = !url.starts_with("grpc://");
    made.address = url;
    if (const size_t scheme = url.find("://"); scheme != std::string::npos) {
      if (!url.starts_with("grpc://") && !url.starts_with("grpcs://"))
        mistake(node["url"], fmt::format("{}.url must begin with grpcs:// or grpc://", what));
      made.address = url.substr(scheme + 3);
    }
    while (made.address.ends_with('/')) made.address.pop_back();
    const size_t colon = made.address.rfind(':');
    const std::string port = colon == std::string::npos ? "" : made.address.substr(colon + 1);
    if (colon == 0 || port.empty() || port.size() > 5 ||
        !std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; }))
      mistake(node["url"],
              fmt::format("{}.url must name host and port, such as grpcs://peer0.example.com:7051",
                          what));
    made.tls_ca = certificates(node["tlsCACerts"], what + ".tlsCACerts");
    const YAML::Node options = map(node, "grpcOptions");
    for (const char* key :
         {"ssl-target-name-override", "grpc.ssl_target_name_override", "hostnameOverride"})
      if (made.override_name.empty()) made.override_name = text(options, key);
    if (auto msp = msp_of_peer_.find(name); msp != msp_of_peer_.end()) made.msp_id = msp->second;
    return made;
  }

  ProfileCa ca(const std::string& name, const YAML::Node& node) const {
    const std::string what = fmt::format("certificateAuthorities.{}", name);
    if (!node.IsMap()) mistake(node, fmt::format("{} must be a map", what));
    ProfileCa made{.name = name, .url = text(node, "url"), .ca_name = text(node, "caName")};
    if (made.url.empty()) mistake(node, fmt::format("{} has no url", what));
    made.tls_ca = certificates(node["tlsCACerts"], what + ".tlsCACerts");
    if (const YAML::Node verify = map(node, "httpOptions")["verify"])
      made.verify = verify.as<bool>();
    YAML::Node registrar = node["registrar"];
    if (registrar && registrar.IsSequence() && registrar.size() > 0) registrar.reset(registrar[0]);
    if (registrar && registrar.IsMap()) {
      made.registrar = text(registrar, "enrollId");
      made.registrar_secret = text(registrar, "enrollSecret");
    }
    if (auto msp = msp_of_ca_.find(name); msp != msp_of_ca_.end()) made.msp_id = msp->second;
    return made;
  }

  // Every name in an organisation's list must be described.
  void check_listed(const YAML::Node& organizations, const char* key,
                    const YAML::Node& described) const {
    for (const auto& organization : organizations) {
      const YAML::Node listed = organization.second[key];
      if (!listed || !listed.IsSequence()) continue;
      for (const auto& name : listed)
        if (!described[name.Scalar()])
          mistake(name, fmt::format("{} is not described under {}: {}", name.Scalar(), key,
                                    names(described)));
    }
  }

  // The client's organisation's own come first, in the order in which it lists them.
  template <class T>
  void own_first(std::vector<T>& entries, const std::vector<std::string>& order) const {
    auto rank = [&](const T& entry) {
      if (entry.msp_id != profile_.msp_id || entry.msp_id.empty()) return order.size() + 1;
      return static_cast<size_t>(std::find(order.begin(), order.end(), entry.name) - order.begin());
    };
    std::stable_sort(entries.begin(), entries.end(),
                     [&](const T& a, const T& b) { return rank(a) < rank(b); });
  }

  FileSystem& files_;
  const std::string path_;
  std::string folder_;
  ConnectionProfile profile_;
  std::map<std::string, std::string> msp_of_peer_, msp_of_ca_;
  std::vector<std::string> peer_order_;
};

}  // namespace

Result<ConnectionProfile> load_profile(FileSystem& files, const std::string& path) {
  auto text = read_whole(files, path, kMostBytes);
  if (!text) return tl::unexpected(text.error());
  return parse_profile(files, path, *text);
}

Result<ConnectionProfile> parse_profile(FileSystem& files, const std::string& path,
                                        const std::string& text) {
  Reader reader(files, path);
  try {
    try {
      return reader.read(text);
    } catch (const YAML::Exception& wrong) {
      reader.mistake(wrong.mark, wrong.msg);
    }
  } catch (const Mistake& wrong) {
    return fail(wrong.message);
  }
}

}  // namespace belfry::msp
