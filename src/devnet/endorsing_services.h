// The services of all peers that this folder's endorsing half brings — Endorser, Gateway,
// Discovery, and, for chaincode, ChaincodeSupport — with what they share: one chaincode runtime,
// the installed packages.
//
//   auto endorsing = EndorsingServices::create(…);
//   auto network = Network::start(settings, files, clock, endorsing->maker());
//   … endorsing->deploy(…) …
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "devnet/chaincode_launcher.h"
#include "devnet/chaincode_runtime.h"
#include "devnet/endorsers.h"
#include "devnet/installed_chaincodes.h"
#include "devnet/legacy_packages.h"
#include "devnet/network.h"

namespace grpc {
class Server;
}

namespace belfry::devnet {

struct EndorsingSettings {
  std::string folder;  // the network's
  std::string host = "127.0.0.1";
  uint16_t chaincode_port = 7052;  // where chaincode dials in, without TLS; 0: a free one
  RuntimeOptions runtime;
};

class EndorsingServices {
 public:
  // Listens for chaincode at once. files and clock must outlive it; it must outlive the network.
  static Result<std::unique_ptr<EndorsingServices>> create(EndorsingSettings settings,
                                                           FileSystem& files, const Clock& clock);
  ~EndorsingServices();

  Network::MakeServices maker();
  const std::string& chaincode_address() const { return address_; }  // "127.0.0.1:7052"

  const EndorsingPeers& peers() const { return peers_; }
  InstalledChaincodes& installed() { return *installed_; }
  LegacyPackages& legacy() const { return *legacy_; }
  ChaincodeRuntime& runtime() { return *runtime_; }

 private:
  class Services;
  EndorsingServices() = default;

  std::unique_ptr<Executor> executor_;
  PackageLauncher launcher_;
  std::unique_ptr<InstalledChaincodes> installed_;
  std::unique_ptr<LegacyPackages> legacy_;
  std::shared_ptr<ChaincodeRuntime> runtime_;
  EndorsingPeers peers_;
  std::unique_ptr<grpc::Service> support_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

}  // namespace belfry::devnet
