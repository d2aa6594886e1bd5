#include <grpcpp/grpcpp.h>

#include <future>

#include "belfry/chaincode/serve.h"
#include "peer/chaincode_shim.grpc.pb.h"
#include "stream.h"
#include "workers.h"

namespace belfry::chaincode {
namespace {

using protos::ChaincodeMessage;

constexpr std::chrono::seconds kConnect{30};

std::shared_ptr<grpc::ChannelCredentials> credentials(const std::optional<Tls>& tls) {
  if (!tls) return grpc::InsecureChannelCredentials();
  return grpc::SslCredentials({tls->authority, tls->key, tls->certificate});
}

class Dialled final : public Stream<grpc::ClientBidiReactor<ChaincodeMessage, ChaincodeMessage>> {
 public:
  Dialled(const Chaincode& chaincode, Workers& workers, const ServeOptions& options,
          const std::shared_ptr<grpc::Channel>& channel)
      : Stream(chaincode, workers, options.limits.answer_timeout),
        stub_(protos::ChaincodeSupport::NewStub(channel)) {
    stub_->async()->Register(&context_, this);
    AddHold();  // transactions send from their own threads, until close()
    begin(options.id);
  }

  // The stream's end; it is gone by then. Once.
  std::future<grpc::Status> start() {
    auto end = end_.get_future();
    StartCall();
    return end;
  }

 private:
  void close() override { RemoveHold(); }
  void OnDone(const grpc::Status& status) override {
    auto end = std::move(end_);
    delete this;
    end.set_value(status);
  }

  const std::unique_ptr<protos::ChaincodeSupport::Stub> stub_;
  grpc::ClientContext context_;
  std::promise<grpc::Status> end_;
};

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
  Workers workers(static_cast<std::size_t>(options.limits.threads),
                  static_cast<std::size_t>(options.limits.waiting));
  const grpc::Status status = (new Dialled(chaincode, workers, options, channel))->start().get();
  return Error{"the peer at " + options.address + " ended the stream" +
               (status.ok() ? std::string() : ": " + status.error_message())};
}

}  // namespace belfry::chaincode
