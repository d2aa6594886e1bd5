#include "ca/call.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "ca/attribute_rules.h"
#include "ca/go_text.h"
#include "ca/secret_hash.h"
#include "ca/token.h"
#include "http/headers.h"

namespace belfry::ca {
namespace {

// The user and password of HTTP Basic (RFC 7617).
std::optional<std::pair<std::string, std::string>> basic(std::string_view header) {
  constexpr std::string_view kScheme = "Basic ";
  if (!http::equal_fold(header.substr(0, kScheme.size()), kScheme)) return {};
  const std::string_view encoded = header.substr(kScheme.size());
  const auto decoded = encoded.size() % 4 == 0 ? unbase64(encoded) : std::nullopt;
  if (!decoded) return {};
  const size_t colon = decoded->find(':');
  if (colon == std::string::npos) return {};
  return std::pair(decoded->substr(0, colon), decoded->substr(colon + 1));
}

}  // namespace

Call::Call(const http::ServerRequest& request, const std::vector<Ca*>& authorities,
           std::string_view endpoint, std::string_view variable)
    : request_(request), authorities_(authorities), endpoint_(endpoint), variable_(variable) {}

std::string_view Call::query(std::string_view name) const {
  return request_.parameter(name).value_or(std::string_view());
}

Outcome<bool> Call::query_flag(std::string_view name) const {
  std::string value(query(name));
  if (value.empty()) return false;
  std::ranges::transform(value, value.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  auto flag = parse_go_bool(value);
  if (!flag)
    return refuse(400, 61,
                  fmt::format("Failed to correctly parse value of '{}' query parameter: {}", name,
                              flag.error().message));
  return *flag;
}

tl::unexpected<Refusal> Call::bad_body(std::string_view why) const {
  return refuse(400, 5, fmt::format("Invalid request body: {}; body={}", why, request_.body));
}

Outcome<const JsonValue*> Call::body_value() {
  if (request_.body.empty()) return nullptr;
  if (!body_) {
    auto value = parse_json(request_.body);
    if (!value) return bad_body(value.error().message);
    body_ = std::move(*value);
  }
  return &*body_;
}

Outcome<std::string> Call::requested_ca_name() {
  if (const auto name = query("ca"); !name.empty()) return std::string(name);
  auto value = body_value();
  if (!value) return tl::unexpected(value.error());
  CaNameRequest request;
  if (*value) {
    FieldErrors errors;
    read(**value, errors, request);
    if (errors.first()) return bad_body(*errors.first());
  }
  return request.name.empty() ? authorities_.front()->name() : request.name;
}

Outcome<void> Call::resolve() {
  if (ca_) return {};
  auto name = requested_ca_name();
  if (!name) return tl::unexpected(name.error());
  const auto found = std::ranges::find(authorities_, *name, &Ca::name);
  if (found == authorities_.end())
    return refuse(404, 19, fmt::format("CA '{}' does not exist", *name));
  ca_ = &(*found)->state();
  ca_name_ = std::move(*name);
  lock_ = std::unique_lock(ca_->mutex);
  return {};
}

Outcome<void> Call::apply(Change change) {
  if (auto applied = ca_->registry->apply(std::move(change)); !applied)
    return refuse(500, 0, "the CA cannot write its state: " + applied.error().message);
  return {};
}

Outcome<void> Call::authenticate_by_secret() {
  const std::string* header = request_.header("Authorization");
  if (!header || header->empty()) return refuse(401, 2, "No authorization header");
  const auto pair = basic(*header);
  if (!pair) return unauthenticated("the Authorization header holds no user and password");
  if (auto resolved = resolve(); !resolved) return resolved;
  if (ca_->settings.max_enrollments == 0) return unauthenticated("enrolling is switched off");
  const Identity* identity = ca_->registry->find(pair->first);
  if (!identity) return unauthenticated(fmt::format("there is no identity '{}'", pair->first));
  return log_in(*identity, pair->second);
}

Outcome<void> Call::log_in(const Identity& identity, std::string_view secret) {
  Identity changed = identity;
  const int64_t attempts = ca_->settings.secret_attempts;
  if (attempts > 0 && identity.wrong_secrets >= attempts)
    return refuse(401, 73,
                  fmt::format("Incorrect password entered {} times, max incorrect password limit "
                              "of {} reached",
                              identity.wrong_secrets, attempts));
  if (!secret_matches(secret, identity.secret_hash)) {
    ++changed.wrong_secrets;
    if (auto applied = apply({.identities = {changed}}); !applied) return applied;
    return unauthenticated(fmt::format("wrong secret of '{}'", changed.id));
  }
  if (identity.max_enrollments == 0)
    return unauthenticated(fmt::format("'{}' may not enroll", identity.id));
  if (identity.revoked) return unauthenticated(fmt::format("'{}' is revoked", identity.id));
  const int64_t most = ca_->settings.max_enrollments;
  const bool limited_by_ca =
      most != -1 && (identity.max_enrollments > most || identity.max_enrollments == -1);
  const int64_t allowed = limited_by_ca ? most : identity.max_enrollments;
  if (allowed != -1 && identity.enrollments >= allowed)
    return unauthenticated(
        fmt::format("'{}' has enrolled {} times already", identity.id, identity.enrollments));
  if (changed.wrong_secrets != 0) {
    changed.wrong_secrets = 0;
    if (auto applied = apply({.identities = {changed}}); !applied) return applied;
  }
  caller_ = std::move(changed);
  return {};
}

Outcome<void> Call::authenticate_by_token() {
  const std::string* header = request_.header("Authorization");
  if (!header || header->empty()) return refuse(401, 2, "No authorization header");
  if (auto resolved = resolve(); !resolved) return resolved;
  auto certificate = verify_token(*header, {request_.method, request_.target, request_.body},
                                  ca_->settings.older_tokens);
  if (!certificate) return unauthenticated(certificate.error().message);
  if (!ca_->issuer.signed_by(*certificate))
    return unauthenticated("the token's certificate is not from this CA");
  const bool expiry_ignored = endpoint_ == "reenroll" && ca_->settings.reenroll_expired;
  if (auto valid = certificate->valid_at(ca_->host.clock.now()); !valid && !expiry_ignored)
    return unauthenticated(valid.error().message);
  const IssuedCertificate* issued =
      ca_->registry->find(serial_of(*certificate), authority_key_id_of(*certificate));
  if (!issued) return unauthenticated("the token's certificate is not among those issued");
  if (issued->revoked) return unauthenticated("the token's certificate is revoked");
  const Identity* identity = ca_->registry->find(certificate->common_name());
  if (!identity)
    return unauthenticated(fmt::format("there is no identity '{}'", certificate->common_name()));
  caller_ = *identity;
  certificate_ = std::move(*certificate);
  return {};
}

Outcome<void> Call::authenticate_by_either() {
  const std::string* header = request_.header("Authorization");
  return header && basic(*header) ? authenticate_by_secret() : authenticate_by_token();
}

Outcome<void> Call::may_act_on_affiliation(std::string_view affiliation) const {
  if (is_within(affiliation, caller_->affiliation)) return {};
  return unauthorized(fmt::format("'{}' of '{}' may not act on affiliation '{}'", caller_->id,
                                  caller_->affiliation, affiliation));
}

bool Call::is_registrar() const {
  return !caller_->value(kRoles).empty();
}

Outcome<void> Call::may_act_on_type(std::string_view type) const {
  if (is_registrar() && roles_include(caller_->value(kRoles), type)) return {};
  return unauthorized(
      fmt::format("'{}' may not act on identities of type '{}'", caller_->id, type));
}

Outcome<void> Call::may_manage(const Identity& identity) const {
  if (auto may = may_act_on_affiliation(identity.affiliation); !may) return may;
  return may_act_on_type(identity.type);
}

Outcome<void> Call::needs_right(std::string_view name) const {
  const auto value = parse_go_bool(caller_->value(name));
  if (value && *value) return {};
  return unauthorized(fmt::format("'{}' does not have the right '{}'", caller_->id, name));
}

}  // namespace belfry::ca
