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

Tree profile_tree(const Network& network, const std::string& msp_id,
                  const std::string& ca_address) {
  Tree root;
  const OrganizationMaterial* org = network.material().find(msp_id);
  if (org == nullptr) return root;
  const bool tls = network.settings().tls;
  std::vector<Tree> own, orderers = {Tree(network.material().orderer.nodes.front().name)};
  for (const Node& node : org->nodes) own.emplace_back(node.name);
  const std::string ca = "ca." + org->domain;

  root["name"] = "belfry-devnet-" + lower(org->name);
  root["version"] = "1.0.0";
  Tree& client = root["client"];
  client["organization"] = org->name;
  client["connection"]["timeout"]["peer"]["endorser"] = "300";
  Tree& channels = root["channels"];
  for (const std::string& name : network.settings().channels) {
    Tree& channel = channels[name];
    channel["orderers"] = Tree::list(orderers);
    Tree& peers = channel["peers"];
    for (const Node& node : org->nodes) {
      Tree& roles = peers[node.name];
      for (const char* role : {"endorsingPeer", "chaincodeQuery", "ledgerQuery", "eventSource"})
        roles[role] = Tree::plain("true");
    }
  }
  Tree& description = root["organizations"][org->name];
  description["mspid"] = org->msp_id;
  description["peers"] = Tree::list(own);
  if (!ca_address.empty()) description["certificateAuthorities"] = Tree::list({Tree(ca)});
  add_node(root["orderers"], network.material().orderer.nodes.front(),
           network.context().orderer_endpoint, network.material().orderer, tls);
  Tree& peers = root["peers"];
  for (const Peer* peer : network.peers())
    if (peer->msp_id() == msp_id) add_node(peers, peer->node(), peer->endpoint(), *org, tls);
  if (!ca_address.empty()) {
    Tree& entry = root["certificateAuthorities"][ca];
    entry["url"] = ca_address;
    entry["caName"] = CertificateAuthorities::name_of(*org);
    entry["tlsCACerts"]["pem"] = Tree::list({Tree(org->tls_ca.certificate)});
    entry["httpOptions"]["verify"] = Tree::plain("false");
  }
  return root;
}

}  // namespace

std::string connection_profile(const Network& network, const std::string& msp_id,
                               const std::string& ca_address) {
  std::string text;
  write_json(profile_tree(network, msp_id, ca_address), text, 0);
  return text + "\n";
}

std::string connection_profile_yaml(const Network& network, const std::string& msp_id,
                                    const std::string& ca_address) {
  std::string text;
  write_yaml(profile_tree(network, msp_id, ca_address), text, 0);
  return text;
}

std::vector<std::pair<std::string, std::string>> peer_environment(const Network& network,
                                                                  const std::string& msp_id) {
  const OrganizationMaterial* org = network.material().find(msp_id);
  if (org == nullptr) return {};
  std::vector<std::pair<std::string, std::string>> environment = {
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

}  // namespace belfry::devnet
