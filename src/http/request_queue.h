// Which request of a client goes next: hosts take turns, and each has a bounded share of what is
// under way, so that one that hangs holds up only its own. A host earns its share: it gets one
// request at a time at first, one more with each answer, and half as many with each request that
// gets none; so many hosts that hang from the first cost a connection each and no more. Not
// thread-safe. Internal to http/.
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
  std::deque<Waiting> take_all();                 // what waits
  size_t hosts() const { return hosts_.size(); }  // remembered

 private:
  struct Host {
    std::deque<Waiting> waiting;
    size_t under_way = 0;
    size_t share = 1;    // of what may be under way, up to per_host_
    bool ready = false;  // it stands in ready_
  };
  void line_up(const std::string& name, Host& host);
  void forget_one();

  const size_t per_host_;
  std::unordered_map<std::string, Host> hosts_;
  std::deque<std::string> ready_;  // hosts of which something may go
};

}  // namespace belfry::http
