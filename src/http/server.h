// A plain HTTP/1.1 server behind a handler interface: the admin API, metrics and console, and the AWS-compatible fronts.
//
// Everything has a bound: header and body sizes, connections, idle and request time. Handlers run on the server's
// thread(s) and answer now or later through `respond`, from any thread, so a long poll costs a callback, not a thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/callback.h"
#include "base/clock.h"
#include "base/result.h"
#include "http/client.h"  // Headers

namespace belfry::http {

struct ServerRequest {
  std::string method;
  std::string target;  // as sent: path and query
  std::string path;    // percent-decoded
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  Headers headers;
  std::string body;
  std::string peer;  // address of the client
  const std::string* header(std::string_view name) const;  // without regard to case
  std::optional<std::string_view> parameter(std::string_view name) const;
};

struct ServerResponse {
  int status = 200;
  Headers headers;  // Content-Length is added
  std::string body;
};

using Respond = Callback<ServerResponse>;                            // once
using RequestHandler = std::function<void(ServerRequest, Respond)>;

class Server {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    uint16_t port = 0;  // 0: a free one
    int threads = 1;
    size_t header_limit = 16 << 10;
    size_t body_limit = 2 << 20;
    size_t connections = 10'000;
    Duration idle_timeout = std::chrono::seconds(60);
    Duration request_timeout = std::chrono::seconds(30);  // to receive one whole request
  };
  static Result<std::unique_ptr<Server>> start(Options options, RequestHandler handler);
  virtual ~Server() = default;  // stops accepting, ends open connections
  virtual uint16_t port() const = 0;
};

}  // namespace belfry::http
