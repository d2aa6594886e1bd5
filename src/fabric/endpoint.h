// Where a peer or an orderer is, how to trust it, and the bounds of a connection to it. Plain
// values: what configuration files and connection profiles come to, and what every client in this
// folder starts from (grpc_channel.h).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace belfry::fabric {

struct ClientTls {
  std::string certificate;  // PEM
  std::string key;          // PEM
};
// Asked at each connect, so that a renewed certificate is used without a restart; thread-safe.
using CurrentClientTls = std::function<Result<ClientTls>()>;

// Where a peer or an orderer is and how to trust it.
struct PeerAddress {
  std::string address;          // "peer0.org1.example.com:7051"
  std::string tls_ca;           // PEM; empty: the system's authorities
  std::string tls_server_name;  // expected in the peer's certificate instead of the address's host;
                                // empty: the host
  CurrentClientTls client_tls;  // shown to peers that ask for one (mutual TLS); null: none
  bool plaintext = false;       // no TLS at all: only where the file says so
};

struct ClientPeer {
  std::string name;    // as the file has it; may be the address
  std::string msp_id;  // empty: asked for when it matters
  PeerAddress address;
};

// Fabric's peers hang up on clients that ping faster.
inline constexpr Duration kLeastKeepalive = std::chrono::seconds(60);

struct ConnectionLimits {
  uint64_t receive_limit = 100 << 20;    // bytes of one message, so of one block; at most 2 GiB - 1
  Duration keepalive = kLeastKeepalive;  // between pings
  Duration keepalive_timeout =
      std::chrono::seconds(20);  // a ping unanswered for so long ends the connection
  Duration answer_timeout = std::chrono::seconds(10);  // connecting and one answer
};

}  // namespace belfry::fabric
