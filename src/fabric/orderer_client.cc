#include "fabric/orderer_client.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "orderer/ab.grpc.pb.h"

namespace belfry::fabric {

Result<OrdererClient> OrdererClient::make(const PeerAddress& orderer,
                                          const ConnectionLimits& limits) {
  auto connected = connect(orderer, limits);
  if (!connected) return fail(orderer.address + ": " + connected.error().message);
  OrdererClient out;
  out.orderer_ = orderer;
  out.limits_ = limits;
  out.connected_ = std::move(*connected);
  return out;
}

RpcResult<void> OrdererClient::broadcast(const std::string& envelope, Duration patience) const {
  common::Envelope message;
  if (!message.ParseFromString(envelope)) return refuse("the transaction does not decode");
  grpc::ClientContext context;
  context.set_deadline(deadline_after(patience));
  const auto stub = orderer::AtomicBroadcast::NewStub(connected_.channel);
  const auto stream = stub->Broadcast(&context);
  orderer::BroadcastResponse response;
  const bool answered = stream->Write(message) && stream->Read(&response);
  stream->WritesDone();
  if (!answered) {
    ConnectionLimits limits = limits_;
    limits.answer_timeout = patience;
    return tl::unexpected(rpc_error(stream->Finish(), orderer_, limits));
  }
  context.TryCancel();  // nothing more is wanted of the stream
  (void)stream->Finish();
  if (response.status() == common::SUCCESS) return {};
  const bool not_ready = response.status() == common::SERVICE_UNAVAILABLE ||
                         response.status() == common::INTERNAL_SERVER_ERROR;
  return tl::unexpected(
      RpcError{not_ready ? RpcError::Kind::unreachable : RpcError::Kind::refused,
               fmt::format("the orderer {} refused with {} {}: {}", orderer_.address,
                           static_cast<int>(response.status()),
                           common::Status_Name(response.status()), response.info())});
}

}  // namespace belfry::fabric
