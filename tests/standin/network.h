// A small network for tests: an organisation with its authorities and a user, stand-in peers under
// TLS, and PeerSources that know how to reach them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fabric/peer_source.h"
#include "standin/gate.h"
#include "standin/peer.h"
#include "support/certificates.h"

namespace belfry::tests {

inline constexpr const char* kPeerName = "peer0.org1.example.com";

struct Network {
  CertificateAuthority ca{{.common_name = "ca.org1.example.com"}};
  CertificateAuthority tls_ca{{.common_name = "tlsca.org1.example.com"}};
  Credential server = tls_ca.issue({.common_name = kPeerName, .dns_names = {kPeerName}});
  Credential user = ca.issue({.common_name = "listener", .units = {"client"}});
  ManualClock clock;

  StandinOptions standin() {
    StandinOptions out;
    out.tls_certificate = server.certificate;
    out.tls_key = server.key;
    out.members = {{"Org1MSP", ca.certificate()}};
    out.clock = &clock;
    return out;
  }
  std::unique_ptr<StandinPeer> peer(std::shared_ptr<Chain> chain) {
    return std::make_unique<StandinPeer>(standin(), std::move(chain));
  }
  fabric::PeerAddress at(const std::string& address) const {
    fabric::PeerAddress out;
    out.address = address;
    out.tls_ca = tls_ca.certificate();
    out.tls_server_name = kPeerName;
    return out;
  }
  static fabric::CurrentIdentity as(const Credential& who, const std::string& msp_id = "Org1MSP") {
    return [who, msp_id]() -> Result<std::shared_ptr<const msp::SigningIdentity>> {
      auto identity = msp::identity_from_pem(msp_id, who.certificate, who.key);
      if (!identity) return fail(identity.error().message);
      return std::make_shared<const msp::SigningIdentity>(std::move(*identity));
    };
  }
  static fabric::CurrentClientTls shows(const std::string& certificate, const std::string& key) {
    return [=] { return fabric::ClientTls{certificate, key}; };
  }
  fabric::PeerSourceOptions source(const std::vector<std::string>& addresses) {
    fabric::PeerSourceOptions out;
    out.channel = "mychannel";
    for (const std::string& address : addresses) out.peers.push_back(at(address));
    out.identity = as(user);
    out.clock = &clock;
    return out;
  }
};

}  // namespace belfry::tests
