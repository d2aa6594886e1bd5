#include "load/client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace belfry::bench {
namespace {

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "load: %s\n", what.c_str());
  std::exit(1);
}

sockaddr_in address_of(const std::string& host_port) {
  const size_t colon = host_port.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  uint16_t port = 0;
  if (colon == std::string::npos ||
      std::from_chars(host_port.data() + colon + 1, host_port.data() + host_port.size(), port).ec !=
          std::errc() ||
      ::inet_pton(AF_INET, host_port.substr(0, colon).c_str(), &address.sin_addr) != 1)
    give_up("expected ADDRESS:PORT, not " + host_port);
  address.sin_port = htons(port);
  return address;
}

// The value of a header of the answer's head; "" when it is not there.
std::string_view header(std::string_view head, std::string_view name) {
  for (size_t at = head.find("\r\n"); at != head.npos; at = head.find("\r\n", at)) {
    at += 2;
    if (head.size() - at <= name.size() || head[at + name.size()] != ':' ||
        ::strncasecmp(head.data() + at, name.data(), name.size()) != 0)
      continue;
    std::string_view value = head.substr(at + name.size() + 1);
    value = value.substr(0, value.find("\r\n"));
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    return value;
  }
  return {};
}

}  // namespace

int64_t now() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

Client::Client(const std::string& host_port, size_t connections, Handler handler)
    : host_port_(host_port),
      handler_(std::move(handler)),
      epoll_(::epoll_create1(0)),
      connections_(connections) {
  for (size_t i = 0; i < connections; ++i) connect(i);
}

Client::~Client() {
  for (const auto& connection : connections_) ::close(connection.socket);
  ::close(epoll_);
}

void Client::connect(size_t index) {
  auto& connection = connections_[index];
  if (connection.socket >= 0) ::close(connection.socket);
  const sockaddr_in address = address_of(host_port_);
  connection.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(connection.socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
      0)
    give_up("cannot connect to " + host_port_ + ": " + std::strerror(errno));
  const int yes = 1;
  (void)::setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = index;
  (void)::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event);
}

void Client::send(size_t index, std::string_view request) {
  auto& connection = connections_[index];
  connection.busy = true;
  ++under_way_;
  while (!request.empty()) {
    const ssize_t sent = ::send(connection.socket, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent < 0) give_up(std::string("cannot send: ") + std::strerror(errno));
    request.remove_prefix(static_cast<size_t>(sent));
  }
}

// Whether the answer has come whole. Answers have a Content-Length, are chunked, or are empty.
bool Client::complete(Connection& connection) const {
  const std::string_view in = connection.in;
  if (connection.head == 0) {
    const size_t end = in.find("\r\n\r\n");
    if (end == in.npos) return false;
    const std::string_view head = in.substr(0, end + 2);
    connection.head = end + 4;
    connection.status = std::atoi(connection.in.c_str() + 9);
    connection.closes = header(head, "connection") == "close" || head.starts_with("HTTP/1.0");
    const std::string_view length = header(head, "content-length");
    size_t size = 0;
    if (!length.empty())
      (void)std::from_chars(length.data(), length.data() + length.size(), size);
    else if (header(head, "transfer-encoding") == "chunked")
      size = std::string::npos;
    connection.end = size == std::string::npos ? size : connection.head + size;
  }
  if (connection.end == std::string::npos) return in.ends_with("\r\n0\r\n\r\n");
  return in.size() >= connection.end;
}

void Client::readable(size_t index) {
  auto& connection = connections_[index];
  char buffer[64 << 10];
  const ssize_t got = ::recv(connection.socket, buffer, sizeof buffer, 0);
  if (got <= 0 && !connection.busy) return connect(index);
  if (got <= 0) give_up("the server closed a connection in the middle of an answer");
  connection.in.append(buffer, static_cast<size_t>(got));
  if (!complete(connection)) return;
  const std::string answer = std::exchange(connection.in, {});
  const Reply reply{connection.status, std::string_view(answer).substr(connection.head)};
  connection.head = 0;
  connection.busy = false;
  --under_way_;
  if (connection.closes) connect(index);
  handler_(index, reply);
}

void Client::wait(int64_t until) {
  epoll_event events[256];
  const int64_t left = std::max<int64_t>(until - now(), 0);
  const timespec timeout{static_cast<time_t>(left / 1'000'000'000), left % 1'000'000'000};
  const int count = ::epoll_pwait2(epoll_, events, std::size(events), &timeout, nullptr);
  for (int i = 0; i < count; ++i) readable(events[i].data.u64);
}

}  // namespace belfry::bench
