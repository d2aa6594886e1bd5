// Brings installed chaincode up: connects to it where it runs as a service, or runs its program
// here, which then dials this process.
//
// A chaincode whose process ended is started again when the next transaction asks for it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "devnet/chaincode_runtime.h"
#include "devnet/chaincode_streams.h"

namespace belfry::devnet {

// A program that dials `--peer.address` (added to its command) and registers as
// CORE_CHAINCODE_ID_NAME. Its output goes to a file.
struct ChaincodeProgram {
  std::vector<std::string> command;  // the program's path first
  std::string folder;                // where it runs
  std::string log;                   // a file, appended to
};

using ChaincodeWay = std::variant<ChaincodeAddress, ChaincodeProgram>;

// Thread-safe. Ends its processes when it is destroyed.
class PackageLauncher final : public ChaincodeLauncher {
 public:
  PackageLauncher() = default;
  ~PackageLauncher() override;

  // Before anything is launched: what streams belong to, and where programs dial
  // ("127.0.0.1:7052").
  void serve(std::shared_ptr<ChaincodeRuntime> runtime, std::string dial_in_address);
  void set_way(const std::string& id, ChaincodeWay way);
  void stop();  // ends its processes, waits for them

  void launch(const std::string& id, Callback<std::string> failed) override;

 private:
  void run(const std::string& id, const ChaincodeProgram& program, Callback<std::string> failed);

  std::mutex mutex_;
  std::weak_ptr<ChaincodeRuntime> runtime_;
  std::string dial_in_;
  bool stopped_ = false;
  std::map<std::string, ChaincodeWay> ways_;
  std::map<std::string, int> running_;  // process ids
  // Asked for again while the process of before has not ended yet.
  std::map<std::string, Callback<std::string>> again_;
  std::vector<std::thread> waiting_;  // one per process that was ever started
};

}  // namespace belfry::devnet
