// The cheap side of a benchmark: many keep-alive HTTP/1.1 connections on one thread, each with at
// most one request under way. It reads just enough of an answer to know where it ends, so that what
// is measured is the server.
//
// Anything it does not expect (a refusal to connect, a broken answer) ends the program with a
// sentence: a benchmark of something else would be worse.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::bench {

int64_t now();  // monotonic, nanoseconds

struct Reply {
  int status = 0;
  std::string_view body;  // until the handler returns
};

class Client {
 public:
  // Called on each answer; may send the next request on the same connection or another idle one.
  using Handler = std::function<void(size_t connection, const Reply& reply)>;

  Client(const std::string& host_port, size_t connections, Handler handler);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(size_t connection, std::string_view request);  // which must be idle
  bool idle(size_t connection) const { return !connections_[connection].busy; }
  size_t size() const { return connections_.size(); }
  size_t under_way() const { return under_way_; }

  // Handles what comes until the moment (now()'s clock) or, if earlier, until one round of answers
  // was handled.
  void wait(int64_t until);

 private:
  struct Connection {
    int socket = -1;
    bool busy = false;
    std::string in;
    size_t head = 0, end = 0;  // of the answer, once its head is there
    int status = 0;
    bool closes = false;
  };
  void connect(size_t connection);
  void readable(size_t connection);
  bool complete(Connection& connection) const;

  const std::string host_port_;
  const Handler handler_;
  int epoll_;
  size_t under_way_ = 0;
  std::vector<Connection> connections_;
};

}  // namespace belfry::bench
