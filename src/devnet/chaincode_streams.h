// The gRPC ends of a chaincode's stream: the service that chaincodes dial (dev mode, and processes
// the devnet launches), and the connection to one that runs as a service.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/callback.h"
#include "base/result.h"

namespace grpc {
class Service;
}

namespace belfry::devnet {

class ChaincodeRuntime;

inline constexpr int kMostChaincodeMessage = 100 << 20;  // bytes, either way

// protos.ChaincodeSupport/Register.
std::unique_ptr<grpc::Service> make_chaincode_support(std::shared_ptr<ChaincodeRuntime> runtime);

// What connection.json of a package of type ccaas says.
struct ChaincodeAddress {
  std::string address;  // "127.0.0.1:9999"
  bool tls = false;
  std::string root_certificates, client_certificate, client_key;  // PEM
};
Result<ChaincodeAddress> parse_connection_json(std::string_view text);

// protos.Chaincode/Connect. Returns at once. `failed` is called, in Fabric's words, when the stream
// ends before the chaincode has registered.
void connect_chaincode(std::shared_ptr<ChaincodeRuntime> runtime, const std::string& id,
                       const ChaincodeAddress& address, Callback<std::string> failed);

}  // namespace belfry::devnet
