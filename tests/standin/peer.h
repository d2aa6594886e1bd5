// A stand-in for a Fabric peer: a gRPC server that serves a recorded ledger with the peer's
// documented answers (Deliver in its three forms, qscc's GetChainInfo and GetBlockByNumber), checks
// requests as the peer does, and misbehaves when told to. The truth it is held to is
// tests/standin/peer_test.cc and the recorded transcripts.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "standin/access.h"
#include "standin/chain.h"

namespace belfry::tests {

struct StandinOptions {
  std::string channel = "mychannel";
  int port = 0;                          // 0: any free one; on 127.0.0.1
  std::string tls_certificate, tls_key;  // PEM; empty: plaintext
  std::string client_ca;                 // PEM; not empty: mutual TLS
  std::vector<Member> members;           // of the channel
  uint64_t first_block = 0;              // above 0: joined from a snapshot
  Clock* clock = &system_clock();
};

// What it does wrong, changed at any time.
struct Misbehaviour {
  std::optional<int> every_seek;           // each seek is answered with this status
  std::map<uint64_t, int> status_instead;  // this status in the place of a block; the stream ends
  std::map<uint64_t, std::string> bytes_instead;  // these bytes in the place of a response, and on
  std::optional<uint64_t>
      hold_from;  // sends nothing from this block on, though GetChainInfo counts it
  std::optional<uint64_t> height;  // knows no more blocks than this
  std::optional<uint64_t>
      hang_up_at;                 // ends the stream in the place of this block, without a status
  bool no_qscc = false;           // GetChainInfo and GetBlockByNumber are not permitted
  bool filtered_only = false;     // only DeliverFiltered is permitted
  bool too_many_streams = false;  // as many streams as it allows
};

class StandinPeer {
 public:
  StandinPeer(StandinOptions options, std::shared_ptr<Chain> chain);
  ~StandinPeer();

  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // As a killed or stopped peer: its streams break off. start() again on the same port.
  void stop();
  void start();
  void misbehave(const std::function<void(Misbehaviour&)>& change);
  // Private data of a block, by transaction: serialized rwset.TxPvtReadWriteSet.
  void add_private_data(uint64_t block, uint64_t transaction, std::string data);
  // Called as each block is handed to a stream.
  void on_sent(std::function<void(uint64_t block)> callback);
  int seeks() const { return seeks_; }  // so far
  // Until so many seeks arrived: the streams they belong to are then this peer's, no longer a
  // client's plan.
  void wait_for_seeks(int count) const;
  void wait_for_queries(int count) const;  // the same of qscc's answers

 private:
  class Services;
  friend class Services;

  Misbehaviour misbehaviour() const;

  const StandinOptions options_;
  const std::shared_ptr<Chain> chain_;
  mutable std::mutex mutex_;
  Misbehaviour misbehaviour_;
  std::map<uint64_t, std::vector<std::pair<uint64_t, std::string>>> private_data_;
  std::function<void(uint64_t)> on_sent_;
  std::atomic<int> seeks_{0};
  int queries_ = 0;
  mutable std::condition_variable asked_;
  std::atomic<bool> stopping_{false};
  int port_;
  std::unique_ptr<Services> services_;
};

}  // namespace belfry::tests
