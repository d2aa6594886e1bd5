#include <grpcpp/grpcpp.h>

#include "belfry/chaincode/serve.h"
#include "peer/chaincode_shim.grpc.pb.h"
#include "session.h"
#include "workers.h"

namespace belfry::chaincode {
namespace {

using protos::ChaincodeMessage;

constexpr std::chrono::seconds kConnect{30};

std::shared_ptr<grpc::ChannelCredentials> credentials(const std::optional<Tls>& tls) {
  if (!tls) return grpc::InsecureChannelCredentials();
  return grpc::SslCredentials({tls->authority, tls->key, tls->certificate});
}

}  // namespace

Error dial(const Chaincode& chaincode, const ServeOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(options.limits.message_bytes);
  arguments.SetMaxSendMessageSize(options.limits.message_bytes);
  const auto channel =
      grpc::CreateCustomChannel(options.address, credentials(options.tls), arguments);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + kConnect)) {
    return Error{"no peer answers at " + options.address};
  }
  const auto stub = protos::ChaincodeSupport::NewStub(channel);
  grpc::ClientContext context;
  const auto stream = stub->Register(&context);
  Workers workers(static_cast<std::size_t>(options.limits.threads),
                  static_cast<std::size_t>(options.limits.waiting));
  {
    Session session(
        chaincode, [&stream](const ChaincodeMessage& message) { return stream->Write(message); },
        workers, options.limits.answer_timeout);
    if (session.register_as(options.id)) {
      for (ChaincodeMessage message; stream->Read(&message);) session.handle(std::move(message));
    }
  }
  const grpc::Status status = stream->Finish();
  return Error{"the peer at " + options.address + " ended the stream" +
               (status.ok() ? std::string() : ": " + status.error_message())};
}

}  // namespace belfry::chaincode
