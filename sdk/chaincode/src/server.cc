#include <grpcpp/grpcpp.h>

#include "belfry/chaincode/serve.h"
#include "peer/chaincode_shim.grpc.pb.h"
#include "stream.h"
#include "workers.h"

namespace belfry::chaincode {
namespace {

using protos::ChaincodeMessage;

constexpr int kPingInterval =
    10'000;  // milliseconds: peers may ping that often without being taken for a flood

std::shared_ptr<grpc::ServerCredentials> credentials(const std::optional<Tls>& tls) {
  if (!tls) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options(
      tls->authority.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                             : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = tls->authority;
  options.pem_key_cert_pairs.push_back({tls->key, tls->certificate});
  return grpc::SslServerCredentials(options);
}

class Connection final
    : public Stream<grpc::ServerBidiReactor<ChaincodeMessage, ChaincodeMessage>> {
 public:
  Connection(const belfry::chaincode::Chaincode& chaincode, Workers& workers,
             const ServeOptions& options)
      : Stream(chaincode, workers, options.limits.answer_timeout) {
    begin(options.id);
  }

 private:
  void close() override { Finish(grpc::Status::OK); }
  void OnDone() override { delete this; }
};

class GrpcServer final : public Server, private protos::Chaincode::CallbackService {
 public:
  GrpcServer(belfry::chaincode::Chaincode chaincode, ServeOptions options)
      : chaincode_(std::move(chaincode)),
        options_(std::move(options)),
        workers_(static_cast<std::size_t>(options_.limits.threads),
                 static_cast<std::size_t>(options_.limits.waiting)) {}

  ~GrpcServer() override {
    if (!server_) return;
    // Streams last as long as peers want them: they are cancelled, and their transactions with
    // them.
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
  }

  Result<> listen() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(options_.address, credentials(options_.tls), &port_);
    builder.RegisterService(this);
    builder.SetMaxReceiveMessageSize(options_.limits.message_bytes);
    builder.SetMaxSendMessageSize(options_.limits.message_bytes);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                               kPingInterval);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    server_ = builder.BuildAndStart();
    if (!server_ || port_ == 0)
      return Error{"cannot serve on " + options_.address +
                   ": is it taken, or the certificate none?"};
    return {};
  }

  int port() const override { return port_; }

 private:
  grpc::ServerBidiReactor<ChaincodeMessage, ChaincodeMessage>* Connect(
      grpc::CallbackServerContext*) override {
    return new Connection(chaincode_, workers_, options_);
  }

  const belfry::chaincode::Chaincode chaincode_;
  const ServeOptions options_;
  Workers workers_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(Chaincode chaincode, ServeOptions options) {
  auto server = std::make_unique<GrpcServer>(std::move(chaincode), std::move(options));
  if (auto listening = server->listen(); !listening) return listening.error();
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace belfry::chaincode
