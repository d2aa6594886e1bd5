#include "http/router.h"

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "base/json.h"
#include "http/url.h"

namespace belfry::http {
namespace {

using Segments = std::vector<std::string>;
using Captures = std::vector<std::pair<std::string, std::string>>;

Segments split(std::string_view path) {
  Segments segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (true) {
    const size_t end = std::min(path.find('/'), path.size());
    segments.emplace_back(path.substr(0, end));
    if (end == path.size()) return segments;
    path.remove_prefix(end + 1);
  }
}

bool captures(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}
bool captures_rest(std::string_view segment) {
  return captures(segment) && segment.ends_with("*}");
}

std::optional<Captures> match(const Segments& pattern, const Segments& path) {
  Captures found;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (i >= path.size()) return {};
    const std::string_view segment = pattern[i];
    if (captures_rest(segment)) {
      std::string rest = path[i];
      for (size_t next = i + 1; next < path.size(); ++next) rest += '/' + path[next];
      auto decoded = percent_decode(rest);
      if (!decoded) return {};
      found.emplace_back(segment.substr(1, segment.size() - 3), std::move(*decoded));
      return found;
    }
    auto decoded = percent_decode(path[i]);
    if (!decoded) return {};
    if (captures(segment)) {
      if (decoded->empty()) return {};
      found.emplace_back(segment.substr(1, segment.size() - 2), std::move(*decoded));
    } else if (*decoded != segment) {
      return {};
    }
  }
  if (pattern.size() != path.size()) return {};
  return found;
}

// Orders routes: at the first differing segment a literal comes before a capture, and that before a
// rest.
int openness(std::string_view segment) {
  return captures_rest(segment) ? 2 : captures(segment) ? 1 : 0;
}

bool more_literal(const Segments& a, const Segments& b) {
  return std::lexicographical_compare(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const auto& x, const auto& y) { return openness(x) < openness(y); });
}

}  // namespace

void Router::on(std::string method, std::string_view pattern, RequestHandler handler) {
  BELFRY_CHECK(pattern.starts_with('/'));
  Route route{std::move(method), split(pattern), std::move(handler)};
  const auto place = std::upper_bound(
      routes_.begin(), routes_.end(), route,
      [](const Route& a, const Route& b) { return more_literal(a.segments, b.segments); });
  routes_.insert(place, std::move(route));
}

void Router::operator()(ServerRequest request, Respond respond) const {
  const std::string_view target = request.target;
  const Segments path =
      split(target.substr(0, std::min(target.find_first_of("?#"), target.size())));
  const std::string_view wanted =
      request.method == "HEAD" ? "GET" : std::string_view(request.method);
  std::vector<std::string> allowed;
  for (const auto& route : routes_) {
    auto found = match(route.segments, path);
    if (!found) continue;
    if (route.method == request.method || route.method == wanted) {
      request.captures = std::move(*found);
      return route.handler(std::move(request), std::move(respond));
    }
    if (std::find(allowed.begin(), allowed.end(), route.method) == allowed.end())
      allowed.push_back(route.method);
  }
  if (allowed.empty()) return respond(error_response(404, "there is nothing at " + request.path));
  std::string list;
  for (const auto& method : allowed) list += (list.empty() ? "" : ", ") + method;
  ServerResponse response = request.method == "OPTIONS"
                                ? ServerResponse{204, {}, {}, {}}
                                : error_response(405, request.path + " takes only " + list);
  response.headers.emplace_back("Allow", list);
  respond(std::move(response));
}

ServerResponse error_response(int status, std::string_view message) {
  ServerResponse response{status, {{"Content-Type", "application/json"}}, "{\"error\":", {}};
  append_json_string(response.body, message);
  response.body += "}\n";
  return response;
}

}  // namespace belfry::http
