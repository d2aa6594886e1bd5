#include "standin/gate.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

namespace belfry::tests {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

bool write_all(int to, const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t written = ::send(to, bytes, size, MSG_NOSIGNAL);
    if (written <= 0) return false;
    bytes += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

}  // namespace

Gate::Gate(int target_port, int port) : target_port_(target_port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = loopback(port);
  socklen_t size = sizeof address;
  BELFRY_CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  BELFRY_CHECK(::listen(listener_, 16) == 0);
  BELFRY_CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { accept_all(); });
}

Gate::~Gate() {
  closing_ = true;
  acceptor_.join();
  threads_.clear();
  ::close(listener_);
}

void Gate::accept_all() {
  while (!closing_) {
    pollfd wait{listener_, POLLIN, 0};
    if (::poll(&wait, 1, 20) <= 0) continue;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    ++connections_;
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(target_port_);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(client);
      ::close(server);
      continue;
    }
    const std::lock_guard lock(mutex_);
    threads_.emplace_back([this, client, server] { pass(client, server); });
  }
}

void Gate::pass(int client, int server) {
  std::vector<char> buffer(64 << 10);
  uint64_t from_server = 0;
  bool open = true;
  while (open && !closing_) {
    pollfd both[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    if (frozen_) {
      ::poll(nullptr, 0, 5);
      continue;
    }
    if (::poll(both, 2, 20) <= 0) continue;
    for (int side = 0; side < 2 && open; ++side) {
      if ((both[side].revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
      const ssize_t got = ::recv(both[side].fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) {
        open = false;
        break;
      }
      auto size = static_cast<size_t>(got);
      const uint64_t limit = cut_after_;
      if (side == 1 && limit > 0 && from_server + size >= limit) {
        size = from_server < limit ? static_cast<size_t>(limit - from_server) : 0;
        open = false;
      }
      if (side == 1) from_server += size;
      if (!write_all(side == 0 ? server : client, buffer.data(), size)) open = false;
    }
  }
  ::close(client);
  ::close(server);
}

}  // namespace belfry::tests
