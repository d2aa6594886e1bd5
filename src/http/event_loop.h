// The server's inner loop: one epoll instance and its connections on one thread, and a mailbox
// through which other threads reach them. Internal to http/.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/callback.h"
#include "http/server.h"

namespace belfry::http {

class Connection;
class EventLoop;
class TlsContext;

// Owns a file descriptor.
class Socket {
 public:
  explicit Socket(int descriptor = -1) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Socket();
  int get() const { return descriptor_; }
  void close() { Socket(std::move(*this)); }

 private:
  int descriptor_;
};

// Outlives its loop in the hands of answers and streams that were never finished.
class Mailbox {
 public:
  explicit Mailbox(int wake) : wake_(wake) {}
  void post(Callback<EventLoop&> task);  // from any thread; dropped once the loop has ended
  bool on_loop_thread() const;

 private:
  friend class EventLoop;
  std::mutex mutex_;
  std::vector<Callback<EventLoop&>> tasks_;
  const int wake_;       // eventfd, the loop's
  bool sleeps_ = false;  // the loop, or it is about to: it must be woken, once
  bool closed_ = false;
};

// What the loops of one server count together.
struct ServerCounts {
  std::atomic<size_t> connections{0};  // open
  std::atomic<size_t> body_bytes{0};   // of Options::body_memory
};

class EventLoop {
 public:
  EventLoop(const Server::Options& options, const RequestHandler& handler,
            std::shared_ptr<const TlsContext> tls, ServerCounts& counts);
  ~EventLoop();

  void run();   // until stop(); the thread that calls it owns the connections
  void stop();  // from any thread
  void adopt(Socket socket, std::string peer);  // from any thread; already counted
  void listen(int socket,
              Callback<> acceptable);  // before run(); called whenever connections may wait

  // On the loop's thread:
  Connection* find(uint64_t id);
  void again(uint64_t id) { again_.push_back(id); }  // give it another turn after the others
  void settle(uint64_t id);                          // forget it if it has closed
  Duration now() const { return now_; }              // monotonic, of this turn
  const std::string& date();                         // IMF-fixdate, of this second

  const Server::Options& options;
  const RequestHandler& handler;
  ServerCounts& counts;
  const std::shared_ptr<const TlsContext> tls;  // null: plain
  const std::shared_ptr<Mailbox> mailbox;
  std::vector<char> scratch;  // what a connection reads into

 private:
  void run_tasks();
  void tick();

  const int epoll_;
  std::unordered_map<uint64_t, std::unique_ptr<Connection>> connections_;
  std::vector<uint64_t> again_;
  Callback<> acceptable_;
  uint64_t next_id_;
  Duration now_{}, next_tick_{}, tick_;
  time_t date_second_ = 0;
  std::string date_;
  std::atomic<bool> stopping_{false};
};

}  // namespace belfry::http
