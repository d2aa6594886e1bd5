// An HTTP client for deliveries and APIs: asynchronous, pooled, on one thread of its own (libcurl's multi interface).
//
// Safe by default: https is verified against the system's authorities; a request that would reach a loopback, private,
// link-local or otherwise special address (RFC 6890) is refused after name resolution, also on a redirect, unless the
// client was made with private networks allowed.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/callback.h"
#include "base/clock.h"

namespace belfry::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::string body;
  Duration connect_timeout = std::chrono::seconds(5);
  Duration timeout = std::chrono::seconds(15);  // of the whole exchange
  size_t response_limit = 1 << 20;              // bytes; a longer body is an error
  int redirects = 0;                            // followed at most
  std::string user, password;                   // HTTP Basic, if not empty
};

struct Response {
  int status = 0;  // 0: no answer came; `error` says why
  Headers headers;
  std::string body;
  std::string error;
  bool refused = false;  // by the guard against private networks, or a malformed URL: trying again will not help
  const std::string* header(std::string_view name) const;  // without regard to case
};

class Client {
 public:
  struct Options {
    bool allow_private_networks = false;
    size_t connections = 64;           // at once; further requests wait
    size_t connections_per_host = 16;
    std::string authorities;           // PEM file; empty: the system's
    std::string user_agent = "belfry";
  };
  static std::unique_ptr<Client> create(Options options);
  virtual ~Client() = default;  // outstanding requests end with an error
  virtual void send(Request request, Callback<Response> done) = 0;  // thread-safe; done runs on the client's thread
  Response send(Request request);                                   // waits
};

}  // namespace belfry::http
