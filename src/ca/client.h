// A client of a Fabric CA, ours or a real fabric-ca-server: enrolls, reenrolls, and makes any other
// call as an identity that signs it.
//
//   auto client = Client::make({.url = "https://ca.org1.example.com:7054", .authorities = pem});
//   auto alice = (*client)->enroll({.id = "alice", .secret = "…"});
//   auto answer = (*client)->call(registrar, "POST", "/identities", body);
//
// Keys are made here and never sent. Errors say what was refused and what to try next. Blocks;
// thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "ca/authority.h"
#include "ca/json.h"

namespace belfry::ca {

struct ClientOptions {
  std::string url = "http://localhost:7054";  // scheme, host, port
  std::string ca_name;      // of the several that one server may have; empty: its first
  std::string authorities;  // path of a PEM file to verify https with; empty: the system's
  Duration timeout = std::chrono::seconds(15);
};

struct CertificateOptions {
  std::string profile;  // empty: for signing; "tls"; "ca"
  std::optional<std::vector<std::string>> hosts;
  Subject subject;  // its common name is the id's; units are the CA's to say
  // Attributes for the certificate; none: those registered for it. A name that ends in ":opt" may
  // be missing.
  std::optional<std::vector<std::string>> attributes;
};

struct EnrollOptions {
  std::string id, secret;
  CertificateOptions certificate;
};

struct Enrollment {
  Credential credential;
  std::string chain;  // PEM: the CA's certificate and those above it
  std::string ca_name;
};

class Client {
 public:
  static Result<std::unique_ptr<Client>> make(ClientOptions options);
  virtual ~Client() = default;

  virtual Result<JsonValue> info() = 0;  // {"CAName":…,"CAChain":…,"Version":…}
  virtual Result<Enrollment> enroll(const EnrollOptions& options) = 0;
  // A new certificate for a new key of the identity.
  virtual Result<Enrollment> reenroll(const Credential& who, const CertificateOptions& options) = 0;
  // path: "/register", with a query if need be; body: JSON without the CA's name, which is added.
  // The answer's `result`.
  virtual Result<JsonValue> call(const Credential& who, std::string_view method,
                                 std::string_view path, std::string_view body = {}) = 0;
};

}  // namespace belfry::ca
