// Walks a channel's blocks for one client of the gateway's ChaincodeEvents: from which block, and
// which events of each (Fabric's gateway/chaincodeevents.go).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "devnet/channel.h"
#include "gateway/gateway.pb.h"

namespace belfry::devnet {

// Not thread-safe.
class ChaincodeEventCursor {
 public:
  // The error is Fabric's text for a start position of a wrong type.
  static Result<ChaincodeEventCursor> create(std::shared_ptr<Channel> channel,
                                             const ::gateway::ChaincodeEventsRequest& request);

  // The next block that holds events for the client, at most `most` blocks on; none otherwise. An
  // error when a block cannot be read.
  Result<std::optional<::gateway::ChaincodeEventsResponse>> next(size_t most);
  bool at_end() const { return next_ >= channel_->ledger().height(); }
  Channel& channel() const { return *channel_; }

 private:
  ChaincodeEventCursor(std::shared_ptr<Channel> channel, std::string chaincode, std::string after,
                       uint64_t start);

  std::shared_ptr<Channel> channel_;
  std::string chaincode_;
  std::string after_;  // transaction whose event must be passed first; empty once it is
  uint64_t next_;
};

}  // namespace belfry::devnet
