#include "ca/endpoints.h"

#include <fmt/format.h>

#include "base/log.h"
#include "ca/json.h"

namespace belfry::ca {
namespace {

struct Endpoint {
  std::string_view path;  // without prefix
  bool variable = false;  // one more segment follows, which is a name
  std::vector<std::pair<std::string_view, Outcome<Answer> (*)(Call&)>> methods;
};

const std::vector<Endpoint>& endpoints() {
  static const std::vector<Endpoint> all = {
      {"cainfo", false, {{"GET", show_info}, {"POST", show_info}, {"HEAD", show_info}}},
      {"enroll", false, {{"POST", enroll}}},
      {"reenroll", false, {{"POST", reenroll}}},
      {"register", false, {{"POST", register_identity}}},
      {"revoke", false, {{"POST", revoke}}},
      {"gencrl", false, {{"POST", make_crl}}},
      {"identities", false, {{"GET", list_identities}, {"POST", add_identity}}},
      {"identities",
       true,
       {{"GET", show_identity}, {"PUT", modify_identity}, {"DELETE", remove_identity}}},
      {"affiliations", false, {{"GET", list_affiliations}, {"POST", add_affiliation}}},
      {"affiliations",
       true,
       {{"GET", show_affiliation}, {"PUT", modify_affiliation}, {"DELETE", remove_affiliation}}},
      {"certificates", false, {{"GET", list_certificates}, {"DELETE", remove_certificates}}},
      {"idemix/credential", false, {{"POST", idemix_credential}}},
      {"idemix/cri", false, {{"POST", idemix_revocation}}},
  };
  return all;
}

// The endpoint of a path and what follows it; null if there is none.
std::pair<const Endpoint*, std::string_view> find(std::string_view path) {
  constexpr std::string_view kPrefix = "/api/v1/";
  if (path.starts_with(kPrefix))
    path.remove_prefix(kPrefix.size());
  else if (path.starts_with('/'))
    path.remove_prefix(1);
  for (const Endpoint& endpoint : endpoints()) {
    if (!endpoint.variable && path == endpoint.path) return {&endpoint, {}};
    if (!endpoint.variable || !path.starts_with(endpoint.path)) continue;
    const std::string_view rest = path.substr(endpoint.path.size());
    if (rest.size() > 1 && rest[0] == '/' && rest.find('/', 1) == std::string_view::npos)
      return {&endpoint, rest.substr(1)};
  }
  return {nullptr, {}};
}

http::ServerResponse refused(const http::ServerRequest& request, const Refusal& refusal) {
  log::info("a request to the CA was refused",
            {{"method", request.method},
             {"path", request.path},
             {"client", request.peer},
             {"status", refusal.status},
             {"reason", refusal.reason.empty() ? refusal.message : refusal.reason}});
  return {
      refusal.status,
      {{"Content-Type", "application/json"}},
      fmt::format(
          R"({{"result":"","errors":[{{"code":{},"message":{}}}{}],"messages":[],"success":false}})",
          refusal.code, go_string(refusal.message), "\n"),
      {}};
}

}  // namespace

http::ServerResponse answer(const http::ServerRequest& request,
                            const std::vector<Ca*>& authorities) {
  const auto [endpoint, variable] = find(request.path);
  if (!endpoint)
    return {404,
            {{"Content-Type", "text/plain; charset=utf-8"}, {"X-Content-Type-Options", "nosniff"}},
            "404 page not found\n",
            {}};
  for (const auto& [method, handler] : endpoint->methods) {
    if (method != request.method) continue;
    Call call(request, authorities, endpoint->path, variable);
    auto done = handler(call);
    if (!done) return refused(request, done.error());
    http::ServerResponse response{done->status, {{"Content-Type", "application/json"}}, {}, {}};
    if (done->location) response.headers.emplace_back("Location", *done->location);
    response.body =
        fmt::format(R"({{"result":{},"errors":[],"messages":[],"success":true}})", done->result);
    return response;
  }
  return refused(request, {405, 1, fmt::format("Method {} is not allowed", request.method), {}});
}

}  // namespace belfry::ca
