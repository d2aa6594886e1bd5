// The peer's side of one stream to one chaincode: registration, then any number of transactions
// side by side, each with its requests (Fabric's ChaincodeSupport protocol, FABRIC.md §5).
//
//   runtime ──execute──▶ ChaincodeHandler ──send──▶ ChaincodeStream ──▶ chaincode
//                             ▲──received──────────────────┘
//
// Knows nothing of gRPC, so that tests can be the chaincode. Whatever the chaincode does wrong ends
// its own transaction, or its stream; never more.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/callback.h"
#include "base/clock.h"
#include "base/result.h"
#include "devnet/execution.h"

namespace protos {
class ChaincodeMessage;
class ChaincodeSpec;
}  // namespace protos

namespace belfry::devnet {

// What carries messages to the chaincode. Thread-safe; must not call back into the handler from
// within send() or end().
class ChaincodeStream {
 public:
  virtual ~ChaincodeStream() = default;
  virtual void send(::protos::ChaincodeMessage message) = 0;  // queued, in order
  virtual void end(const std::string& reason) = 0;            // the handler hears ended() later
};

// COMPLETED, or ERROR of the chaincode's own; an error when there is no answer at all.
using ChaincodeAnswer = Result<std::shared_ptr<::protos::ChaincodeMessage>>;
using OnChaincodeAnswer = Callback<ChaincodeAnswer>;

class ChaincodeHandler;

// What the handler needs of the runtime. Thread-safe; outlives the handler.
class ChaincodeHost {
 public:
  virtual ~ChaincodeHost() = default;
  // A chaincode says who it is. An error refuses it: there is one already. ready() follows when it
  // may be sent transactions.
  virtual Result<void> registered(const std::string& id,
                                  std::shared_ptr<ChaincodeHandler> handler) = 0;
  virtual void ready(const std::string& id) = 0;
  virtual void gone(const std::string& id, const ChaincodeHandler* handler,
                    const std::string& reason) = 0;
  // The chaincode of `caller` calls another.
  virtual void call(std::shared_ptr<Execution> caller, const ::protos::ChaincodeSpec& spec,
                    OnChaincodeAnswer then) = 0;
};

// Thread-safe.
class ChaincodeHandler : public std::enable_shared_from_this<ChaincodeHandler> {
 public:
  // The stream must live until ended() was called.
  // `offers`: tells the chaincode that it may write in batches and read several keys at once, as
  // peers of 3.1 do.
  ChaincodeHandler(ChaincodeHost& host, ChaincodeStream& stream, bool offers)
      : host_(host), stream_(&stream), offers_(offers) {}

  // From the stream, one after another.
  void received(::protos::ChaincodeMessage message);
  void ended(const std::string& reason);  // the last call; every execution fails

  // Sends `start` (INIT or TRANSACTION) and calls back once, from any thread. When the same
  // transaction runs here already for another peer, waits until that has ended.
  void execute(std::shared_ptr<Execution> execution, ::protos::ChaincodeMessage start,
               Duration deadline, OnChaincodeAnswer then);
  // Ends executions whose deadline (of the monotonic clock) has passed.
  void expire(Duration now);
  void stop(const std::string& reason);  // ends the stream

  const std::string& id() const { return id_; }  // set once registered

 private:
  using Key = std::pair<std::string, std::string>;  // channel, transaction id
  struct Run {
    std::shared_ptr<Execution> execution;
    Duration deadline{};
    OnChaincodeAnswer then;
    bool busy = false;  // a request is being answered
    std::shared_ptr<::protos::ChaincodeMessage> start;
  };
  void take_registration(const ::protos::ChaincodeMessage& message);
  void finish(::protos::ChaincodeMessage message);
  void take_request(::protos::ChaincodeMessage message);
  void reply(const ::protos::ChaincodeMessage& request, const Result<std::string>& answer);
  void send(::protos::ChaincodeMessage message);
  // Takes the running execution out, and starts the next one of the same key. With the lock held.
  OnChaincodeAnswer take_run(const Key& key);
  void start_run(Run run);  // with the lock held

  ChaincodeHost& host_;
  std::mutex mutex_;
  ChaincodeStream* stream_;  // null once ended
  const bool offers_;
  enum class State { created, ready } state_ = State::created;
  std::string id_;
  std::map<Key, Run> running_;
  std::map<Key, std::deque<Run>> waiting_;
};

}  // namespace belfry::devnet
