// A client of our own for the tests: makes its key, its certificate request and its tokens, and
// calls the endpoints without HTTP between.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ca/endpoints.h"
#include "ca/json.h"
#include "ca/openssl.h"
#include "ca/token.h"
#include "http/url.h"

namespace belfry::ca {

// An identity of a test: a key, and the certificate it was given.
struct TestIdentity {
  std::shared_ptr<EVP_PKEY> key = make_p256_key();
  std::string certificate;  // PEM

  std::string request(std::string_view common_name) const {
    return make_certificate_request(key.get(), {.common_name = std::string(common_name)}, {});
  }
  std::string token(const SignedRequest& request) const {
    return make_token(request, certificate, *msp::Signer::from_pem(key_pem(key.get())));
  }
};

inline http::ServerRequest make_request(std::string method, std::string target,
                                        std::string body = {}, std::string authorization = {}) {
  http::ServerRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  const std::string_view all = request.target;
  request.path = http::percent_decode(all.substr(0, all.find('?'))).value_or("");
  if (const size_t at = all.find('?'); at != std::string_view::npos)
    request.query = http::parse_query(all.substr(at + 1)).value_or(http::Query());
  request.body = std::move(body);
  if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
  return request;
}

// A member of an object, or null.
inline const JsonValue* member(const JsonValue* value, std::string_view name) {
  if (value)
    for (const auto& [key, found] : value->members)
      if (key == name) return &found;
  return nullptr;
}
inline std::string text_at(const JsonValue* value, std::string_view name) {
  const JsonValue* found = member(value, name);
  return found ? found->text : std::string();
}

}  // namespace belfry::ca
