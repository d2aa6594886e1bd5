#include "http/server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "base/log.h"
#include "http/event_loop.h"
#include "http/transport.h"

namespace belfry::http {
namespace {

void raise_open_files(size_t connections) {
  rlimit limit{};
  const rlim_t wanted = connections + 256;  // beside them: the store's segments, clients' sockets
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

std::string address_text(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET)
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text,
                sizeof text);
  else if (address.ss_family == AF_INET6)
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text,
                sizeof text);
  return text;
}

uint16_t port_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

Result<int> listen_on(const std::string& address, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string where = fmt::format("{}:{}", address, port);
  if (const int error =
          ::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found);
      error != 0)
    return fail(fmt::format("cannot listen on {}: {}", where, ::gai_strerror(error)));
  const int socket = ::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int yes = 1;
  const bool listens =
      socket >= 0 && ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
      ::bind(socket, found->ai_addr, found->ai_addrlen) == 0 && ::listen(socket, 1024) == 0;
  const int error = errno;
  ::freeaddrinfo(found);
  if (listens) return socket;
  if (socket >= 0) ::close(socket);
  return fail(fmt::format("cannot listen on {}: {}", where, std::strerror(error)));
}

class EpollServer final : public Server {
 public:
  EpollServer(Options options, RequestHandler handler, std::shared_ptr<const TlsContext> tls,
              int socket)
      : options_(std::move(options)),
        handler_(std::move(handler)),
        socket_(socket),
        port_(port_of(socket)) {
    for (int i = 0; i < std::max(1, options_.threads); ++i)
      loops_.push_back(std::make_unique<EventLoop>(options_, handler_, tls, counts_));
    loops_[0]->listen(socket_, [this] { accept_waiting(); });
    for (auto& loop : loops_) threads_.emplace_back([&loop] { loop->run(); });
  }

  ~EpollServer() override {
    for (auto& loop : loops_) loop->stop();
    for (auto& thread : threads_) thread.join();
    loops_.clear();
    ::close(socket_);
  }

  uint16_t port() const override { return port_; }
  size_t connections() const override { return counts_.connections; }

 private:
  // On the first loop's thread. The loops take connections in turn.
  void accept_waiting() {
    while (true) {
      sockaddr_storage address{};
      socklen_t size = sizeof address;
      const int socket = ::accept4(socket_, reinterpret_cast<sockaddr*>(&address), &size,
                                   SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (socket < 0) {
        if (errno == EINTR || errno == ECONNABORTED) continue;
        if (errno != EAGAIN && !complained_) {
          log::error("cannot accept HTTP connections for now",
                     {{"reason", std::strerror(errno)}, {"port", port_}});
          complained_ = true;
        }
        return;  // the loop calls again at its next tick
      }
      complained_ = false;
      if (counts_.connections >= options_.connections) {
        static constexpr std::string_view kBusy =
            "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: "
            "1\r\nContent-Length: 0\r\n\r\n";
        (void)::send(socket, kBusy.data(), kBusy.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        ::close(socket);
        continue;
      }
      const int yes = 1;
      (void)::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      ++counts_.connections;
      loops_[next_++ % loops_.size()]->adopt(Socket(socket), address_text(address));
    }
  }

  const Options options_;
  const RequestHandler handler_;
  const int socket_;
  const uint16_t port_;
  ServerCounts counts_;
  std::vector<std::unique_ptr<EventLoop>> loops_;
  std::vector<std::thread> threads_;
  size_t next_ = 0;
  bool complained_ = false;
};

}  // namespace

const std::string* ServerRequest::header(std::string_view name) const {
  return find_header(headers, name);
}

std::optional<std::string_view> ServerRequest::parameter(std::string_view name) const {
  for (const auto& [key, value] : query)
    if (key == name) return value;
  return {};
}

std::string_view ServerRequest::captured(std::string_view name) const {
  for (const auto& [key, value] : captures)
    if (key == name) return value;
  return {};
}

Result<std::unique_ptr<Server>> Server::start(Options options, RequestHandler handler) {
  raise_open_files(options.connections);
  std::shared_ptr<const TlsContext> tls;
  if (options.tls) {
    auto made = TlsContext::make(*options.tls);
    if (!made) return tl::unexpected(made.error());
    tls = std::move(*made);
  }
  auto socket = listen_on(options.address, options.port);
  if (!socket) return tl::unexpected(socket.error());
  return std::unique_ptr<Server>(std::make_unique<EpollServer>(
      std::move(options), std::move(handler), std::move(tls), *socket));
}

}  // namespace belfry::http
