// The least that an HTTP server in C++ can cost: one thread, epoll, one read and one write a
// request. It looks for the end of each request and answers the same 200 bytes to all. Prints its
// port, then serves until it is killed.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unordered_map>

namespace {

std::string answer() {
  const std::string body =
      R"({"MessageId":"00000000-0000-4000-8000-000000000000","MD5OfMessageBody":"00000000000000000000000000000000"})";
  return "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

// The size of the first request in `in`, or 0 while it is not whole.
size_t request_size(std::string_view in) {
  const size_t head = in.find("\r\n\r\n");
  if (head == in.npos) return 0;
  const size_t field = in.substr(0, head).find("Content-Length: ");
  const size_t body = field == in.npos ? 0 : std::strtoull(in.data() + field + 16, nullptr, 10);
  return in.size() >= head + 4 + body ? head + 4 + body : 0;
}

}  // namespace

int main() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener, 1024) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return std::perror("http_limit"), 1;
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);

  const int epoll = ::epoll_create1(0);
  epoll_event event{EPOLLIN, {.fd = listener}};
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  std::unordered_map<int, std::string> partial;
  const std::string reply = answer();
  static char buffer[64 << 10];
  epoll_event events[256];
  for (;;) {
    const int count = ::epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      const int socket = events[i].data.fd;
      if (socket == listener) {
        const int client = ::accept(listener, nullptr, nullptr);
        const int yes = 1;
        ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        event.data.fd = client;
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, client, &event);
        continue;
      }
      const ssize_t got = ::recv(socket, buffer, sizeof buffer, 0);
      if (got <= 0) {
        partial.erase(socket);
        ::close(socket);
        continue;
      }
      auto& in = partial[socket];
      in.append(buffer, static_cast<size_t>(got));
      for (size_t whole = request_size(in); whole > 0; whole = request_size(in)) {
        in.erase(0, whole);
        if (::send(socket, reply.data(), reply.size(), MSG_NOSIGNAL) < 0) break;
      }
    }
  }
}
