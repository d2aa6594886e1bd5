// Reads one HTTP/1.1 request from bytes as they come in, however they are cut (RFC 9112).
//
// Strict where two readers could disagree on where a request ends, because that is how requests are
// smuggled past a proxy: bare line feeds, folded fields, white space before a colon, a repeated or
// malformed Content-Length, one beside Transfer-Encoding, and any transfer coding but plain
// `chunked` are refused. The server (server.cc) feeds it and asks for the request when it is
// complete; after a failure the connection can only be closed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "http/server.h"

namespace belfry::http {

class RequestParser {
 public:
  struct Limits {
    size_t header_limit = 16 << 10;  // bytes of request line and fields, and again of trailers
    size_t body_limit = 2 << 20;     // bytes
    size_t fields = 128;
    // By the path of a request, instead of body_limit; null: none. Must outlive the parser.
    const std::function<size_t(std::string_view path)>* body_limit_of = nullptr;
  };
  enum class State { reading, complete, failed };

  explicit RequestParser(Limits limits) : limits_(limits) {}

  // Takes bytes off the front as far as they belong to this request; the number taken. What is left
  // over begins the next request (or is of no use after a failure).
  size_t feed(std::string_view bytes);

  State state() const { return state_; }
  bool started() const { return started_; }  // any byte of a request was seen
  // The head is complete, has `Expect: 100-continue`, and no byte of the body has come yet.
  bool wants_continue() const;

  bool in_body() const { return step_ == Step::body || step_ == Step::chunk_data; }
  size_t body_size() const { return request_.body.size(); }  // so far
  void discard() { request_ = {}; }  // the request is refused: frees what came of it

  // Once complete. The parser is then ready for the next request; what keep_alive and old_version
  // say stays until then.
  ServerRequest take();
  bool keep_alive() const { return keep_alive_; }
  bool old_version() const { return old_version_; }  // HTTP/1.0: no chunked answers

  // Once failed: the answer to give.
  int status() const { return status_; }
  std::string_view reason() const { return reason_; }

 private:
  enum class Step { request_line, fields, body, chunk_size, chunk_data, chunk_end, trailers };

  std::optional<std::string_view> line(std::string_view bytes, size_t& taken, size_t& budget,
                                       int too_long);
  void request_line(std::string_view line);
  void target(std::string_view target);
  void field(std::string_view line);
  void framing_field(std::string_view name, std::string_view value);
  void head_complete();
  void chunk_size(std::string_view line);
  void begin_request();
  void fail(int status, std::string_view reason);

  const Limits limits_;
  State state_ = State::reading;
  Step step_ = Step::request_line;
  ServerRequest request_;
  std::string partial_;  // the beginning of a line whose end has not come
  size_t header_budget_ = 0, line_budget_ = 0;
  size_t body_limit_ = 0;   // of this request
  uint64_t remaining_ = 0;  // bytes of the body or chunk to come
  bool started_ = false;
  bool keep_alive_ = true, old_version_ = false;
  bool expects_continue_ = false;
  bool chunked_ = false, has_host_ = false, has_connection_close_ = false,
       has_connection_keep_ = false;
  std::optional<uint64_t> length_;
  int status_ = 0;
  std::string_view reason_;  // a literal
};

}  // namespace belfry::http
