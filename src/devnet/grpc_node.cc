#include "devnet/grpc_node.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

namespace belfry::devnet {
namespace {

constexpr auto kGrace = std::chrono::milliseconds(20);
// Clients keep connections alive by pings; a peer takes one a minute at most, tests ping faster.
constexpr int kLeastPingMs = 5'000;

class Node final : public GrpcNode {
 public:
  Node(std::unique_ptr<grpc::Server> server, int port) : server_(std::move(server)), port_(port) {}
  ~Node() override {
    server_->Shutdown(std::chrono::system_clock::now() + kGrace);
    server_->Wait();
  }
  uint16_t port() const override { return static_cast<uint16_t>(port_); }

 private:
  const std::unique_ptr<grpc::Server> server_;
  const int port_;
};

std::shared_ptr<grpc::ServerCredentials> credentials(const GrpcNodeOptions& options) {
  if (!options.tls) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions tls(
      options.client_roots.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                   : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = options.client_roots;
  tls.pem_key_cert_pairs.push_back({options.tls->key, options.tls->certificate});
  return grpc::SslServerCredentials(tls);
}

}  // namespace

Result<std::unique_ptr<GrpcNode>> GrpcNode::start(const GrpcNodeOptions& options,
                                                  const std::vector<grpc::Service*>& services) {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(fmt::format("{}:{}", options.host, options.port), credentials(options),
                           &port);
  builder.SetMaxReceiveMessageSize(GrpcNodeOptions::kMostMessage);
  builder.SetMaxSendMessageSize(GrpcNodeOptions::kMostMessage);
  // A second process on the port is a mistake, not a partner.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kLeastPingMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  for (grpc::Service* service : services) builder.RegisterService(service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0)
    return fail(
        fmt::format("cannot listen on {}:{}: the port is taken, or the address is not this "
                    "machine's",
                    options.host, options.port));
  return std::make_unique<Node>(std::move(server), port);
}

}  // namespace belfry::devnet
