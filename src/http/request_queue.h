// Which request of a client goes next: hosts take turns, and each has a bounded share of what is
// under way, so that one that hangs holds up only its own. A host that has not answered several
// times in a row gets one request at a time until it answers again. Not thread-safe. Internal to
// http/.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "http/client.h"

namespace belfry::http {

class RequestQueue {
 public:
  struct Waiting {
    Request request;
    Callback<Response> done;
    std::string host = {};  // scheme, host and port; add() knows it
  };
  explicit RequestQueue(size_t per_host) : per_host_(per_host) {}

  void add(Waiting waiting);
  // The next one that may go; its host has one more under way until ended(). None: each host that
  // has requests waiting is at its limit.
  std::optional<Waiting> next();
  void ended(const std::string& host, bool answered);
  std::deque<Waiting> take_all();  // what waits

 private:
  struct Host {
    std::deque<Waiting> waiting;
    size_t under_way = 0;
    size_t silent = 0;   // requests in a row that got no answer
    bool ready = false;  // it stands in ready_
  };
  size_t limit(const Host& host) const;
  void line_up(const std::string& name, Host& host);
  void forget_one();

  const size_t per_host_;
  std::unordered_map<std::string, Host> hosts_;
  std::deque<std::string> ready_;  // hosts of which something may go
};

}  // namespace belfry::http
