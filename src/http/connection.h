// One client's connection: reads a request, hands it to the handler, sends the answer, and begins
// anew. Requests that were pipelined wait in the socket until the one before is answered. Lives and
// runs on its loop's thread. Internal to http/.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "http/event_loop.h"
#include "http/request_parser.h"
#include "http/server.h"
#include "http/transport.h"

namespace belfry::http {

struct StreamState;

class Connection {
 public:
  Connection(EventLoop& loop, uint64_t id, Socket socket, std::string peer);
  ~Connection();

  void ready(uint32_t events);  // of epoll, edge-triggered; 0: another turn
  void respond(ServerResponse response);
  void stream_write(std::string_view piece);
  void stream_end();
  void abort() { close(); }

  Duration deadline() const { return deadline_; }
  void deadline_passed();
  bool closed() const { return phase_ == Phase::closed; }
  bool in_handler() const { return in_handler_; }

 private:
  enum class Phase { reading, handling, sending, streaming, lingering, closed };

  void advance();
  bool read_request();
  bool charge();
  void release();
  bool flush();
  void handle();
  void answer_sent();
  void refuse(int status, std::string_view reason);
  void write_head(const ServerResponse& response, bool has_body);
  void linger();
  void close();

  EventLoop& loop_;
  const uint64_t id_;
  Socket socket_;
  std::unique_ptr<Transport> transport_;
  const std::string peer_;
  RequestParser parser_;
  Phase phase_ = Phase::reading;
  bool readable_ = true, writable_ = true, half_closed_ = false;
  bool in_handler_ = false, continued_ = false, keep_ = true, head_only_ = false,
       old_version_ = false;
  std::string in_;  // read from the socket, not yet parsed: at most one scratch buffer
  size_t in_at_ = 0;
  std::string out_, out_body_;  // sent one after the other
  size_t out_at_ = 0;
  size_t lingered_ = 0;
  size_t charged_ = 0;  // bytes of the server's body_memory
  Duration deadline_;
  std::shared_ptr<std::atomic<bool>> disconnected_ = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<StreamState> stream_;
};

}  // namespace belfry::http
