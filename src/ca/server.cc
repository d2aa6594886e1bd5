#include "ca/server.h"

#include <fmt/format.h>

#include "base/check.h"
#include "ca/endpoints.h"
#include "http/server.h"

namespace belfry::ca {
namespace {

class HttpCaServer final : public CaServer {
 public:
  explicit HttpCaServer(std::vector<Ca*> authorities) : authorities_(std::move(authorities)) {}

  Result<void> listen(const CaServerOptions& options) {
    http::Server::Options http;
    http.address = options.address;
    http.port = options.port;
    if (options.tls) http.tls = http::ServerTls{options.tls->certificate, options.tls->key, {}};
    http.body_limit = options.body_limit;
    http.connections = options.connections;
    auto server =
        http::Server::start(http, [this](http::ServerRequest request, http::Respond respond) {
          respond(answer(request, authorities_));
        });
    if (!server) return tl::unexpected(server.error());
    server_ = std::move(*server);
    return {};
  }

  uint16_t port() const override { return server_->port(); }

 private:
  const std::vector<Ca*> authorities_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace

Result<std::unique_ptr<CaServer>> CaServer::start(CaServerOptions options, std::vector<Ca*> ca) {
  BELFRY_CHECK(!ca.empty());
  auto server = std::make_unique<HttpCaServer>(std::move(ca));
  if (auto listening = server->listen(options); !listening)
    return tl::unexpected(listening.error());
  return std::unique_ptr<CaServer>(std::move(server));
}

}  // namespace belfry::ca
