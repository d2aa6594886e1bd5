// Question and answer of one transaction over the shared stream.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "belfry/chaincode/result.h"
#include "peer/chaincode_shim.pb.h"

namespace belfry::chaincode {

class Exchange {
 public:
  using Send = std::function<bool(protos::ChaincodeMessage)>;
  Exchange(std::string channel, std::string transaction, Send send,
           std::chrono::milliseconds timeout)
      : channel_(std::move(channel)),
        transaction_(std::move(transaction)),
        send_(std::move(send)),
        timeout_(timeout) {}

  // From the transaction's thread: sends, waits, and gives the payload of the answer; the peer's
  // ERROR is an error.
  Result<std::string> ask(protos::ChaincodeMessage::Type type, std::string payload);
  protos::ChaincodeMessage message(protos::ChaincodeMessage::Type type, std::string payload) const;

  // From the stream's thread. An answer nobody waits for is dropped.
  void answer(protos::ChaincodeMessage message);
  void end();

 private:
  const std::string channel_, transaction_;
  const Send send_;
  const std::chrono::milliseconds timeout_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool waiting_ = false;
  bool ended_ = false;
  std::optional<protos::ChaincodeMessage> answer_;
};

}  // namespace belfry::chaincode
