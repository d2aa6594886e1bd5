// Finds the handler for a request by method and path. A RequestHandler itself: built first, then
// given to Server::start by value.
//
//   Router router;
//   router.on("GET", "/api/queues/{name}", show_queue);   // request.captured("name")
//   router.on("GET", "/assets/{path*}", show_asset);      // the rest of the path, slashes included
//
// Patterns are compared segment by segment on the path as sent and captures are decoded afterwards,
// so a name may hold an encoded slash. Literal segments beat captures. No such path is 404, a path
// with other methods is 405 with Allow; HEAD is answered by GET's handler, OPTIONS by the router.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/server.h"

namespace belfry::http {

class Router {
 public:
  void on(std::string method, std::string_view pattern, RequestHandler handler);
  void operator()(ServerRequest request, Respond respond) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
    RequestHandler handler;
  };
  std::vector<Route> routes_;  // more literal ones first
};

// {"error":"…"} with the status.
ServerResponse error_response(int status, std::string_view message);

}  // namespace belfry::http
