// A peer of the devnet, seen by the services that speak for it: who it is, where it listens, which
// channels it has joined. All peers of the process serve from one ledger per channel; what a peer
// may show of private data hangs on its organisation.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "devnet/channel.h"
#include "devnet/material.h"
#include "ledger/signature_cache.h"

namespace belfry::devnet {

// Fabric's rule for channels' names.
Result<void> check_channel_name(const std::string& name);

// The channels of the process. Thread-safe.
class Channels {
 public:
  virtual ~Channels() = default;
  virtual std::shared_ptr<Channel> find(std::string_view name) const = 0;  // null: there is none
  virtual std::vector<std::string> names() const = 0;                      // sorted
  // Makes the channel that a genesis block (common.Block) defines, as osnadmin's join does.
  virtual Result<std::shared_ptr<Channel>> create(std::string_view genesis) = 0;
  virtual Result<void> remove(std::string_view name) = 0;
};

// Thread-safe.
class Peer {
 public:
  virtual ~Peer() = default;
  virtual const std::string& name() const = 0;    // "peer0.org1.example.com"
  virtual const std::string& msp_id() const = 0;  // "Org1MSP"
  virtual const std::string& endpoint()
      const = 0;                         // "peer0.org1.example.com:7051", as others know it
  virtual const Node& node() const = 0;  // its keys
  virtual const OrganizationMaterial& organization() const = 0;
  // The channel, if the peer has joined it; null otherwise.
  virtual std::shared_ptr<Channel> channel(std::string_view name) const = 0;
  virtual std::vector<std::string> channels() const = 0;  // joined, sorted
  // Joins the channel of this genesis block, which must be the one the orderer has. Fails when it
  // is joined already.
  virtual Result<void> join(std::string_view genesis) = 0;
};

// What the services of all peers share.
struct PeerContext {
  const Clock& clock;
  Channels& channels;
  const Material& material;
  std::vector<Peer*> peers;      // of all organisations, this process's
  std::string orderer_endpoint;  // "orderer.example.com:7050"
  std::shared_ptr<ledger::SignatureCache> signatures;
  std::string folder;       // where services may keep files of their own
  bool mutual_tls = false;  // requests must name the client's TLS certificate by its hash
};

}  // namespace belfry::devnet
