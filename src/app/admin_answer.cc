#include "app/admin_answer.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

namespace belfry::app {

http::ServerResponse json_response(const boost::json::value& value, int status) {
  http::ServerResponse response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json"}};
  response.body = boost::json::serialize(value) + "\n";
  return response;
}

std::optional<uint64_t> number_parameter(const http::ServerRequest& request, std::string_view name,
                                         uint64_t standard) {
  const auto text = request.parameter(name);
  if (!text) return standard;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size()) return {};
  return value;
}

Duration patience_of(uint64_t seconds) {
  return std::chrono::seconds(std::min<uint64_t>(seconds, 25));
}

}  // namespace belfry::app
