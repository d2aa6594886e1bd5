// One Fabric certificate authority: whom it knows, what it issued, and the key it signs with. It
// behaves as Hyperledger's fabric-ca-server does (docs/ca.md says where it does not), so Fabric's
// own clients work with it.
//
// A Ca alone can issue certificates to who holds it, in this process: the devnet makes its nodes'
// and administrators' identities so. A CaServer (server.h) lets others register and enroll over
// HTTP(S).
//
//   auto ca = Ca::open({.name = "ca-org1", .subject = {.common_name = "ca.org1.example.com"},
//                       .affiliations = {"org1.department1"}}, {files, clock, random});
//   auto peer = (*ca)->issue({.common_name = "peer0.org1.example.com", .units = {"peer"}});
//
// State: with a folder, every change is on the disk before it is answered (docs/formats/ca.md): the
// authority's key sealed under a master key, enrollment secrets as scrypt hashes. Without a folder
// nothing is kept. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "base/random.h"
#include "base/result.h"
#include "base/sealed.h"
#include "ca/certificate_request.h"
#include "msp/certificate.h"

namespace belfry::ca {

// A certificate and its private key, both PEM.
struct Credential {
  std::string certificate, key;
};

struct CaSettings {
  std::string name;  // what clients give as caname; empty: a CA without a name
  Subject subject{.common_name = "fabric-ca-server"};  // of its root certificate, made at first
  // Its certificate (with those above it, if it is an intermediate) and key instead of a fresh
  // root. What a folder already holds wins over it.
  std::optional<Credential> authority;

  std::string folder;                   // of its state; empty: ephemeral
  std::optional<MasterKey> master_key;  // none: the file master-key in the folder, made if absent

  // The identity that can register others, made at first: every right, no affiliation. No name: no
  // such identity.
  std::string registrar = "admin", registrar_secret = "adminpw";
  // Known at first, each with those above it.
  std::vector<std::string> affiliations = {"org1.department1", "org1.department2",
                                           "org2.department1"};

  int64_t max_enrollments = -1;      // of any identity; -1: no limit; 0: nobody enrolls
  int64_t secret_attempts = 10;      // wrong ones in a row until an identity is locked; 0: no limit
  bool remove_identities = false;    // whether they may be removed
  bool remove_affiliations = false;  // likewise
  bool reenroll_expired = false;     // an expired certificate still serves to reenroll
  // Also accept tokens in the form before Fabric 1.4, the only one that npm fabric-ca-client 1.4
  // makes. Off by default, as in fabric-ca-server: such a token can be replayed on another path.
  bool older_tokens = false;

  Duration default_expiry = std::chrono::hours(8760);  // of certificates for signing
  Duration tls_expiry = std::chrono::hours(8760);      // of the profile "tls"
  Duration ca_expiry = std::chrono::hours(43'800);     // of the profile "ca"
  Duration root_expiry = std::chrono::hours(131'400);
  Duration crl_expiry = std::chrono::hours(24);
};

// What everything in it runs on; all must outlive it.
struct CaHost {
  FileSystem& files;
  Clock& clock;
  Random& random;
};

// A certificate for whoever holds the Ca, with a fresh P-256 key. It is not written down: it cannot
// be listed or revoked, and makes no tokens.
struct IssueOptions {
  std::string common_name;
  std::vector<std::string> units;  // OU, such as the type: peer, orderer, client, admin
  std::string profile;             // empty: for signing; "tls"; "ca"
  std::vector<std::string> hosts;  // names and addresses, for TLS
  // In the attribute extension, as chaincode reads them.
  std::vector<std::pair<std::string, std::string>> attributes;
};

struct CaState;

class Ca {
 public:
  static Result<std::unique_ptr<Ca>> open(CaSettings settings, CaHost host);
  ~Ca();

  bool fresh() const;  // the registrar was made just now, with the secret given
  const std::string& name() const;
  const msp::Certificate& certificate() const;
  const std::string& chain() const;  // PEM: its certificate, then those above it
  // An error names an unknown profile.
  Result<Credential> issue(const IssueOptions& options) const;
  // The authority's own key in PEM: a secret, for who lays out files as cryptogen does.
  std::string key() const;

  CaState& state() { return *state_; }  // for this folder's own files

 private:
  explicit Ca(std::unique_ptr<CaState> state);
  std::unique_ptr<CaState> state_;
};

}  // namespace belfry::ca
