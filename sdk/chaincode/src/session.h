// One stream to a peer: registers the chaincode, starts a transaction for each one that the peer
// sends, and brings the peer's answers to the transactions that wait for them. Knows nothing of
// gRPC: stream.h gives it what it receives, and a Wire to send on.
//
// handle() comes from one thread. Transactions run on the Workers' threads, interleaved on the one
// stream; each has one request outstanding at most, so an answer goes to its transaction by channel
// and transaction id.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "belfry/chaincode/contract.h"
#include "peer/chaincode_shim.pb.h"

namespace belfry::chaincode {

class Workers;
class Exchange;

// What the peer offers in READY; nothing unless it says so.
struct PeerOffers {
  int write_batch = 0;  // writes in one message
  int get_many = 0;     // keys in one message
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  // Sends one message; false where the stream is gone. Called from several threads, one at a time,
  // and not after ended(). Must not make the session send.
  using Wire = std::function<bool(protos::ChaincodeMessage)>;

  // Lives until its transactions have ended, as well. The chaincode and the workers outlive it.
  static std::shared_ptr<Session> create(const Chaincode& chaincode, Wire wire, Workers& workers,
                                         std::chrono::milliseconds answer_timeout);

  bool register_as(const std::string& chaincode_id);
  void handle(protos::ChaincodeMessage message);
  // The stream is gone: whatever waits for an answer gets an error.
  void ended();

 private:
  using Key = std::pair<std::string, std::string>;  // channel, transaction
  Session(const Chaincode& chaincode, Wire wire, Workers& workers,
          std::chrono::milliseconds answer_timeout);
  void start(protos::ChaincodeMessage message);
  protos::ChaincodeMessage run(const protos::ChaincodeMessage& message, Exchange& exchange);
  bool send(protos::ChaincodeMessage message);
  void finish(const Key& key, protos::ChaincodeMessage last);

  const Chaincode& chaincode_;
  const Wire wire_;
  Workers& workers_;
  const std::chrono::milliseconds answer_timeout_;
  std::mutex sending_;
  bool gone_ = false;  // nothing is sent any more
  std::mutex mutex_;   // for the rest
  std::map<Key, std::shared_ptr<Exchange>> running_;
  PeerOffers offers_;
  bool ended_ = false;
};

}  // namespace belfry::chaincode
