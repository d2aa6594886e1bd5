#include "devnet/orderer_service.h"

#include <mutex>

#include "common/common.pb.h"
#include "devnet/broadcast_rules.h"
#include "devnet/deliver_stream.h"
#include "ledger/encode.h"
#include "orderer/ab.grpc.pb.h"

namespace belfry::devnet {
namespace {

using RawService = ::orderer::AtomicBroadcast::WithRawCallbackMethod_Broadcast<
    ::orderer::AtomicBroadcast::WithRawCallbackMethod_Deliver<::orderer::AtomicBroadcast::Service>>;

// Answers one envelope after another; the first refusal ends the stream.
class BroadcastStream final : public DeliverReactor {
 public:
  explicit BroadcastStream(Channels& channels) : channels_(channels) { StartRead(&incoming_); }

  void OnReadDone(bool got) override {
    if (!got) return finish(grpc::Status::OK);
    const std::string bytes = to_string(incoming_);
    ::common::Envelope envelope;
    if (!envelope.ParseFromString(bytes)) return finish(unparsed());
    const BroadcastAnswer answer = broadcast_to(channels_, bytes);
    ends_ = answer.status != Status::success;
    DeliverFrame frame = status_frame(answer.status);
    if (!answer.info.empty()) ledger::append_field(frame.head, 2, std::string_view(answer.info));
    outgoing_ = to_buffer(frame);
    std::lock_guard lock(mutex_);
    if (!finished_) StartWrite(&outgoing_);
  }
  void OnWriteDone(bool sent) override {
    if (!sent || ends_) return finish(grpc::Status::OK);
    std::lock_guard lock(mutex_);
    if (!finished_) StartRead(&incoming_);
  }
  void OnCancel() override { finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }

 private:
  void finish(const grpc::Status& status) {
    std::lock_guard lock(mutex_);
    if (finished_) return;
    finished_ = true;
    Finish(status);
  }

  Channels& channels_;
  grpc::ByteBuffer incoming_, outgoing_;
  bool ends_ = false;
  std::mutex mutex_;
  bool finished_ = false;
};

class OrdererService final : public RawService {
 public:
  OrdererService(Channels& channels, const Clock& clock,
                 std::shared_ptr<ledger::SignatureCache> signatures, bool mutual_tls)
      : channels_(channels),
        host_{.clock = clock,
              .signatures = std::move(signatures),
              .find_channel = [&channels](std::string_view name) { return channels.find(name); },
              .policy = [](const msp::ChannelConfig&) { return std::string("/Channel/Readers"); },
              .mutual_tls = mutual_tls} {}

  DeliverReactor* Broadcast(grpc::CallbackServerContext*) override {
    return new BroadcastStream(channels_);
  }
  DeliverReactor* Deliver(grpc::CallbackServerContext* context) override {
    return start_deliver_stream(
        host_, [](const auto& block, const auto&) { return ordered_frame(block); }, context);
  }

 private:
  Channels& channels_;
  const DeliverHost host_;
};

}  // namespace

BroadcastAnswer broadcast_to(Channels& channels, std::string_view envelope) {
  BroadcastAnswer refusal;
  auto message = read_message(envelope, refusal);
  if (!message) return refusal;
  auto channel = channels.find(message->channel);
  if (channel == nullptr)
    return {Status::bad_request,
            "channel creation request not allowed because the orderer system channel is not "
            "defined"};
  return channel->broadcast(envelope);
}

std::unique_ptr<grpc::Service> make_orderer_service(
    Channels& channels, const Clock& clock, std::shared_ptr<ledger::SignatureCache> signatures,
    bool mutual_tls) {
  return std::make_unique<OrdererService>(channels, clock, std::move(signatures), mutual_tls);
}

}  // namespace belfry::devnet
