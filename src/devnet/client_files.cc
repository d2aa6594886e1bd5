#include "devnet/client_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/json.h"
#include "devnet/certificate_authorities.h"

namespace belfry::devnet {
namespace {

// Contents for both texts: a tree of objects, lists and strings.
struct Tree {
  enum class Kind { object, list, text, plain };
  Kind kind = Kind::object;
  std::string text;                                 // plain: a number or true
  std::vector<std::pair<std::string, Tree>> items;  // of a list: without keys

  Tree() = default;
  Tree(std::string value)
      : kind(Kind::text), text(std::move(value)) {}           // NOLINT: literals read well
  Tree(const char* value) : kind(Kind::text), text(value) {}  // NOLINT
  static Tree plain(std::string value) {
    Tree tree(std::move(value));
    tree.kind = Kind::plain;
    return tree;
  }
  static Tree list(std::vector<Tree> values) {
    Tree tree;
    tree.kind = Kind::list;
    for (Tree& value : values) tree.items.emplace_back("", std::move(value));
    return tree;
  }
  Tree& operator[](std::string key) { return items.emplace_back(std::move(key), Tree()).second; }
};

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

void write_json(const Tree& tree, std::string& out, size_t indent) {
  if (tree.kind == Tree::Kind::text) out += quoted(tree.text);
  if (tree.kind == Tree::Kind::plain) out += tree.text;
  if (tree.kind == Tree::Kind::text || tree.kind == Tree::Kind::plain) return;
  const bool is_object = tree.kind == Tree::Kind::object;
  out += is_object ? "{" : "[";
  for (size_t i = 0; i < tree.items.size(); ++i) {
    out += (i > 0 ? ",\n" : "\n") + std::string(indent + 2, ' ');
    if (is_object) out += quoted(tree.items[i].first) + ": ";
    write_json(tree.items[i].second, out, indent + 2);
  }
  if (!tree.items.empty()) out += "\n" + std::string(indent, ' ');
  out += is_object ? "}" : "]";
}

// JSON's strings are YAML's, too.
void write_yaml(const Tree& tree, std::string& out, size_t indent) {
  for (const auto& [key, value] : tree.items) {
    out += std::string(indent, ' ');
    out += tree.kind == Tree::Kind::list ? "-" : key + ":";
    if (value.kind == Tree::Kind::text)
      out += " " + quoted(value.text) + "\n";
    else if (value.kind == Tree::Kind::plain)
      out += " " + value.text + "\n";
    else {
      out += "\n";
      write_yaml(value, out, indent + 2);
    }
  }
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

void add_node(Tree& nodes, const Node& node, const std::string& endpoint,
              const OrganizationMaterial& org, bool tls) {
  Tree& entry = nodes[node.name];
  entry["url"] = fmt::format("{}://{}", tls ? "grpcs" : "grpc", endpoint);
  if (!tls) return;
  entry["tlsCACerts"]["pem"] = org.tls_ca.certificate;
  Tree& options = entry["grpcOptions"];
  options["ssl-target-name-override"] = node.name;
  options["hostnameOverride"] = node.name;
}

Tree path_to(const std::string& file) {
  Tree tree;
  tree["path"] = file;
  return tree;
}

// Its administrator as fabric-client looks for one, the users as fabric-sdk-go does.
void add_identities(Tree& description, const OrganizationMaterial& org) {
  const auto certificate = [](const Node& who) {
    return path_to(fmt::format("{}/msp/signcerts/{}-cert.pem", who.folder, who.name));
  };
  const auto key = [](const Node& who) { return path_to(who.folder + "/msp/keystore/priv_sk"); };
  description["adminPrivateKey"] = key(org.admin());
  description["signedCert"] = certificate(org.admin());
  Tree& users = description["users"];
  for (size_t i = 1; i < org.users.size(); ++i) {
    const Node& who = org.users[i];
    Tree& user = users[who.name.substr(0, who.name.find('@'))];
    user["key"] = key(who);
    user["cert"] = certificate(who);
  }
}

Tree profile_tree(const Network& network, const std::string& msp_id, const CaAddresses& cas,
                  bool everybody) {
  Tree root;
  const OrganizationMaterial* own = network.material().find(msp_id);
  if (own == nullptr) return root;
  std::vector<const OrganizationMaterial*> organizations = {own};
  for (const OrganizationMaterial& org : network.material().organizations)
    if (everybody && &org != own) organizations.push_back(&org);
  const bool tls = network.settings().tls;
  const OrganizationMaterial& orderer = network.material().orderer;

  root["name"] = "belfry-devnet" + (everybody ? "" : "-" + lower(own->name));
  root["version"] = "1.0.0";
  Tree& client = root["client"];
  client["organization"] = own->name;
  client["connection"]["timeout"]["peer"]["endorser"] = "300";
  Tree& channels = root["channels"];
  for (const std::string& name : network.settings().channels) {
    Tree& channel = channels[name];
    channel["orderers"] = Tree::list({Tree(orderer.nodes.front().name)});
    Tree& peers = channel["peers"];
    for (const OrganizationMaterial* org : organizations)
      for (const Node& node : org->nodes) {
        Tree& roles = peers[node.name];
        for (const char* role : {"endorsingPeer", "chaincodeQuery", "ledgerQuery", "eventSource"})
          roles[role] = Tree::plain("true");
      }
  }
  Tree& descriptions = root["organizations"];
  for (const OrganizationMaterial* org : organizations) {
    std::vector<Tree> names;
    for (const Node& node : org->nodes) names.emplace_back(node.name);
    Tree& description = descriptions[org->name];
    description["mspid"] = org->msp_id;
    description["peers"] = Tree::list(std::move(names));
    if (cas.contains(org->msp_id))
      description["certificateAuthorities"] = Tree::list({Tree("ca." + org->domain)});
    add_identities(description, *org);
  }
  add_node(root["orderers"], orderer.nodes.front(), network.context().orderer_endpoint, orderer,
           tls);
  Tree& peers = root["peers"];
  for (const OrganizationMaterial* org : organizations)
    for (const Peer* peer : network.peers())
      if (peer->msp_id() == org->msp_id) add_node(peers, peer->node(), peer->endpoint(), *org, tls);
  if (cas.empty()) return root;
  Tree& authorities = root["certificateAuthorities"];
  for (const OrganizationMaterial* org : organizations) {
    const auto address = cas.find(org->msp_id);
    if (address == cas.end()) continue;
    Tree& entry = authorities["ca." + org->domain];
    entry["url"] = address->second;
    entry["caName"] = CertificateAuthorities::name_of(*org);
    if (tls) entry["tlsCACerts"]["pem"] = Tree::list({Tree(org->tls_ca.certificate)});
    entry["httpOptions"]["verify"] = Tree::plain(tls ? "true" : "false");
  }
  return root;
}

}  // namespace

std::string connection_profile(const Network& network, const std::string& msp_id,
                               const CaAddresses& cas, bool everybody) {
  std::string text;
  write_json(profile_tree(network, msp_id, cas, everybody), text, 0);
  return text + "\n";
}

std::string connection_profile_yaml(const Network& network, const std::string& msp_id,
                                    const CaAddresses& cas, bool everybody) {
  std::string text;
  write_yaml(profile_tree(network, msp_id, cas, everybody), text, 0);
  return text;
}

Environment peer_environment(const Network& network, const std::string& msp_id) {
  const OrganizationMaterial* org = network.material().find(msp_id);
  if (org == nullptr) return {};
  Environment environment = {
      {"CORE_PEER_LOCALMSPID", msp_id},
      {"CORE_PEER_MSPCONFIGPATH", org->admin().folder + "/msp"},
  };
  for (const Peer* peer : network.peers())
    if (peer->msp_id() == msp_id) {
      environment.emplace_back("CORE_PEER_ADDRESS", peer->endpoint());
      break;
    }
  environment.emplace_back("CORE_PEER_TLS_ENABLED", network.settings().tls ? "true" : "false");
  if (network.settings().tls)
    environment.emplace_back("CORE_PEER_TLS_ROOTCERT_FILE",
                             org->nodes.front().folder + "/tls/ca.crt");
  if (network.context().mutual_tls) {
    environment.emplace_back("CORE_PEER_TLS_CLIENTAUTHREQUIRED", "true");
    environment.emplace_back("CORE_PEER_TLS_CLIENTCERT_FILE",
                             org->admin().folder + "/tls/client.crt");
    environment.emplace_back("CORE_PEER_TLS_CLIENTKEY_FILE",
                             org->admin().folder + "/tls/client.key");
  }
  return environment;
}

Environment ca_environment(const Network& network, const std::string& msp_id,
                           const std::string& ca_address) {
  const OrganizationMaterial* org = network.material().find(msp_id);
  if (org == nullptr || ca_address.empty()) return {};
  const std::string root = fmt::format("{}/tlsca/tlsca.{}-cert.pem", org->folder, org->domain);
  Environment environment = {{"BELFRY_CA_URL", ca_address}, {"FABRIC_CA_CLIENT_URL", ca_address}};
  if (!network.settings().tls) return environment;
  environment.emplace_back("BELFRY_CA_TLS_CA", root);
  environment.emplace_back("FABRIC_CA_CLIENT_TLS_CERTFILES", root);
  return environment;
}

}  // namespace belfry::devnet
