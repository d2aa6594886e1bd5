// What the parts of the admin API answer with: JSON, at once or when there is something to tell.
#pragma once

#include <atomic>
#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "http/router.h"

namespace belfry::app {

http::ServerResponse json_response(const boost::json::value& value, int status = 200);

// A whole number in the query; `standard` when it is absent, none when it is malformed.
std::optional<uint64_t> number_parameter(const http::ServerRequest& request, std::string_view name,
                                         uint64_t standard);

// How long a request that says wait=`seconds` is kept at most: 25 s, which proxies bear.
Duration patience_of(uint64_t seconds);

// For a request that waits: whoever comes first, the news or the end of patience, answers it. Any
// thread may.
class Once {
 public:
  explicit Once(http::Respond respond) : respond_(std::move(respond)) {}

  // `answer` is asked only if nobody has answered yet.
  void respond(const std::function<http::ServerResponse()>& answer) {
    if (!done_.exchange(true)) respond_(answer());
  }

 private:
  std::atomic<bool> done_ = false;
  http::Respond respond_;
};

}  // namespace belfry::app
