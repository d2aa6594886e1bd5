#include "session.h"

#include "call.h"
#include "exchange.h"
#include "peer/chaincode.pb.h"
#include "stream_peer.h"
#include "workers.h"

namespace belfry::chaincode {
namespace {

using protos::ChaincodeMessage;

PeerOffers read_offers(const std::string& payload) {
  constexpr int kMost = 10'000;  // whatever a peer says
  protos::ChaincodeAdditionalParams params;
  if (payload.empty() || !params.ParseFromString(payload)) return {};
  const auto bounded = [](bool offered, std::uint32_t size) {
    return offered ? static_cast<int>(std::min<std::uint32_t>(size, kMost)) : 0;
  };
  return {bounded(params.use_write_batch(), params.max_size_write_batch()),
          bounded(params.use_get_multiple_keys(), params.max_size_get_multiple_keys())};
}

void complete(const Response& response, ChaincodeMessage& out) {
  protos::Response body;
  body.set_status(response.status);
  // A proto text must be UTF-8, whatever a client's argument brought into the message.
  body.set_message(is_utf8(response.message) ? response.message : "the message is not UTF-8");
  body.set_payload(response.payload);
  out.set_payload(body.SerializeAsString());
  if (response.event) {
    out.mutable_chaincode_event()->set_event_name(response.event->name);
    out.mutable_chaincode_event()->set_payload(response.event->payload);
  }
}

}  // namespace

Session::Session(const Chaincode& chaincode, Wire wire, Workers& workers,
                 std::chrono::milliseconds answer_timeout)
    : chaincode_(chaincode),
      wire_(std::move(wire)),
      workers_(workers),
      answer_timeout_(answer_timeout) {}

std::shared_ptr<Session> Session::create(const Chaincode& chaincode, Wire wire, Workers& workers,
                                         std::chrono::milliseconds answer_timeout) {
  return std::shared_ptr<Session>(new Session(chaincode, std::move(wire), workers, answer_timeout));
}

bool Session::register_as(const std::string& chaincode_id) {
  protos::ChaincodeID id;
  id.set_name(chaincode_id);
  ChaincodeMessage message;
  message.set_type(ChaincodeMessage::REGISTER);
  message.set_payload(id.SerializeAsString());
  return send(std::move(message));
}

void Session::handle(ChaincodeMessage message) {
  switch (message.type()) {
    case ChaincodeMessage::READY: {
      const std::lock_guard lock(mutex_);
      offers_ = read_offers(message.payload());
      return;
    }
    case ChaincodeMessage::KEEPALIVE:
      send(std::move(message));
      return;
    case ChaincodeMessage::TRANSACTION:
    case ChaincodeMessage::INIT:
      start(std::move(message));
      return;
    case ChaincodeMessage::RESPONSE:
    case ChaincodeMessage::ERROR: {
      std::shared_ptr<Exchange> exchange;
      {
        const std::lock_guard lock(mutex_);
        const auto found = running_.find({message.channel_id(), message.txid()});
        if (found != running_.end()) exchange = found->second;
      }
      if (exchange) exchange->answer(std::move(message));
      return;
    }
    default:  // REGISTERED, and what a peer never sends
      return;
  }
}

void Session::start(ChaincodeMessage message) {
  const Key key{message.channel_id(), message.txid()};
  auto exchange = std::make_shared<Exchange>(
      key.first, key.second, [this](ChaincodeMessage out) { return send(std::move(out)); },
      answer_timeout_);
  {
    const std::lock_guard lock(mutex_);
    // The same transaction again would mix up both; a peer keeps them apart.
    if (ended_ || !running_.emplace(key, exchange).second) return;
  }
  auto shared = std::make_shared<ChaincodeMessage>(std::move(message));
  if (workers_.submit([self = shared_from_this(), shared, exchange, key] {
        self->finish(key, self->run(*shared, *exchange));
      })) {
    return;
  }
  ChaincodeMessage busy = exchange->message(ChaincodeMessage::COMPLETED, "");
  complete({500, "the chaincode is busy: too many transactions wait for a thread", "", {}}, busy);
  finish(key, std::move(busy));
}

ChaincodeMessage Session::run(const ChaincodeMessage& message, Exchange& exchange) {
  PeerOffers offers;
  {
    const std::lock_guard lock(mutex_);
    offers = offers_;
  }
  ChaincodeMessage out = exchange.message(ChaincodeMessage::COMPLETED, "");
  auto call = read_call(message);
  if (!call) {
    complete({500, call.error().message, "", {}}, out);
    return out;
  }
  StreamPeer peer(exchange, offers);
  Response response = chaincode_.execute(*call, peer);
  if (response.status < 400) {
    if (auto written = peer.flush(); !written) response = {500, written.error().message, "", {}};
  }
  complete(response, out);
  return out;
}

bool Session::send(ChaincodeMessage message) {
  const std::lock_guard lock(sending_);
  return !gone_ && wire_(std::move(message));
}

void Session::finish(const Key& key, ChaincodeMessage last) {
  {
    const std::lock_guard lock(mutex_);
    running_.erase(
        key);  // first: once the peer has the last message, it may send the same transaction anew
  }
  send(std::move(last));
}

void Session::ended() {
  {
    const std::lock_guard lock(sending_);
    gone_ = true;
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  for (auto& [key, exchange] : running_) exchange->end();
}

}  // namespace belfry::chaincode
