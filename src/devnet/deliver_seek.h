// One request of a Deliver stream: who asks, for which blocks, and what comes next for it. Knows
// nothing of gRPC; deliver_stream.h carries it. Fabric's common/deliver, with its quirks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "devnet/channel.h"
#include "ledger/ledger.h"
#include "ledger/signature_cache.h"

namespace belfry::devnet {

// What a Deliver service needs to know. All that it names must outlive it.
struct DeliverHost {
  const Clock& clock;
  std::shared_ptr<ledger::SignatureCache> signatures;
  // Null: there is none, or the peer has not joined it.
  std::function<std::shared_ptr<Channel>(std::string_view)> find_channel;
  // Of the channel: which policy a reader must satisfy.
  std::function<std::string(const msp::ChannelConfig&)> policy;
  // Under mutual TLS a request must name the client's certificate by its hash.
  bool mutual_tls = false;
};

class DeliverSeek {
 public:
  static constexpr Duration kTimeWindow = std::chrono::minutes(15);

  // From a serialized common.Envelope with an orderer.SeekInfo in it; or the status that refuses
  // it. `client_certificate` is the hash of what the client showed, if anything.
  static std::variant<DeliverSeek, Status> begin(const DeliverHost& host, std::string_view envelope,
                                                 std::string_view client_certificate);

  struct Wait {};  // for block next_number()
  // The next block, the status that ends the request, or that there is nothing yet. Once a block
  // was returned it counts as sent.
  std::variant<ledger::CommittedBlockPtr, Status, Wait> next();
  uint64_t next_number() const { return number_; }

  Channel& channel() const { return *channel_; }
  const std::string& creator() const { return creator_; }  // msp.SerializedIdentity

 private:
  DeliverSeek(const DeliverHost& host, std::shared_ptr<Channel> channel)
      : host_(&host), channel_(std::move(channel)) {}
  bool allowed();  // now: certificates end, and configurations change

  const DeliverHost* host_;
  std::shared_ptr<Channel> channel_;
  std::string payload_, creator_, signature_;
  std::optional<WallTime> expires_;
  std::optional<uint64_t> checked_;  // with which configuration the policy was satisfied
  uint64_t number_ = 0, stop_ = 0;
  bool missing_ = false;  // the start is nowhere
  bool fail_if_not_ready_ = false;
  bool done_ = false;
};

}  // namespace belfry::devnet
