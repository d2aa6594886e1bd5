// An HTTP client for deliveries and APIs: asynchronous, pooled, on one thread of its own (libcurl's
// multi interface).
//
// Safe by default: https is verified against the system's authorities; a request that would reach a
// loopback, private, link-local or otherwise special address (RFC 6890) is refused after name
// resolution, also on a redirect, unless the client was made with private networks allowed. No
// proxy is used, whatever the environment says: the guard could not see behind it. User and
// password belong in the request's own fields, never in the URL.
#pragma once

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
  bool refused = false;  // by the guard, or malformed: trying again will not help
  const std::string* header(std::string_view name) const;  // without regard to case
};

class Client {
 public:
  struct Options {
    bool allow_private_networks = false;
    size_t connections =
        64;  // exchanges at once; further requests wait, and their time stands still
    size_t connections_per_host = 16;
    size_t waiting = 100'000;      // requests; further ones end at once with an error
    std::string authorities;       // PEM file; empty: the system's
    std::string certificate, key;  // PEM files, shown to servers that ask (mutual TLS); empty: none
    std::string user_agent = "belfry";
  };
  static std::unique_ptr<Client> create(Options options);
  virtual ~Client() = default;  // outstanding requests end with an error
  // Thread-safe; done runs on the client's thread, or at once when too many wait.
  virtual void send(Request request, Callback<Response> done) = 0;
  Response send(Request request);  // waits; not from the client's own thread
};

// What Retry-After asks for (RFC 9110 §10.2.3), in seconds or as a date; none if absent or
// malformed. At most a day.
std::optional<Duration> retry_after(const Response& response, WallTime now);

}  // namespace belfry::http
