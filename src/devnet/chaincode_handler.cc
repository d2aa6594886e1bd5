#include "devnet/chaincode_handler.h"

#include <fmt/format.h>

#include <vector>

#include "base/log.h"
#include "devnet/chaincode_requests.h"
#include "peer/chaincode.pb.h"
#include "peer/chaincode_shim.pb.h"

namespace belfry::devnet {
namespace {

using ::protos::ChaincodeMessage;

constexpr uint32_t kMostAtOnce = 1'000;  // keys or writes, as a peer's default
constexpr const char* kTimeout = "error sending: timeout expired while executing transaction";
constexpr const char* kTerminated = "error sending: chaincode stream terminated";

}  // namespace

void ChaincodeHandler::send(ChaincodeMessage message) {
  std::lock_guard lock(mutex_);
  if (stream_) stream_->send(std::move(message));
}

void ChaincodeHandler::received(ChaincodeMessage message) {
  if (message.type() == ChaincodeMessage::KEEPALIVE) return;
  if (state_ == State::created) {
    if (message.type() == ChaincodeMessage::REGISTER) return take_registration(message);
    return stop(
        fmt::format("[{}] Fabric side handler cannot handle message ({}) while in created "
                    "state",
                    message.txid(), ChaincodeMessage::Type_Name(message.type())));
  }
  if (message.type() == ChaincodeMessage::COMPLETED || message.type() == ChaincodeMessage::ERROR)
    return finish(std::move(message));
  if (message.type() == ChaincodeMessage::INVOKE_CHAINCODE || is_state_request(message))
    return take_request(std::move(message));
  stop(fmt::format("[{}] Fabric side handler cannot handle message ({}) while in ready state",
                   message.txid(), ChaincodeMessage::Type_Name(message.type())));
}

void ChaincodeHandler::take_registration(const ChaincodeMessage& message) {
  ::protos::ChaincodeID id;
  if (!id.ParseFromString(message.payload()))
    return stop("could not unmarshal registration info of a chaincode");
  if (id.name().empty())
    return stop("error in handling register chaincode, chaincodeID name is empty");
  if (auto taken = host_.registered(id.name(), shared_from_this()); !taken)
    return stop(taken.error().message);
  {
    std::lock_guard lock(mutex_);
    id_ = id.name();
  }
  state_ = State::ready;
  ChaincodeMessage registered, ready;
  registered.set_type(ChaincodeMessage::REGISTERED);
  ready.set_type(ChaincodeMessage::READY);
  if (offers_) {
    ::protos::ChaincodeAdditionalParams params;
    params.set_use_write_batch(true);
    params.set_max_size_write_batch(kMostAtOnce);
    params.set_use_get_multiple_keys(true);
    params.set_max_size_get_multiple_keys(kMostAtOnce);
    ready.set_payload(params.SerializeAsString());
  }
  send(std::move(registered));
  send(std::move(ready));
  host_.ready(id.name());
}

void ChaincodeHandler::stop(const std::string& reason) {
  std::lock_guard lock(mutex_);
  if (stream_) stream_->end(reason);
}

void ChaincodeHandler::finish(ChaincodeMessage message) {
  OnChaincodeAnswer then;
  {
    std::lock_guard lock(mutex_);
    then = take_run({message.channel_id(), message.txid()});
  }
  if (then) then(std::make_shared<ChaincodeMessage>(std::move(message)));
}

OnChaincodeAnswer ChaincodeHandler::take_run(const Key& key) {
  const auto found = running_.find(key);
  if (found == running_.end()) return nullptr;
  OnChaincodeAnswer then = std::move(found->second.then);
  running_.erase(found);
  if (const auto next = waiting_.find(key); next != waiting_.end()) {
    Run run = std::move(next->second.front());
    next->second.pop_front();
    if (next->second.empty()) waiting_.erase(next);
    start_run(std::move(run));
  }
  return then;
}

void ChaincodeHandler::start_run(Run run) {
  const Key key{run.execution->channel(), run.execution->proposal->transaction_id};
  ChaincodeMessage start = std::move(*run.start);
  run.start.reset();
  running_.emplace(key, std::move(run));
  stream_->send(std::move(start));
}

void ChaincodeHandler::execute(std::shared_ptr<Execution> execution, ChaincodeMessage start,
                               Duration deadline, OnChaincodeAnswer then) {
  const char* refusal = nullptr;
  std::string text;
  {
    std::lock_guard lock(mutex_);
    const Key key{execution->channel(), execution->proposal->transaction_id};
    const auto found = running_.find(key);
    if (!stream_) {
      refusal = kTerminated;
    } else if (found != running_.end() &&
               found->second.execution->simulation == execution->simulation) {
      // The chaincode calls itself, directly or by way of another.
      text = fmt::format("error sending: txid: {}({}) exists", key.second, key.first);
      refusal = text.c_str();
    } else {
      Run run{std::move(execution), deadline, std::move(then), false,
              std::make_shared<ChaincodeMessage>(std::move(start))};
      if (found == running_.end())
        start_run(std::move(run));
      else
        waiting_[key].push_back(std::move(run));
    }
  }
  if (refusal) then(fail(refusal));
}

void ChaincodeHandler::expire(Duration now) {
  std::vector<OnChaincodeAnswer> expired;
  {
    std::lock_guard lock(mutex_);
    std::vector<Key> late;
    for (const auto& [key, run] : running_)
      if (run.deadline <= now) late.push_back(key);
    for (auto& [key, runs] : waiting_)
      std::erase_if(runs, [&](Run& run) {
        if (run.deadline > now) return false;
        expired.push_back(std::move(run.then));
        return true;
      });
    std::erase_if(waiting_, [](const auto& entry) { return entry.second.empty(); });
    for (const Key& key : late) expired.push_back(take_run(key));
  }
  for (auto& then : expired) then(fail(kTimeout));
}

void ChaincodeHandler::ended(const std::string& reason) {
  std::vector<OnChaincodeAnswer> lost;
  std::string id;
  {
    std::lock_guard lock(mutex_);
    stream_ = nullptr;
    id = id_;
    for (auto& [key, run] : running_) lost.push_back(std::move(run.then));
    for (auto& [key, runs] : waiting_)
      for (auto& run : runs) lost.push_back(std::move(run.then));
    running_.clear();
    waiting_.clear();
  }
  host_.gone(id, this, reason);
  for (auto& then : lost) then(fail(kTerminated));
}

void ChaincodeHandler::take_request(ChaincodeMessage message) {
  const Key key{message.channel_id(), message.txid()};
  std::shared_ptr<Execution> execution;
  {
    std::lock_guard lock(mutex_);
    const auto found = running_.find(key);
    if (found != running_.end()) {
      if (found->second.busy) {
        log::warn("a chaincode sends a request before its last one is answered: dropped",
                  {{"chaincode", id_}, {"transaction", key.second}});
        return;
      }
      found->second.busy = true;
      execution = found->second.execution;
    }
  }
  if (!execution)
    return reply(message, fail(message.type() == ChaincodeMessage::INVOKE_CHAINCODE
                                   ? "could not get valid transaction"
                                   : "no ledger context"));
  if (message.type() != ChaincodeMessage::INVOKE_CHAINCODE)
    return reply(message, answer(*execution, message));
  ::protos::ChaincodeSpec spec;
  if (!spec.ParseFromString(message.payload()))
    return reply(message, fail("unmarshal failed: proto: cannot parse invalid wire-format data"));
  message.clear_payload();
  host_.call(std::move(execution), spec,
             [self = shared_from_this(), message = std::move(message)](ChaincodeAnswer answer) {
               if (!answer) return self->reply(message, fail(answer.error().message));
               self->reply(message, (*answer)->SerializeAsString());
             });
}

void ChaincodeHandler::reply(const ChaincodeMessage& request, const Result<std::string>& answer) {
  ChaincodeMessage out;
  out.set_txid(request.txid());
  out.set_channel_id(request.channel_id());
  if (answer) {
    out.set_type(ChaincodeMessage::RESPONSE);
    out.set_payload(*answer);
  } else {
    out.set_type(ChaincodeMessage::ERROR);
    out.set_payload(fmt::format("{} failed: transaction ID: {}: {}",
                                ChaincodeMessage::Type_Name(request.type()), request.txid(),
                                answer.error().message));
  }
  std::lock_guard lock(mutex_);
  const auto found = running_.find({request.channel_id(), request.txid()});
  if (found != running_.end()) found->second.busy = false;
  if (stream_) stream_->send(std::move(out));
}

}  // namespace belfry::devnet
