// The admin API: status, metrics, queues, outbox and replays of a running belfry over HTTP, for the
// command, for monitoring and for people with curl. docs/api.md is its reference.
//
// On loopback by default and without passwords; a request that a web page could have sent for its
// visitor is refused: one with a foreign Host, and a change that is not application/json.
#pragma once

#include <memory>
#include <string>

#include "app/runtime.h"

namespace belfry::app {

class AdminApi {
 public:
  // address: host:port, port 0 for a free one. The runtime must outlive it.
  static Result<std::unique_ptr<AdminApi>> start(Runtime& runtime, const std::string& address);
  virtual ~AdminApi() = default;
  virtual std::string address() const = 0;  // with the port it got
};

}  // namespace belfry::app
