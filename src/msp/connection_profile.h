// A Fabric connection profile: the YAML or JSON file that the SDKs take, which names a network's
// peers, orderers, CAs and organisations, and sometimes a user's certificate and key. Read once at
// the start into plain values; the client in src/fabric and the configuration of a network are made
// from them (docs/identities.md).
//
// Understood: name, client.organization, client.tlsCerts.client, channels, organizations (mspid,
// peers, certificateAuthorities, adminPrivateKey, signedCert, users), orderers, peers and
// certificateAuthorities (url, grpcOptions, tlsCACerts, httpOptions.verify, caName, registrar).
// Every other key is passed over, as the SDKs do.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "msp/identity.h"

namespace belfry::msp {

struct ProfileEndpoint {      // a peer or an orderer
  std::string name;           // its key in the file
  std::string address;        // "peer0.org1.example.com:7051"
  bool tls = false;           // grpcs://
  std::string tls_ca;         // PEM, may hold several certificates; empty: the system's
  std::string override_name;  // the name its TLS certificate is for, where that is not the
                              // address's; else empty
  std::string msp_id;         // of the organisation that lists it; empty when none does
};

struct ProfileCa {
  std::string name;
  std::string url;      // "https://localhost:7054"
  std::string ca_name;  // empty: the server's default
  std::string tls_ca;   // PEM
  bool verify = true;   // the server's certificate
  std::string registrar, registrar_secret;
  std::string msp_id;
};

struct ProfileIdentity {
  std::string name;  // "User1" under users, "admin" for adminPrivateKey and signedCert
  std::string msp_id;
  IdentitySource source;
};

struct ConnectionProfile {
  std::string name;
  std::string organization;  // the client's, or the only one; empty when that cannot be told
  std::string msp_id;        // its MSP id
  std::vector<std::string> channels;
  std::vector<ProfileEndpoint> peers;  // the client's organisation's own first
  std::vector<ProfileEndpoint> orderers;
  std::vector<ProfileCa> cas;                // likewise
  std::vector<ProfileIdentity> identities;   // likewise
  std::optional<IdentitySource> client_tls;  // certificate and key for mutual TLS
};

// Paths within the profile are relative to its folder. CA certificates are read at once;
// certificates and keys of identities are named only, so that they can rotate. Errors begin with
// FILE:LINE:COLUMN.
Result<ConnectionProfile> load_profile(FileSystem& files, const std::string& path);
// The same from a text. `path` stands in messages, and its folder is where relative paths begin.
Result<ConnectionProfile> parse_profile(FileSystem& files, const std::string& path,
                                        const std::string& text);

}  // namespace belfry::msp
