#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

#include "http/transport.h"

namespace belfry::http {
namespace {

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(int socket) : socket_(socket) {}

  Moved read(char* into, size_t size) override {
    ssize_t count = 0;
    do count = ::recv(socket_, into, size, 0);
    while (count < 0 && errno == EINTR);
    return moved(count);
  }

  Moved write(std::string_view first, std::string_view second) override {
    iovec parts[2];
    size_t used = 0;
    for (const std::string_view part : {first, second})
      if (!part.empty()) parts[used++] = {const_cast<char*>(part.data()), part.size()};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = used;
    ssize_t count = 0;
    do count = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
    while (count < 0 && errno == EINTR);
    return moved(count);
  }

  void finish_sending() override { ::shutdown(socket_, SHUT_WR); }
  bool is_plain() const override { return true; }

 private:
  static Moved moved(ssize_t count) {
    if (count > 0) return {State::moved, static_cast<size_t>(count)};
    return {count < 0 && errno == EAGAIN ? State::later : State::ended};
  }

  const int socket_;
};

}  // namespace

std::unique_ptr<Transport> plain_transport(int socket) {
  return std::make_unique<PlainTransport>(socket);
}

}  // namespace belfry::http
