// The gRPC service gateway.Gateway of one peer.
#pragma once

#include <memory>

#include "base/executor.h"
#include "devnet/gateway.h"

namespace grpc {
class Service;
}

namespace belfry::devnet {

// Clients that wait for a commit or for events. stop() ends them all; none starts after it.
class GatewayService {
 public:
  virtual ~GatewayService() = default;
  virtual grpc::Service& service() = 0;
  virtual void stop() = 0;
};

// The executor sends events; it must outlive the service.
std::unique_ptr<GatewayService> make_gateway_service(std::shared_ptr<Gateway> gateway,
                                                     Executor& executor);

}  // namespace belfry::devnet
