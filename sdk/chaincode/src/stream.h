// A Session over gRPC, of either side: `Reactor` is grpc::ServerBidiReactor or
// grpc::ClientBidiReactor. What transactions send while a message is being written goes out behind
// it in one packet, so that many transactions cost few calls of the system.
#pragma once

#include <grpcpp/grpcpp.h>

#include <deque>
#include <memory>
#include <mutex>

#include "peer/chaincode_shim.pb.h"
#include "session.h"

namespace belfry::chaincode {

template <class Reactor>
class Stream : public Reactor {
 protected:
  Stream(const Chaincode& chaincode, Workers& workers, std::chrono::milliseconds answer_timeout)
      : session_(Session::create(
            chaincode,
            [this](protos::ChaincodeMessage message) { return send(std::move(message)); }, workers,
            answer_timeout)) {}

  void begin(const std::string& id) {
    session_->register_as(id);
    this->StartRead(&in_);
  }

  // Nothing is read or written any more. Called once.
  virtual void close() = 0;

 private:
  bool send(protos::ChaincodeMessage message) {
    const std::lock_guard lock(mutex_);
    if (ended_) return false;
    out_.push_back(std::move(message));
    if (out_.size() == 1) write_first();
    return true;
  }

  void OnReadDone(bool ok) override {
    if (ok) {
      session_->handle(std::move(in_));
      in_.Clear();
      this->StartRead(&in_);
      return;
    }
    session_->ended();
    const std::lock_guard lock(mutex_);
    ended_ = true;
    if (out_.empty()) return close();
    out_.erase(out_.begin() + 1, out_.end());  // nobody reads it
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    out_.pop_front();
    if (!ok) out_.clear();  // the reading ends, too
    if (!out_.empty()) return write_first();
    if (ended_) close();
  }

  void write_first() {
    grpc::WriteOptions options;
    if (out_.size() > 1) options.set_buffer_hint();
    this->StartWrite(&out_.front(), options);
  }

  const std::shared_ptr<Session> session_;
  protos::ChaincodeMessage in_;
  std::mutex mutex_;  // for the rest
  std::deque<protos::ChaincodeMessage> out_;
  bool ended_ = false;
};

}  // namespace belfry::chaincode
