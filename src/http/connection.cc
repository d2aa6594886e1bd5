#include "http/connection.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "http/stream.h"

namespace belfry::http {
namespace {

constexpr int kRequestsPerTurn = 32;  // before other connections have their turn
// Bytes: read at once outside of bodies, so that what is pipelined costs no more; and of a body
// before it counts in Options::body_memory.
constexpr size_t kSmall = 16 << 10;
constexpr size_t kSeparateBody = 16 << 10;  // bytes: larger bodies are not copied behind their head
constexpr Duration kLinger = std::chrono::seconds(2);
constexpr size_t kLingerBytes = 4 << 20;
constexpr size_t kBytesPerTurn = 4 << 20;
constexpr Duration kNever = Duration::max();

// What a handler answers through. Knows its connection by number only, so it may outlive it.
class Responder {
 public:
  Responder(std::shared_ptr<Mailbox> mailbox, EventLoop* loop, uint64_t id)
      : mailbox_(std::move(mailbox)), loop_(loop), id_(id) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&&) = delete;
  ~Responder() {
    if (mailbox_)
      (*this)({500, {{"Content-Type", "text/plain"}}, "the handler gave no answer\n", {}});
  }

  void operator()(ServerResponse response) {
    const auto mailbox = std::move(mailbox_);
    if (!mailbox) return;  // the second answer to one request
    if (mailbox->on_loop_thread()) {
      Connection* connection = loop_->find(id_);
      if (connection && connection->in_handler()) return connection->respond(std::move(response));
    }
    mailbox->post([id = id_, response = std::move(response)](EventLoop& loop) mutable {
      if (Connection* connection = loop.find(id)) connection->respond(std::move(response));
      loop.settle(id);
    });
  }

 private:
  std::shared_ptr<Mailbox> mailbox_;
  EventLoop* loop_;  // valid on the loop's thread
  uint64_t id_;
};

}  // namespace

Connection::Connection(EventLoop& loop, uint64_t id, Socket socket, std::string peer)
    : loop_(loop),
      id_(id),
      socket_(std::move(socket)),
      transport_(loop.tls ? loop.tls->accept(socket_.get()) : plain_transport(socket_.get())),
      peer_(std::move(peer)),
      parser_(
          {.header_limit = loop.options.header_limit,
           .body_limit = loop.options.body_limit,
           .body_limit_of = loop.options.body_limit_of ? &loop.options.body_limit_of : nullptr}),
      deadline_(loop.now() + loop.options.idle_timeout) {}

Connection::~Connection() {
  close();
}

void Connection::close() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  release();
  socket_.close();
  *disconnected_ = true;
  if (const auto stream = std::move(stream_)) stream->client_gone();
}

void Connection::ready(uint32_t events) {
  if (events & (EPOLLERR | EPOLLHUP)) return close();
  // Inside TLS, reading may wait for writing and the other way round.
  const bool any = events != 0 && !transport_->is_plain();
  if (any || (events & (EPOLLIN | EPOLLRDHUP))) readable_ = true;
  if (any || (events & EPOLLOUT)) writable_ = true;
  if (events & EPOLLRDHUP) {
    half_closed_ = true;
    *disconnected_ = true;
    if (phase_ == Phase::streaming) return close();  // nobody half-closes while they follow
  }
  advance();
}

void Connection::advance() {
  for (int turn = 0; phase_ != Phase::closed; ++turn) {
    switch (phase_) {
      case Phase::reading:
        if (turn >= kRequestsPerTurn) return loop_.again(id_);
        if (!read_request()) return;
        break;
      case Phase::sending:
        if (!flush()) return;
        answer_sent();
        break;
      case Phase::streaming:
        flush();
        return;
      case Phase::lingering:
        while (readable_) {
          const ssize_t count =
              ::recv(socket_.get(), loop_.scratch.data(), loop_.scratch.size(), 0);
          if (count > 0 && (lingered_ += static_cast<size_t>(count)) <= kLingerBytes) continue;
          if (count < 0 && errno == EAGAIN) {
            readable_ = false;
            return;
          }
          return close();
        }
        return;
      case Phase::handling:
      case Phase::closed:
        return;
    }
  }
}

// Reads and parses. False: nothing to do until the socket has more, or the connection has closed.
bool Connection::read_request() {
  size_t read = 0;
  while (true) {
    if (in_at_ < in_.size()) in_at_ += parser_.feed(std::string_view(in_).substr(in_at_));
    if (in_at_ == in_.size()) in_.clear(), in_at_ = 0;
    if (parser_.state() == RequestParser::State::complete) return handle(), true;
    if (parser_.state() == RequestParser::State::failed)
      return refuse(parser_.status(), parser_.reason()), true;
    if (parser_.wants_continue() && !continued_) {
      continued_ = true;
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      if (transport_->write(kContinue, {}).bytes != kContinue.size()) return close(), false;
    }
    if (!readable_) return false;
    if (read > kBytesPerTurn) return loop_.again(id_), false;
    const size_t most = parser_.in_body() ? loop_.scratch.size() : kSmall;
    const auto [state, count] = transport_->read(loop_.scratch.data(), most);
    if (state == Transport::State::later) {
      readable_ = false;
      return false;
    }
    if (state == Transport::State::ended) return close(), false;
    read += count;
    // A short read has drained the socket; the end of the stream or more bytes give a new edge.
    if (count < most && !half_closed_ && transport_->is_plain()) readable_ = false;
    const std::string_view bytes(loop_.scratch.data(), count);
    const bool was_started = parser_.started();
    const size_t taken = parser_.feed(bytes);
    if (!was_started) deadline_ = loop_.now() + loop_.options.request_timeout;
    in_.assign(bytes.substr(taken));
    if (!charge()) return refuse(503, "too many large requests are under way"), true;
  }
}

// Counts the body that is coming in. False: there is no room for it.
bool Connection::charge() {
  const size_t size = parser_.body_size();
  if (size <= kSmall) return true;
  const size_t more = size - charged_;
  charged_ = size;
  return (loop_.counts.body_bytes += more) <= loop_.options.body_memory;
}

void Connection::release() {
  loop_.counts.body_bytes -= std::exchange(charged_, 0);
}

void Connection::handle() {
  ServerRequest request = parser_.take();
  keep_ = parser_.keep_alive();
  old_version_ = parser_.old_version();
  head_only_ = request.method == "HEAD";
  continued_ = false;
  request.peer = peer_;
  request.disconnected = disconnected_;
  phase_ = Phase::handling;
  deadline_ = kNever;
  in_handler_ = true;
  try {
    loop_.handler(std::move(request), Responder(loop_.mailbox, &loop_, id_));
  } catch (const std::exception& error) {
    log::error("a request handler threw an exception", {{"what", error.what()}});
  }
  in_handler_ = false;
}

// Answers a request that could not be read, and ends the connection: where the next request begins
// is not known.
void Connection::refuse(int status, std::string_view reason) {
  parser_.discard();
  keep_ = false;
  head_only_ = false;
  phase_ = Phase::handling;
  respond({status, {{"Content-Type", "text/plain"}}, std::string(reason) + "\n", {}});
}

void Connection::respond(ServerResponse response) {
  if (phase_ != Phase::handling) return;
  release();
  const bool bodyless = response.status == 204 || response.status == 304 || response.status < 200;
  const bool streams = response.stream && !head_only_ && !bodyless;
  if (streams && old_version_) keep_ = false;  // its end is the end of the connection
  write_head(response, !bodyless);
  deadline_ = loop_.now() + loop_.options.send_timeout;
  if (streams) {
    phase_ = Phase::streaming;
    stream_ = std::make_shared<StreamState>(loop_.options.stream_limit);
    response.stream(std::make_shared<Stream>(stream_, loop_.mailbox, id_));
  } else {
    phase_ = Phase::sending;
    if (!head_only_ && !bodyless) {
      if (response.body.size() < kSeparateBody)
        out_ += response.body;
      else
        out_body_ = std::move(response.body);
    }
  }
  if (!in_handler_) advance();  // else handle()'s caller goes on
}

void Connection::write_head(const ServerResponse& response, bool has_body) {
  out_.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out_.append(reason_phrase(response.status)).append("\r\nDate: ").append(loop_.date());
  out_ += "\r\n";
  for (const auto& [name, value] : response.headers) {
    if (!is_token(name)) continue;
    out_.append(name).append(": ");
    // A value that came from outside must not begin a new line.
    if (is_field_value(value))
      out_ += value;
    else
      std::copy_if(value.begin(), value.end(), std::back_inserter(out_), [](char c) {
        return is_field_value({&c, 1});
      });
    out_ += "\r\n";
  }
  if (has_body && !response.stream)
    out_.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
  else if (has_body && !old_version_ && !head_only_)
    out_ += "Transfer-Encoding: chunked\r\n";
  if (!keep_)
    out_ += "Connection: close\r\n";
  else if (old_version_)
    out_ += "Connection: keep-alive\r\n";
  out_ += "\r\n";
}

void Connection::stream_write(std::string_view piece) {
  if (phase_ != Phase::streaming) return;
  if (out_.empty()) deadline_ = loop_.now() + loop_.options.send_timeout;
  if (old_version_)
    out_ += piece;
  else
    fmt::format_to(std::back_inserter(out_), "{:x}\r\n{}\r\n", piece.size(), piece);
  flush();
}

void Connection::stream_end() {
  if (phase_ != Phase::streaming) return;
  if (!old_version_) out_ += "0\r\n\r\n";
  if (const auto stream = std::move(stream_)) stream->client_gone();
  phase_ = Phase::sending;
  advance();
}

// True when everything has been handed to the kernel.
bool Connection::flush() {
  while (out_at_ < out_.size() + out_body_.size()) {
    if (!writable_) return false;
    const std::string_view head(out_), body(out_body_);
    const auto [state, sent] =
        transport_->write(head.substr(std::min(out_at_, head.size())),
                          body.substr(std::max(out_at_, head.size()) - head.size()));
    if (state == Transport::State::later) {
      writable_ = false;
      return false;
    }
    if (state == Transport::State::ended) return close(), false;
    out_at_ += sent;
    deadline_ = loop_.now() + loop_.options.send_timeout;
  }
  out_.clear();
  out_body_.clear();
  out_at_ = 0;
  if (phase_ == Phase::streaming) {
    deadline_ = kNever;
    stream_->drained();
  }
  return true;
}

void Connection::answer_sent() {
  if (!keep_) return linger();
  phase_ = Phase::reading;
  deadline_ = loop_.now() +
              (in_at_ < in_.size() ? loop_.options.request_timeout : loop_.options.idle_timeout);
}

// Closing a socket that has unread bytes resets it, and the client may never see the answer: so the
// sending side is shut first, and what still comes is read over for a moment (RFC 9112 §9.6).
void Connection::linger() {
  transport_->finish_sending();
  phase_ = Phase::lingering;
  readable_ = true;
  deadline_ = loop_.now() + kLinger;
}

void Connection::deadline_passed() {
  if (phase_ == Phase::reading && parser_.started())
    return refuse(408, "the request took too long to arrive");
  close();
}

}  // namespace belfry::http
