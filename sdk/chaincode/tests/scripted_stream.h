// A peer's end of a stream, in the hands of a test: gives the session messages, and takes what it
// sends.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "peer/chaincode_shim.pb.h"
#include "session.h"
#include "workers.h"

namespace belfry::chaincode {

class ScriptedStream {
 public:
  using Message = protos::ChaincodeMessage;

  explicit ScriptedStream(Chaincode chaincode, std::size_t threads = 4, std::size_t waiting = 100,
                          std::chrono::milliseconds answer_timeout = std::chrono::minutes(5))
      : chaincode_(std::move(chaincode)),
        workers_(threads, waiting),
        session_(Session::create(
            chaincode_, [this](Message message) { return take(std::move(message)); }, workers_,
            answer_timeout)) {}
  ~ScriptedStream() { session_->ended(); }

  Session& session() { return *session_; }

  void give(Message::Type type, const std::string& payload, const std::string& transaction = "tx1",
            const std::string& channel = "mychannel") {
    Message message;
    message.set_type(type);
    message.set_payload(payload);
    message.set_txid(transaction);
    message.set_channel_id(channel);
    session_->handle(std::move(message));
  }

  // The next message of the session; waits for it.
  Message next() {
    std::unique_lock lock(mutex_);
    if (!more_.wait_for(lock, std::chrono::seconds(30), [this] { return !sent_.empty(); })) {
      ADD_FAILURE() << "the session sends nothing";
      return {};
    }
    Message message = std::move(sent_.front());
    sent_.pop_front();
    return message;
  }

  // From now on the stream is gone.
  void breaks() {
    const std::lock_guard lock(mutex_);
    broken_ = true;
  }

  std::size_t left() {
    const std::lock_guard lock(mutex_);
    return sent_.size();
  }

 private:
  bool take(Message message) {
    const std::lock_guard lock(mutex_);
    if (broken_) return false;
    sent_.push_back(std::move(message));
    more_.notify_one();
    return true;
  }

  const Chaincode chaincode_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<Message> sent_;
  bool broken_ = false;
  Workers workers_;
  const std::shared_ptr<Session> session_;
};

}  // namespace belfry::chaincode
