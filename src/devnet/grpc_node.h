// One gRPC port: a peer's, the orderer's. Plain or with TLS.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "devnet/authority.h"

namespace grpc {
class Service;
}

namespace belfry::devnet {

struct GrpcNodeOptions {
  static constexpr int kMostMessage = 100 << 20;  // bytes, as a peer's

  std::string host = "127.0.0.1";
  uint16_t port = 0;           // 0: a free one
  std::optional<KeyPair> tls;  // none: plain
  std::string client_roots;    // PEM; not empty: clients must show a certificate of these
};

// Stops when destroyed: what runs is given kGrace, then cancelled.
class GrpcNode {
 public:
  // The services must outlive it. An error when the port is taken.
  static Result<std::unique_ptr<GrpcNode>> start(const GrpcNodeOptions& options,
                                                 const std::vector<grpc::Service*>& services);
  virtual ~GrpcNode() = default;
  virtual uint16_t port() const = 0;
};

}  // namespace belfry::devnet
