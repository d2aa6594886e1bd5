// The chaincode of the recorded transcripts, in this process: put, get, fail, status, event, sleep,
// crash and the private data functions, on a stream that needs no gRPC. For tests.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "devnet/chaincode_runtime.h"
#include "peer/chaincode.pb.h"
#include "peer/chaincode_event.pb.h"
#include "peer/chaincode_shim.pb.h"
#include "peer/proposal.pb.h"
#include "peer/proposal_response.pb.h"

namespace belfry::devnet {

// One thread per transaction, as a chaincode's own program would have.
class ScriptedChaincode final : public ChaincodeStream {
 public:
  using Message = ::protos::ChaincodeMessage;

  ScriptedChaincode(ChaincodeRuntime& runtime, const std::string& id)
      : handler_(runtime.accept(*this)) {
    ::protos::ChaincodeID name;
    name.set_name(id);
    Message hello;
    hello.set_type(Message::REGISTER);
    hello.set_payload(name.SerializeAsString());
    receive(std::move(hello));
  }
  ~ScriptedChaincode() override {
    crash();
    for (auto& thread : threads_) thread.join();
  }

  void send(Message message) override {
    std::lock_guard lock(mutex_);
    if (message.type() == Message::TRANSACTION || message.type() == Message::INIT) {
      threads_.emplace_back([this, start = std::move(message)] { run(start); });
    } else if (message.type() == Message::RESPONSE || message.type() == Message::ERROR) {
      answers_[message.txid()] = std::move(message);
      changed_.notify_all();
    }
  }
  void end(const std::string&) override {}

  // As when its process dies.
  void crash() {
    {
      std::lock_guard lock(mutex_);
      if (gone_) return;
      gone_ = true;
      changed_.notify_all();
    }
    std::lock_guard lock(receiving_);
    handler_->ended("the test ended it");
  }

 private:
  struct Call {
    const Message& start;
    std::vector<std::string> args;
    std::map<std::string, std::string> transient;
    Message reply;  // what it will complete with, but for the response
  };

  void receive(Message message) {
    std::lock_guard lock(receiving_);  // a stream's messages come one after another
    {
      std::lock_guard inner(mutex_);
      if (gone_) return;
    }
    handler_->received(std::move(message));
  }

  // A request to the peer and its answer; an ERROR when there will be none.
  Message ask(const Call& call, Message::Type type, const std::string& payload) {
    Message request;
    request.set_type(type);
    request.set_txid(call.start.txid());
    request.set_channel_id(call.start.channel_id());
    request.set_payload(payload);
    receive(std::move(request));
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return gone_ || answers_.contains(call.start.txid()); });
    Message out;
    out.set_type(Message::ERROR);
    if (const auto found = answers_.find(call.start.txid()); found != answers_.end()) {
      out = std::move(found->second);
      answers_.erase(found);
    }
    return out;
  }

  static ::protos::Response response(int status, const std::string& message,
                                     const std::string& payload) {
    ::protos::Response out;
    out.set_status(status);
    out.set_message(message);
    out.set_payload(payload);
    return out;
  }
  static ::protos::Response from(const Message& answer) {
    return answer.type() == Message::RESPONSE ? response(200, "", answer.payload())
                                              : response(500, answer.payload(), "");
  }

  Message put(const Call& call, const std::string& collection, const std::string& key,
              const std::string& value) {
    ::protos::PutState put;
    put.set_collection(collection);
    put.set_key(key);
    put.set_value(value);
    return ask(call, Message::PUT_STATE, put.SerializeAsString());
  }

  ::protos::Response perform(Call& call) {
    const auto arg = [&](size_t index) {
      return index < call.args.size() ? call.args[index] : std::string();
    };
    const std::string function = arg(0);
    if (function == "put") return from(put(call, "", arg(1), arg(2)));
    if (function == "raw")  // TYPE PAYLOAD
      return from(ask(call, static_cast<Message::Type>(std::stoi(arg(1))), arg(2)));
    if (function == "get" || function == "getPrivate") {
      ::protos::GetState get;
      if (function == "getPrivate") get.set_collection(arg(1));
      get.set_key(function == "get" ? arg(1) : arg(2));
      return from(ask(call, Message::GET_STATE, get.SerializeAsString()));
    }
    if (function == "putPrivate") return from(put(call, arg(1), arg(2), call.transient["value"]));
    if (function == "bump") {
      ::protos::GetState get;
      get.set_key(arg(1));
      const auto read = ask(call, Message::GET_STATE, get.SerializeAsString());
      return from(put(call, "", arg(1), read.payload() + "+"));
    }
    if (function == "event") {
      call.reply.mutable_chaincode_event()->set_event_name(arg(1));
      call.reply.mutable_chaincode_event()->set_payload(arg(2));
      return from(put(call, "", "event" + call.start.txid(), "1"));
    }
    if (function == "fail") return response(500, arg(1), "");
    if (function == "status") return response(std::stoi(arg(1)), arg(2), arg(3));
    if (function == "sleep") {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::milliseconds(std::stoi(arg(1))), [&] { return gone_; });
      return response(200, "", "slept");
    }
    return response(500, "no function " + function, "");
  }

  void run(const Message& start) {
    ::protos::ChaincodeInput input;
    ::protos::Proposal proposal;
    ::protos::ChaincodeProposalPayload payload;
    if (!input.ParseFromString(start.payload()) ||
        !proposal.ParseFromString(start.proposal().proposal_bytes()) ||
        !payload.ParseFromString(proposal.payload()))
      return;
    Call call{start, {input.args().begin(), input.args().end()}, {}, {}};
    for (const auto& [name, value] : payload.transientmap()) call.transient[name] = value;
    if (!call.args.empty() && call.args[0] == "crash") return crash();
    const auto result = perform(call);
    call.reply.set_type(Message::COMPLETED);
    call.reply.set_txid(start.txid());
    call.reply.set_channel_id(start.channel_id());
    call.reply.set_payload(result.SerializeAsString());
    receive(std::move(call.reply));
  }

  std::mutex receiving_, mutex_;
  std::condition_variable changed_;
  bool gone_ = false;
  std::map<std::string, Message> answers_;  // by transaction
  std::vector<std::thread> threads_;
  const std::shared_ptr<ChaincodeHandler> handler_;
};

}  // namespace belfry::devnet
