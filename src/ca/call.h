// One request to a CA on its way through: which authority it is for, who makes it, and what they
// may do. The handlers of the endpoints (endpoints.h) are functions of a Call.
//
// While a Call has its authority, it holds the authority's lock.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ca/refusal.h"
#include "ca/requests.h"
#include "ca/state.h"
#include "http/server.h"

namespace belfry::ca {

class Call {
 public:
  // All must outlive it. endpoint: without its prefix, "enroll". variable: what stands in the path
  // after it, decoded; empty at most endpoints.
  Call(const http::ServerRequest& request, const std::vector<Ca*>& authorities,
       std::string_view endpoint, std::string_view variable);

  const std::string& method() const { return request_.method; }
  std::string_view variable() const { return variable_; }
  std::string_view query(std::string_view name) const;  // empty if not there
  // Absent is false.
  Outcome<bool> query_flag(std::string_view name) const;

  // Finds and locks the authority that query or body names, or the first.
  Outcome<void> resolve();
  // After resolve():
  CaState& ca() { return *ca_; }
  const std::string& ca_name() const { return ca_name_; }  // as asked for

  // The body as one of the requests; an empty body is refused.
  template <class Request>
  Outcome<Request> body() {
    Request request;
    auto value = body_value();
    if (!value) return tl::unexpected(value.error());
    if (*value == nullptr) return refuse(400, 4, "Empty request body");
    FieldErrors errors;
    read(**value, errors, request);
    if (errors.first()) return bad_body(*errors.first());
    return request;
  }

  // By name and secret. The caller's right secret has been counted as such, an enrollment has not.
  Outcome<void> authenticate_by_secret();
  // By a token.
  Outcome<void> authenticate_by_token();
  // By whichever the request brings.
  Outcome<void> authenticate_by_either();
  // Afterwards:
  const Identity& caller() const { return *caller_; }
  const msp::Certificate& certificate() const { return *certificate_; }  // of the token

  // What the caller may do. Refusals are authorisation failures.
  Outcome<void> may_act_on_affiliation(std::string_view affiliation) const;
  Outcome<void> may_act_on_type(std::string_view type) const;
  Outcome<void> may_manage(const Identity& identity) const;
  Outcome<void> needs_right(std::string_view name) const;  // a boolean attribute
  bool is_registrar() const;

  // Makes a change durable; a disk that fails is a refusal.
  Outcome<void> apply(Change change);

 private:
  Outcome<const JsonValue*> body_value();  // null: there is none
  tl::unexpected<Refusal> bad_body(std::string_view why) const;
  Outcome<std::string> requested_ca_name();
  Outcome<void> log_in(const Identity& identity, std::string_view secret);

  const http::ServerRequest& request_;
  const std::vector<Ca*>& authorities_;
  const std::string_view endpoint_, variable_;
  std::optional<JsonValue> body_;
  CaState* ca_ = nullptr;
  std::string ca_name_;
  std::unique_lock<std::mutex> lock_;
  std::optional<Identity> caller_;
  std::optional<msp::Certificate> certificate_;
};

}  // namespace belfry::ca
