#include "exchange.h"

namespace belfry::chaincode {

protos::ChaincodeMessage Exchange::message(protos::ChaincodeMessage::Type type,
                                           std::string payload) const {
  protos::ChaincodeMessage out;
  out.set_type(type);
  out.set_channel_id(channel_);
  out.set_txid(transaction_);
  out.set_payload(std::move(payload));
  return out;
}

Result<std::string> Exchange::ask(protos::ChaincodeMessage::Type type, std::string payload) {
  const Error gone{"the peer ended the stream"};
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return gone;
    waiting_ = true;
    answer_.reset();
  }
  if (!send_(message(type, std::move(payload)))) return gone;
  std::unique_lock lock(mutex_);
  const bool came = changed_.wait_for(lock, timeout_, [this] { return ended_ || answer_; });
  waiting_ = false;
  if (!came)
    return Error{"the peer did not answer " + protos::ChaincodeMessage::Type_Name(type) +
                 " in time"};
  if (!answer_) return gone;
  if (answer_->type() == protos::ChaincodeMessage::ERROR)
    return Error{std::move(*answer_->mutable_payload())};
  return std::move(*answer_->mutable_payload());
}

void Exchange::answer(protos::ChaincodeMessage message) {
  {
    const std::lock_guard lock(mutex_);
    if (!waiting_ || answer_) return;
    answer_ = std::move(message);
  }
  changed_.notify_one();
}

void Exchange::end() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_one();
}

}  // namespace belfry::chaincode
