// How a chaincode meets its peers. A main function is one line:
//
//     int main(int argc, char** argv) { return belfry::chaincode::run(my_chaincode(), argc, argv);
//     }
//
// and runs as a service, to which peers connect (CHAINCODE_SERVER_ADDRESS or --address), or dials
// one peer itself, as peers in development mode and peers that start chaincode have it
// (--peer.address). Settings come from the flags or from the environment that Fabric's own shims
// read; --help lists them.
//
// Server and dial() are the same for programs that have more to do.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "belfry/chaincode/contract.h"
#include "belfry/chaincode/result.h"

namespace belfry::chaincode {

// PEM texts. A server's authority is that of the clients it then insists on; a client's that of the
// server.
struct Tls {
  std::string certificate;
  std::string key;
  std::string authority;
};

struct Limits {
  int threads = 64;               // transactions that run at a time, over all streams
  int waiting = 10'000;           // transactions that wait for a thread; more are refused
  int message_bytes = 100 << 20;  // of one message, as peers have it
  std::chrono::milliseconds answer_timeout{300'000};  // of one request to the peer
};

struct ServeOptions {
  std::string address;  // HOST:PORT; port 0 picks a free one
  std::string id;       // the package id that the peer's install printed
  std::optional<Tls> tls;
  Limits limits;
};

// Chaincode as a service: peers connect, as many as there are. Stops when destroyed.
class Server {
 public:
  // The address cannot be listened on, or the certificates are none.
  static Result<std::unique_ptr<Server>> start(Chaincode chaincode, ServeOptions options);
  virtual ~Server() = default;
  virtual int port() const = 0;
};

// Connects to a peer, or to the chaincode address of one in development mode, and serves until the
// stream ends, which is the error.
Error dial(const Chaincode& chaincode, const ServeOptions& options);

// Serves until SIGTERM or SIGINT, or until the peer that was dialled ends the stream. Exit codes: 0
// stopped, 1 failed, 2 misused.
int run(Chaincode chaincode, int argc, char** argv);

}  // namespace belfry::chaincode
