// Everybody's keys and certificates on the devnet: each organisation's CA and TLS CA, its peers or
// orderers, its Admin and a first user; ECDSA on P-256, NodeOUs.
//
// Made in milliseconds at the first start and kept as MSP folders in cryptogen's layout
// (peerOrganizations/org1.example.com/{ca,tlsca,msp,peers,users}), so that the peer CLI and every
// SDK's examples find what they look for; read again at the next start.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "base/result.h"
#include "devnet/authority.h"
#include "msp/identity.h"

namespace belfry::devnet {

// A peer, an orderer or a user: signs with `identity`, speaks TLS with `tls`.
struct Node {
  std::string name;    // "peer0.org1.example.com", "Admin@org1.example.com"
  std::string folder;  // with msp/ and tls/, below Material::folder
  KeyPair signing, tls;
  std::shared_ptr<const msp::SigningIdentity> identity;
};

struct OrganizationMaterial {
  std::string name;    // "Org1", "Orderer"
  std::string msp_id;  // "Org1MSP", "OrdererMSP"
  std::string domain;  // "org1.example.com", "example.com"
  std::string folder;
  bool orders = false;
  KeyPair ca, tls_ca;
  std::vector<Node> nodes;  // peers, or orderers
  std::vector<Node> users;  // Admin first, then User1 …

  const Node& admin() const { return users.front(); }
};

struct MaterialSettings {
  std::string folder;
  std::vector<std::string> organizations = {"Org1", "Org2"};
  int peers = 1;  // of each organisation
  int users = 1;  // besides Admin
  std::string domain = "example.com";
  Duration lifetime = std::chrono::hours(24 * 3650);
};

struct Material {
  std::string folder;
  std::vector<OrganizationMaterial> organizations;
  OrganizationMaterial orderer;

  const OrganizationMaterial* find(std::string_view msp_id) const;  // null when there is none
};

// Reads the folder, and makes what is missing in it.
Result<Material> open_material(FileSystem& files, const Clock& clock,
                               const MaterialSettings& settings);

// A leaf of a given organisation, as its CA issues it: for tests and further users. `unit` is the
// role: client, admin, peer, orderer.
Result<KeyPair> issue(const OrganizationMaterial& organization, const std::string& name,
                      const std::string& unit, WallTime from, WallTime until);

}  // namespace belfry::devnet
