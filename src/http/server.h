// An HTTP/1.1 server, plain or over TLS, behind a handler interface: the admin API, metrics and
// console, the AWS-compatible fronts, the certificate authorities.
//
// Everything has a bound: header and body sizes, connections, idle and request time. Handlers run
// on the server's threads, the connection's one, and answer now or later through `respond`, from
// any thread, so a long poll costs a callback, not a thread. An answer of unknown length (a log
// that is followed) is a ServerStream. request_parser.h says what is refused.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/callback.h"
#include "base/clock.h"
#include "base/result.h"
#include "http/headers.h"

namespace belfry::http {

struct ServerRequest {
  std::string method;
  std::string target;                                      // as sent: path and query
  std::string path;                                        // percent-decoded
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  Headers headers;
  std::string body;
  std::string peer;                                           // address of the client
  std::vector<std::pair<std::string, std::string>> captures;  // by a Router's pattern (router.h)
  // Becomes true when the client has gone, or will send no more: a long poll need not lease a
  // message for it.
  std::shared_ptr<const std::atomic<bool>> disconnected;
  const std::string* header(std::string_view name) const;                  // without regard to case
  std::optional<std::string_view> parameter(std::string_view name) const;  // of the query
  std::string_view captured(std::string_view name) const;                  // empty if not there
};

// The body of an answer in pieces, sent as they come (chunked). Thread-safe; the answer ends when
// it is destroyed.
class ServerStream {
 public:
  virtual ~ServerStream() = default;
  // False when the client has gone, or is so slow that more than Options::stream_limit bytes wait
  // for it: then the connection is cut, and the stream is of no more use.
  virtual bool write(std::string_view piece) = 0;
  // Calls back once when all that was written is with the kernel, or the client has gone: the
  // moment to write more.
  virtual void when_drained(Callback<> then) = 0;
  virtual bool gone() const = 0;
};

struct ServerResponse {
  int status = 200;
  Headers headers;  // Content-Length, Date and Connection are added
  std::string body;
  // If set, the body follows in pieces: called once, on the server's thread, after the head was
  // sent.
  std::function<void(std::shared_ptr<ServerStream>)> stream;
};

using Respond = Callback<ServerResponse>;  // once; dropping it unanswered answers 500
using RequestHandler = std::function<void(ServerRequest, Respond)>;

// HTTPS: TLS 1.2 and 1.3.
struct ServerTls {
  std::string certificate, key;    // PEM; the certificate followed by those above it
  std::string client_authorities;  // PEM; if not empty, clients must show a certificate of one
};

class Server {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    uint16_t port = 0;             // 0: a free one
    std::optional<ServerTls> tls;  // none: plain
    // Each has its connections for good; they are given out in turn. The handler, and the functions
    // below, are called on all of them at once.
    int threads = 1;
    size_t header_limit = 16 << 10;
    size_t body_limit = 2 << 20;
    std::function<size_t(std::string_view path)> body_limit_of;  // instead, by path; may be empty
    // Bytes of all bodies over 16 KiB that are coming in or with the handler; who would exceed it
    // is answered 503, so that many who send much, and slowly, cannot take all memory.
    size_t body_memory = 256 << 20;
    size_t stream_limit = 1 << 20;
    size_t connections = 10'000;  // further ones are answered 503
    Duration idle_timeout = std::chrono::seconds(60);
    Duration request_timeout = std::chrono::seconds(30);  // to receive one whole request
    Duration send_timeout = std::chrono::seconds(30);     // without any progress
    // Called on each of the server's threads around every round of handlers, those of all requests
    // that had come by then: what they have in common can be done once at its end. Either may be
    // empty.
    std::function<void()> round_begins, round_ends;
  };
  // Raises the process's soft limit of open files when `connections` needs more and the hard limit
  // allows it.
  static Result<std::unique_ptr<Server>> start(Options options, RequestHandler handler);
  virtual ~Server() =
      default;  // stops accepting, ends open connections; no handler runs afterwards
  virtual uint16_t port() const = 0;
  virtual size_t connections() const = 0;  // open now
};

}  // namespace belfry::http
