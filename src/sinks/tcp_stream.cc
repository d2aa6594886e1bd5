#include "sinks/tcp_stream.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace belfry::sinks {
namespace {

std::string openssl_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "the connection was closed";
  const char* text = ERR_reason_error_string(code);
  return text ? text : fmt::format("TLS error {}", code);
}

class PlainStream : public TcpStream {
 public:
  explicit PlainStream(int socket) : socket_(socket) {}
  ~PlainStream() override { ::close(socket_); }
  PlainStream(const PlainStream&) = delete;

  int descriptor() const override { return socket_; }

  short interest(bool has_output) const override {
    if (!connected_) return POLLOUT;
    return static_cast<short>(has_output ? POLLIN | POLLOUT : POLLIN);
  }

  Result<bool> establish() override {
    if (connected_) return true;
    pollfd ready{socket_, POLLOUT, 0};
    if (::poll(&ready, 1, 0) <= 0) return false;
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) return fail(std::strerror(error));
    connected_ = true;
    return true;
  }

  Result<size_t> read(char* into, size_t size) override {
    const ssize_t count = ::recv(socket_, into, size, 0);
    if (count > 0) return static_cast<size_t>(count);
    if (count == 0) return fail("the connection was closed");
    if (errno == EAGAIN || errno == EINTR) return size_t{0};
    return fail(std::strerror(errno));
  }

  Result<size_t> write(std::string_view bytes) override {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) return static_cast<size_t>(count);
    if (errno == EAGAIN || errno == EINTR) return size_t{0};
    return fail(std::strerror(errno));
  }

 protected:
  const int socket_;

 private:
  bool connected_ = false;
};

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

class TlsStream final : public PlainStream {
 public:
  TlsStream(int socket, std::unique_ptr<SSL, FreeSsl> ssl)
      : PlainStream(socket), ssl_(std::move(ssl)) {
    SSL_set_fd(ssl_.get(), socket);
    SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  }

  short interest(bool has_output) const override {
    return shaken_ || wanted_ == 0 ? PlainStream::interest(has_output) : wanted_;
  }

  Result<bool> establish() override {
    if (shaken_) return true;
    auto connected = PlainStream::establish();
    if (!connected || !*connected) return connected;
    auto done = outcome(SSL_connect(ssl_.get()));
    if (!done) {
      const long verified = SSL_get_verify_result(ssl_.get());
      if (verified != X509_V_OK)
        return fail(fmt::format("the certificate does not hold: {}",
                                X509_verify_cert_error_string(verified)));
      return fail("TLS: " + done.error().message);
    }
    return shaken_ = *done > 0;
  }

  Result<size_t> read(char* into, size_t size) override {
    return outcome(SSL_read(ssl_.get(), into, static_cast<int>(size)));
  }

  Result<size_t> write(std::string_view bytes) override {
    return outcome(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())));
  }

 private:
  Result<size_t> outcome(int result) {
    wanted_ = 0;
    if (result > 0) return static_cast<size_t>(result);
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        wanted_ = POLLIN;
        return size_t{0};
      case SSL_ERROR_WANT_WRITE:
        wanted_ = POLLOUT;
        return size_t{0};
      default:
        return fail(openssl_reason());
    }
  }

  const std::unique_ptr<SSL, FreeSsl> ssl_;
  short wanted_ = 0;  // by the handshake
  bool shaken_ = false;
};

Result<std::unique_ptr<SSL, FreeSsl>> make_ssl(const TcpAddress& address, const TlsSettings& tls) {
  const std::unique_ptr<SSL_CTX, FreeSsl> context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const bool loaded =
      tls.authorities.empty()
          ? SSL_CTX_set_default_verify_paths(context.get()) == 1
          : SSL_CTX_load_verify_locations(context.get(), tls.authorities.c_str(), nullptr) == 1;
  if (!loaded)
    return fail(fmt::format("cannot load certificate authorities from {}: {}", tls.authorities,
                            openssl_reason()));
  std::unique_ptr<SSL, FreeSsl> ssl(SSL_new(context.get()));  // keeps the context
  const std::string& name = tls.name.empty() ? address.host : tls.name;
  SSL_set_tlsext_host_name(ssl.get(), name.c_str());
  // An address in numbers is compared with the certificate's addresses, a name with its names.
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), name.c_str()) != 1) {
    ERR_clear_error();
    if (SSL_set1_host(ssl.get(), name.c_str()) != 1) return fail("TLS: " + openssl_reason());
  }
  return ssl;
}

}  // namespace

Result<TcpAddress> parse_tcp_address(std::string_view text) {
  const size_t colon = text.rfind(':');
  std::string_view host = text.substr(0, std::min(colon, text.size()));
  uint16_t port = 0;
  if (colon != text.npos) {
    const std::string_view digits = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size()) port = 0;
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || port == 0)
    return fail(fmt::format(
        "'{}' is no address: a host, a colon and a port, as in smsc.example.net:2775", text));
  return TcpAddress{std::string(host), port};
}

Result<std::unique_ptr<TcpStream>> TcpStream::connect(const TcpAddress& address,
                                                      const TlsSettings& tls, size_t attempt) {
  std::unique_ptr<SSL, FreeSsl> ssl;
  if (tls.enabled) {
    auto made = make_ssl(address, tls);
    if (!made) return tl::unexpected(made.error());
    ssl = std::move(*made);
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error =
          ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found))
    return fail(::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  size_t count = 0;
  for (const addrinfo* each = found; each; each = each->ai_next) ++count;
  const addrinfo* chosen = found;
  for (size_t skip = attempt % count; skip > 0; --skip) chosen = chosen->ai_next;

  const int socket = ::socket(chosen->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return fail(std::strerror(errno));
  const int yes = 1;
  (void)::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (::connect(socket, chosen->ai_addr, chosen->ai_addrlen) != 0 && errno != EINPROGRESS) {
    const int error = errno;
    ::close(socket);
    return fail(std::strerror(error));
  }
  if (ssl) return std::unique_ptr<TcpStream>(std::make_unique<TlsStream>(socket, std::move(ssl)));
  return std::unique_ptr<TcpStream>(std::make_unique<PlainStream>(socket));
}

}  // namespace belfry::sinks
