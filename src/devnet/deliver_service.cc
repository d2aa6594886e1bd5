#include "devnet/deliver_service.h"

#include "devnet/access.h"
#include "devnet/deliver_stream.h"
#include "peer/events.grpc.pb.h"

namespace belfry::devnet {
namespace {

using RawService = ::protos::Deliver::WithRawCallbackMethod_Deliver<
    ::protos::Deliver::WithRawCallbackMethod_DeliverFiltered<
        ::protos::Deliver::WithRawCallbackMethod_DeliverWithPrivateData<
            ::protos::Deliver::Service>>>;

DeliverHost make_host(const PeerContext& context, Peer& peer, bool mutual_tls,
                      const char* resource) {
  return {.clock = context.clock,
          .signatures = context.signatures,
          .find_channel = [&peer](std::string_view name) { return peer.channel(name); },
          .policy =
              [resource](const msp::ChannelConfig& config) { return policy_of(config, resource); },
          .mutual_tls = mutual_tls};
}

class DeliverService final : public RawService {
 public:
  DeliverService(const PeerContext& context, Peer& peer, bool mutual_tls)
      : blocks_(make_host(context, peer, mutual_tls, "event/Block")),
        filtered_(make_host(context, peer, mutual_tls, "event/FilteredBlock")),
        msp_id_(peer.msp_id()) {}

  DeliverReactor* Deliver(grpc::CallbackServerContext* context) override {
    return start_deliver_stream(
        blocks_, [](const auto& block, const auto&) { return block_frame(block); }, context);
  }
  DeliverReactor* DeliverFiltered(grpc::CallbackServerContext* context) override {
    return start_deliver_stream(
        filtered_, [](const auto& block, const auto&) { return filtered_frame(block); }, context);
  }
  DeliverReactor* DeliverWithPrivateData(grpc::CallbackServerContext* context) override {
    return start_deliver_stream(
        blocks_,
        [this](const auto& block, const auto& seek) {
          return private_frame(block, seek.channel(), msp_id_, seek.creator());
        },
        context);
  }

 private:
  const DeliverHost blocks_, filtered_;
  const std::string msp_id_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_deliver_service(const PeerContext& context, Peer& peer,
                                                    bool mutual_tls) {
  return std::make_unique<DeliverService>(context, peer, mutual_tls);
}

}  // namespace belfry::devnet
