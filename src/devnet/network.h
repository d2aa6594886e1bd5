// A whole Fabric network in one process: organisations with their peers, an ordering service,
// channels; for `belfry devnet` and for tests, which start one each.
//
//   auto network = Network::start(settings, posix_files(), system_clock());
//   … (*network)->connection_profile("Org1MSP") …
//
// Every part stops when the Network is destroyed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "base/result.h"
#include "devnet/channel.h"
#include "devnet/genesis.h"
#include "devnet/material.h"
#include "devnet/peer.h"

namespace grpc {
class Service;
}

namespace belfry::devnet {

// The services of one peer that this folder's other half brings: Endorser, Gateway, Discovery.
// Destroyed after the peer's server has shut down.
class PeerServices {
 public:
  virtual ~PeerServices() = default;
  virtual std::vector<grpc::Service*> services() = 0;
  virtual void stop() = 0;  // ends what waits: the server shuts down next
};

struct NetworkSettings {
  std::string folder;  // material, ledgers; made when missing
  std::string host = "127.0.0.1";
  // How clients reach it, in channel configurations and discovery. The certificates are good for it
  // and for the nodes' own names.
  std::string advertised_host = "localhost";
  std::vector<std::string> organizations = {"Org1", "Org2"};
  int peers = 1;                                      // of each organisation
  std::vector<std::string> channels = {"mychannel"};  // made, and joined by every peer
  std::string ledger;  // a block file or folder to serve, for reading: its channel is the only one,
                       // its organisations are those of the network
  bool tls = true;
  bool client_certificates = false;  // mutual TLS
  // With TLS, the channel participation API asks for a certificate of the orderer's TLS CA, as a
  // real one's does. True: it is plain all the same.
  bool plain_participation = false;
  bool durable = true;  // false: blocks are not fsynced
  // Told as soon as everybody has keys, while the rest still starts.
  std::function<void(const Material&)> on_material;
  ChannelOptions ordering;
  ChannelParameters channel;  // what the genesis block says
  // 0: free ones. The peers' is the first one's; others follow as the samples have it: the second
  // organisation's 2000 further, an organisation's second peer 1000.
  uint16_t orderer_port = 7050, peer_port = 7051, participation_port = 7053, operations_port = 9443;
};

class Network {
 public:
  // Makes each peer's services; called once per peer, before its server starts. Endpoints are known
  // when the network has started.
  using MakeServices =
      std::function<Result<std::unique_ptr<PeerServices>>(const PeerContext&, Peer&)>;

  // files and clock must outlive it.
  static Result<std::unique_ptr<Network>> start(NetworkSettings settings, FileSystem& files,
                                                const Clock& clock, MakeServices make_services);
  virtual ~Network() = default;

  virtual const PeerContext& context() const = 0;
  virtual Channels& channels() = 0;
  virtual const std::vector<Peer*>& peers() const = 0;
  virtual const Material& material() const = 0;
  virtual const NetworkSettings& settings() const = 0;
  // As bound: "127.0.0.1:7050".
  virtual std::string orderer_address() const = 0;
  virtual std::string peer_address(const Peer& peer) const = 0;
  virtual std::string participation_address() const = 0;
  virtual std::string operations_address() const = 0;
};

}  // namespace belfry::devnet
