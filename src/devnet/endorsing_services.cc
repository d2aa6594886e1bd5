#include "devnet/endorsing_services.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "devnet/chaincode_streams.h"
#include "devnet/discovery_service.h"
#include "devnet/gateway.h"
#include "devnet/gateway_service.h"
#include "peer/peer.grpc.pb.h"

namespace belfry::devnet {
namespace {

class Endorser final : public ::protos::Endorser::CallbackService {
 public:
  Endorser(const Clock& clock, std::shared_ptr<EndorsingPeer> peer)
      : clock_(clock), peer_(std::move(peer)) {}

  grpc::ServerUnaryReactor* ProcessProposal(grpc::CallbackServerContext* context,
                                            const ::protos::SignedProposal* request,
                                            ::protos::ProposalResponse* response) override {
    auto* reactor = context->DefaultReactor();
    if (auto valid = check_expiry(*request, clock_.now()); !valid) {
      reactor->Finish({grpc::StatusCode::UNKNOWN, valid.error().message});
      return reactor;
    }
    peer_->process(std::make_shared<::protos::SignedProposal>(*request),
                   [reactor, response](ProposalAnswer answer) {
                     if (!answer)
                       return reactor->Finish({grpc::StatusCode::UNKNOWN, answer.error().message});
                     *response = std::move(**answer);
                     reactor->Finish(grpc::Status::OK);
                   });
    return reactor;
  }

 private:
  const Clock& clock_;
  const std::shared_ptr<EndorsingPeer> peer_;
};

}  // namespace

class EndorsingServices::Services final : public PeerServices {
 public:
  Services(const PeerContext& context, std::shared_ptr<EndorsingPeer> peer,
           const EndorsingPeers& peers, std::shared_ptr<void> running, Executor& executor)
      : running_(std::move(running)),
        endorser_(context.clock, peer),
        gateway_(make_gateway_service(std::make_shared<Gateway>(context, peer, peers), executor)),
        discovery_(make_discovery_service(std::make_shared<Discovery>(context, *peer, peers))) {}

  std::vector<grpc::Service*> services() override {
    return {&endorser_, &gateway_->service(), discovery_.get()};
  }
  void stop() override {
    gateway_->stop();
    running_.reset();
  }

 private:
  std::shared_ptr<void> running_;  // whoever lets go of it last stops the chaincodes' runtime
  Endorser endorser_;
  std::unique_ptr<GatewayService> gateway_;
  std::unique_ptr<grpc::Service> discovery_;
};

Result<std::unique_ptr<EndorsingServices>> EndorsingServices::create(EndorsingSettings settings,
                                                                     FileSystem& files,
                                                                     const Clock& clock) {
  std::unique_ptr<EndorsingServices> out(new EndorsingServices());
  auto installed = InstalledChaincodes::open(files, settings.folder, out->launcher_);
  if (!installed) return tl::unexpected(installed.error());
  out->installed_ = std::move(*installed);
  auto legacy = LegacyPackages::open(files, settings.folder, out->launcher_);
  if (!legacy) return tl::unexpected(legacy.error());
  out->legacy_ = std::move(*legacy);
  out->executor_ = thread_executor(1);
  out->runtime_ =
      ChaincodeRuntime::create(clock, *out->executor_, out->launcher_, settings.runtime);
  out->support_ = make_chaincode_support(out->runtime_);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(fmt::format("{}:{}", settings.host, settings.chaincode_port),
                           grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(out->support_.get());
  builder.SetMaxReceiveMessageSize(kMostChaincodeMessage);
  builder.SetMaxSendMessageSize(kMostChaincodeMessage);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Shims ping as they please.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 1000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  out->server_ = builder.BuildAndStart();
  if (!out->server_ || port == 0)
    return fail(fmt::format("cannot listen for chaincode on {}:{}: the port is taken",
                            settings.host, settings.chaincode_port));
  out->address_ = fmt::format("{}:{}", settings.host, port);
  out->launcher_.serve(out->runtime_, out->address_);
  return out;
}

EndorsingServices::~EndorsingServices() {
  if (runtime_) runtime_->stop();
  launcher_.stop();
  if (server_) server_->Shutdown();
  peers_.clear();
}

Network::MakeServices EndorsingServices::maker() {
  // With the last peer's services the runtime stops: transactions that still run end, and their
  // callers with them.
  const std::shared_ptr<void> running(nullptr, [runtime = runtime_](void*) { runtime->stop(); });
  return [this, running](const PeerContext& context,
                         Peer& peer) -> Result<std::unique_ptr<PeerServices>> {
    auto endorsing = EndorsingPeer::create(context, peer, runtime_, *installed_, *legacy_);
    if (!endorsing) return tl::unexpected(endorsing.error());
    peers_.push_back(*endorsing);
    return std::unique_ptr<PeerServices>(
        new Services(context, std::move(*endorsing), peers_, running, *executor_));
  };
}

}  // namespace belfry::devnet
