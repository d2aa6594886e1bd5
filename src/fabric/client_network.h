// A channel as one of its organisations' clients sees it: the peers and orderers it may ask, and
// who it is. Puts questions to peers, and takes a transaction all the way: endorsed, ordered, found
// in a block.
//
// Where a peer offers the Gateway service (since Fabric 2.4) it is asked to find endorsers, to hand
// the transaction to an orderer and to tell when it is committed. Elsewhere, and where endorsers
// are named, peers are asked one by one, the transaction is assembled here, broadcast to orderers
// that the channel's configuration names, and awaited in filtered blocks.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "fabric/block_fetch.h"
#include "fabric/orderer_client.h"
#include "fabric/peer_client.h"
#include "msp/channel_config.h"
#include "msp/identity.h"

namespace belfry::fabric {

struct ClientSettings {
  std::string channel;
  std::shared_ptr<const msp::SigningIdentity> identity;
  std::vector<ClientPeer> peers;      // at least one; those of the own organisation first
  std::vector<PeerAddress> orderers;  // empty: those that the channel's configuration names
  bool orderers_first = false;        // also where a peer's gateway would do
  ConnectionLimits limits;
  Duration patience = std::chrono::seconds(30);  // for one answer
  const Clock* clock = &system_clock();
  Random* random = &secure_random();
};

struct Submission {
  std::string transaction_id;
  Endorsement answer;                  // the chaincode's
  std::optional<CommitStatus> commit;  // none: not waited for
};

// One thread at a time.
class ClientNetwork {
 public:
  struct Peer {
    std::string name, msp_id;
    PeerClient client;
    bool no_gateway = false;  // it said so
  };

  // An error: TLS files that are no good. Connects with the first call.
  static Result<std::unique_ptr<ClientNetwork>> make(ClientSettings settings);

  const std::string& channel() const { return settings_.channel; }
  const msp::SigningIdentity& identity() const { return *settings_.identity; }
  Requester requester() const { return {identity(), *settings_.clock, *settings_.random}; }
  Duration patience() const { return settings_.patience; }
  const Clock& clock() const { return *settings_.clock; }

  const std::vector<std::unique_ptr<Peer>>& peers() const { return peers_; }
  // By name or address; null: there is none.
  Peer* find_peer(std::string_view name);
  // Those whose organisation is not known are asked for it (a query on the channel); who does not
  // tell counts as one's own.
  std::vector<Peer*> peers_of(const std::string& msp_id);
  std::vector<Peer*> own_peers() { return peers_of(identity().msp_id()); }

  // One peer's answer, whatever its status.
  RpcResult<Endorsement> process(const Peer& peer, const Invocation& invocation,
                                 Duration patience) const;
  // The payload of a good answer; a status of 400 or more is an error in the chaincode's words.
  RpcResult<std::string> ask(const Peer& peer, const Invocation& invocation) const;
  // The same of the first peer that can be reached.
  RpcResult<std::string> ask(const Invocation& invocation);

  // A query: nothing is ordered. `endorsers`: peers by name or address, or MSP ids; empty: any.
  RpcResult<Endorsement> evaluate(const Invocation& invocation,
                                  const std::vector<std::string>& endorsers);

  struct SubmitOptions {
    std::vector<std::string> endorsers;        // as of evaluate; all of them must endorse
    Duration wait = std::chrono::seconds(60);  // for the commit; zero: not at all
  };
  // An error: it was not endorsed, not ordered, or not seen in a block in time. That a committed
  // transaction is invalid is no error here: commit->code tells.
  RpcResult<Submission> submit(const Invocation& invocation, const SubmitOptions& options);

  // Ours, or those that the channel's configuration names.
  RpcResult<std::vector<OrdererClient>> orderers();
  RpcResult<msp::ChannelConfig> channel_config();
  // Hands a signed common.Envelope to the first orderer that takes it.
  RpcResult<void> broadcast(const std::string& envelope);

 private:
  struct Endorsed {
    Proposal proposal;
    Endorsement answer;
    std::string envelope;
  };
  explicit ClientNetwork(ClientSettings settings) : settings_(std::move(settings)) {}
  Proposal propose(const Peer& peer, const Invocation& invocation) const;
  void identify(Peer& peer);
  RpcResult<std::vector<Peer*>> choose(const std::vector<std::string>& endorsers);
  RpcResult<Endorsed> endorse_through_gateway(Peer& peer, const Invocation& invocation,
                                              const std::vector<std::string>& msps);
  RpcResult<Endorsed> endorse_one_by_one(const std::vector<Peer*>& peers,
                                         const Invocation& invocation);
  RpcResult<Endorsed> endorse(const Invocation& invocation,
                              const std::vector<std::string>& endorsers);
  RpcResult<uint64_t> chain_height(const Peer& peer) const;
  RpcResult<CommitStatus> await(Peer& peer, const Endorsed& endorsed, uint64_t height,
                                Duration patience);

  ClientSettings settings_;
  std::vector<std::unique_ptr<Peer>> peers_;
};

}  // namespace belfry::fabric
