// A TCP gate before a server: passes bytes on, and breaks in the ways of networks. It cuts a
// connection in the middle of a message, or keeps it open and lets nothing through any more,
// keepalive pings neither.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace belfry::tests {

class Gate {
 public:
  // Listens on a free port (or the given one) of 127.0.0.1 and connects onward to `target_port`.
  explicit Gate(int target_port, int port = 0);
  ~Gate();

  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // Each connection ends after so many bytes from the server; 0: never.
  void cut_after(uint64_t bytes) { cut_after_ = bytes; }
  void freeze(bool frozen) { frozen_ = frozen; }
  int connections() const { return connections_; }

 private:
  void accept_all();
  void pass(int client, int server);

  const int target_port_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<uint64_t> cut_after_{0};
  std::atomic<bool> frozen_{false}, closing_{false};
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::vector<std::jthread> threads_;
  std::jthread acceptor_;
};

}  // namespace belfry::tests
