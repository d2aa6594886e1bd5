// One chaincode's run within one proposal, and what it may ask of the peer that the proposal was
// sent to.
//
//   endorser ──Simulation──▶ ChaincodeRuntime ──Execution──▶ ChaincodeHandler ──▶ chaincode
//
// A chaincode that calls another has two executions that share one simulation.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "devnet/simulator.h"
#include "ledger/reader.h"

namespace protos {
class ChaincodeInput;
class Response;
class SignedProposal;
}  // namespace protos

namespace belfry::devnet {

// The proposal that a run belongs to. Immutable.
struct Proposal {
  std::shared_ptr<const ::protos::SignedProposal> signed_proposal;
  std::string creator;  // msp.SerializedIdentity
  std::string transaction_id;
};

// Where a proposal reads and writes on one channel. The lock is held for each request: a callee
// that timed out may still be at work when its caller goes on.
struct Simulation {
  Simulation(std::string channel, std::shared_ptr<const void> keep, const ledger::Reader& state,
             const Collections& collections, const std::string& transaction_id)
      : channel(std::move(channel)),
        keep_alive(std::move(keep)),
        simulator(state, collections, transaction_id) {}
  const std::string channel;
  const std::shared_ptr<const void> keep_alive;  // what owns the state
  std::mutex mutex;
  Simulator simulator;
};

// A chaincode as the channel's definition and the peer's installed packages have it.
struct Callable {
  std::string id;  // "label:hash" of its package, or "name:version" in dev mode
  std::string version;
  bool init_required = false;
};

struct CollectionRights {
  bool read = false, write = false;
};

// The peer, as chaincode sees it. Thread-safe. Errors are in Fabric's words.
class PeerView {
 public:
  virtual ~PeerView() = default;
  // Reads what a real peer reads for it through the simulator.
  virtual Result<Callable> find(Simulation& simulation, const std::string& chaincode) const = 0;
  virtual Result<CollectionRights> rights(Simulation& simulation, const Proposal& proposal,
                                          const std::string& chaincode,
                                          const std::string& collection) const = 0;
  virtual bool key_level_endorsement(const std::string& channel) const = 0;  // capability V1_3
  virtual bool purge_private_data(const std::string& channel) const = 0;     // capability V2_5
  // Whether the proposal's creator may have chaincodes call one on that channel.
  virtual Result<void> may_call(const std::string& channel, const Proposal& proposal) const = 0;
  virtual Result<std::shared_ptr<Simulation>> simulate(const std::string& channel,
                                                       const Proposal& proposal) const = 0;
  virtual bool is_system(const std::string& chaincode) const = 0;
  // `caller` is the chaincode that calls, empty for a client. The simulation may be null.
  virtual ::protos::Response call_system(const std::string& chaincode, const std::string& channel,
                                         Simulation* simulation, const Proposal& proposal,
                                         const ::protos::ChaincodeInput& input,
                                         const std::string& caller) = 0;
};

struct Execution {
  std::shared_ptr<PeerView> peer;
  std::shared_ptr<const Proposal> proposal;
  std::shared_ptr<Simulation> simulation;
  std::string name_space;  // the chaincode's name
  bool is_init = false;

  // What follows belongs to chaincode_requests.cc, under the simulation's lock.
  struct Query {
    std::function<std::optional<std::string>()> next;  // serialized result
    std::function<std::string()> bookmark;             // set for a paginated query
    std::vector<std::string> pending;
    int64_t returned = 0, limit = 0;
  };
  std::map<std::string, Query> queries;
  uint64_t queries_opened = 0;
  std::map<std::string, CollectionRights> rights;

  const std::string& channel() const { return simulation->channel; }
};

}  // namespace belfry::devnet
