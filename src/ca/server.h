// Fabric CA's REST interface over HTTP or HTTPS, for one or more authorities: what
// fabric-ca-client, the npm clients and `belfry ca` talk to, usually on port 7054.
//
//   Ca::open(…);
//   auto server = CaServer::start({.port = 7054, .tls = tls}, {ca.get()});
//
// Requests of one authority are served one after another, on the server's own thread; each change
// is durable before it is answered. Bounds: those of http::Server, with bodies up to `body_limit`.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ca/authority.h"

namespace belfry::ca {

struct CaServerOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 0;  // 0: a free one
  // Certificate (and those above it) and key to serve HTTPS with; none: plain HTTP. Ca::issue with
  // the profile "tls" makes one.
  std::optional<Credential> tls;
  size_t body_limit = 1 << 20;  // bytes
  size_t connections = 1000;
};

class CaServer {
 public:
  // The first authority answers requests that name none. They must outlive the server, and no two
  // have one name.
  static Result<std::unique_ptr<CaServer>> start(CaServerOptions options, std::vector<Ca*> ca);
  virtual ~CaServer() = default;
  virtual uint16_t port() const = 0;
};

}  // namespace belfry::ca
