// A plain blocking TCP client for tests: sends bytes as they are, reads what comes.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace belfry::http {

class TestSocket {
 public:
  explicit TestSocket(uint16_t port, int receive_buffer = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0)
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const timeval patience{120, 0};  // a hung test fails instead
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~TestSocket() { ::close(socket_); }
  TestSocket(const TestSocket&) = delete;

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(count));
    }
  }
  void finish_sending() { ::shutdown(socket_, SHUT_WR); }

  // What comes until the text has come (and what came with it), or the connection has ended.
  std::string read_until(std::string_view text) {
    char buffer[4096];
    while (read_.find(text) == read_.npos) {
      const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
      if (count <= 0) break;
      read_.append(buffer, static_cast<size_t>(count));
    }
    return std::exchange(read_, {});
  }
  std::string read_to_end() {
    static constexpr std::string_view kNever("\0never\0", 7);
    return read_until(kNever);
  }

 private:
  const int socket_;
  std::string read_;
};

}  // namespace belfry::http
