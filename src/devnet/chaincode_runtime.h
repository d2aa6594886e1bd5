// Runs chaincode: finds the one a proposal names, brings it up when it is not connected, gives it
// the transaction and hands back its answer; and lets chaincodes call each other.
//
//   endorser ──execute──▶ ChaincodeRuntime ──▶ ChaincodeHandler (one per connected chaincode)
//                              └──launch──▶ ChaincodeLauncher (processes, services)
//
// One runtime serves all peers of the process. Nothing here waits on a thread: answers come by
// callback, mostly on the thread that reads the chaincode's stream.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/callback.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/result.h"
#include "devnet/chaincode_handler.h"
#include "devnet/execution.h"

namespace protos {
class ChaincodeEvent;
class ChaincodeInput;
class Response;
}  // namespace protos

namespace belfry::devnet {

// How a chaincode that is not connected comes to be. Thread-safe.
class ChaincodeLauncher {
 public:
  virtual ~ChaincodeLauncher() = default;
  // Begins to start it, or to connect to it; it registers with the runtime in the end. Otherwise
  // calls `failed` once, from any thread, with what went wrong in Fabric's words.
  virtual void launch(const std::string& id, Callback<std::string> failed) = 0;
};

struct RuntimeOptions {
  Duration execute_timeout = std::chrono::seconds(30);  // of one transaction, as the peer's default
  Duration startup_timeout = std::chrono::seconds(60);  // from launch to registration
  bool offers = true;  // writes in batches and reads of several keys, as peers of 3.1 offer them
};

struct ChaincodeOutcome {
  std::shared_ptr<::protos::Response> response;
  std::shared_ptr<::protos::ChaincodeEvent> event;  // null without one
};
using OnOutcome = Callback<Result<ChaincodeOutcome>>;

// What a chaincode without Init is refused with that is called for it.
std::string needs_no_init(const std::string& chaincode);

// Thread-safe.
class ChaincodeRuntime final : public ChaincodeHost,
                               public std::enable_shared_from_this<ChaincodeRuntime> {
 public:
  // All must outlive it. The executor runs its timeouts.
  static std::shared_ptr<ChaincodeRuntime> create(const Clock& clock, Executor& executor,
                                                  ChaincodeLauncher& launcher,
                                                  RuntimeOptions options);

  // For a new stream, whichever side dialled.
  std::shared_ptr<ChaincodeHandler> accept(ChaincodeStream& stream);

  // Runs a chaincode for a client. Errors read "failed to execute transaction …".
  void execute(std::shared_ptr<PeerView> peer, std::shared_ptr<const Proposal> proposal,
               std::shared_ptr<Simulation> simulation, const std::string& chaincode,
               ::protos::ChaincodeInput input, OnOutcome then);
  // Sends INIT to the chaincode with that id, as lscc's deploy and upgrade do.
  void execute_legacy_init(std::shared_ptr<PeerView> peer, std::shared_ptr<const Proposal> proposal,
                           std::shared_ptr<Simulation> simulation, const std::string& chaincode,
                           const std::string& id, const ::protos::ChaincodeInput& input,
                           OnOutcome then);
  // Brings it up if it is not there, as a peer does right after an install. An error says why not.
  void launch(const std::string& id, Callback<Result<std::shared_ptr<ChaincodeHandler>>> then);
  bool connected(const std::string& id) const;
  void disconnect(const std::string& id);  // ends its stream, if it has one
  void stop();                             // ends all of them, and the timeouts

  // ChaincodeHost
  Result<void> registered(const std::string& id,
                          std::shared_ptr<ChaincodeHandler> handler) override;
  void ready(const std::string& id) override;
  void gone(const std::string& id, const ChaincodeHandler* handler,
            const std::string& reason) override;
  void call(std::shared_ptr<Execution> caller, const ::protos::ChaincodeSpec& spec,
            OnChaincodeAnswer then) override;

 private:
  using OnLaunched = Callback<Result<std::shared_ptr<ChaincodeHandler>>>;
  struct Entry {
    std::shared_ptr<ChaincodeHandler> handler;
    bool is_ready = false;
    bool launching = false;
    Duration launch_deadline{};
    std::vector<OnLaunched> waiting;
  };

  ChaincodeRuntime(const Clock& clock, Executor& executor, ChaincodeLauncher& launcher,
                   RuntimeOptions options);
  // The input may be null: a chaincode that is called need not be given any.
  void invoke(std::shared_ptr<Execution> execution, const ::protos::ChaincodeInput* input,
              OnChaincodeAnswer then);
  void start(std::shared_ptr<Execution> execution, const std::string& id,
             const ::protos::ChaincodeInput& input, OnChaincodeAnswer then);
  void launch_failed(const std::string& id, const std::string& reason);
  void watch();  // timeouts, again and again

  const Clock& clock_;
  Executor& executor_;
  ChaincodeLauncher& launcher_;
  const RuntimeOptions options_;
  mutable std::mutex mutex_;
  bool stopped_ = false;
  std::map<std::string, Entry> entries_;
};

}  // namespace belfry::devnet
