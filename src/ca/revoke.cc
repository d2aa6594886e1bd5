// revoke, and revocation lists.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "ca/attribute_rules.h"
#include "ca/endpoints.h"
#include "ca/json.h"

namespace belfry::ca {
namespace {

// RFC 5280 §5.3.1. Any other word is "unspecified".
int reason_code(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, int>, 9> kReasons{{{"keycompromise", 1},
                                                                      {"cacompromise", 2},
                                                                      {"affiliationchanged", 3},
                                                                      {"superseded", 4},
                                                                      {"cessationofoperation", 5},
                                                                      {"certificatehold", 6},
                                                                      {"removefromcrl", 8},
                                                                      {"privilegewithdrawn", 9},
                                                                      {"aacompromise", 10}}};
  for (const auto& [name, code] : kReasons)
    if (name == word) return code;
  return 0;
}

// Serials and key identifiers as people copy them: capitals, colons, zeros before them.
std::string canonical(std::string_view hex) {
  std::string text = without_leading_zeros(hex);
  std::erase(text, ':');
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return text;
}

Outcome<void> may_revoke(const Call& call, std::string_view id) {
  if (call.caller().id == id) return {};
  return call.needs_right(kRevoker);
}

Outcome<Change> revoke_one(Call& call, const RevokeRequest& request) {
  const std::string serial = canonical(request.serial), aki = canonical(request.aki);
  const std::string which = fmt::format("Certificate with serial {} and AKI {}", serial, aki);
  const IssuedCertificate* certificate = call.ca().registry->find(serial, aki);
  if (!certificate)
    return refuse(404, 8,
                  which + " was not found: Failed to get Certificate: sql: no rows in result set");
  if (auto may = may_revoke(call, certificate->id); !may) return tl::unexpected(may.error());
  if (certificate->revoked) return refuse(404, 66, which + " was already revoked");
  if (!request.id.empty() && request.id != certificate->id)
    return refuse(400, 9, fmt::format("{} is not owned by {}", which, request.id));
  const Identity* identity = call.ca().registry->find(certificate->id);
  if (!identity)
    return refuse(404, 10,
                  fmt::format("Identity {} was not found: Failed to get User: sql: no rows in "
                              "result set",
                              certificate->id));
  const bool own =
      serial_of(call.certificate()) == serial && authority_key_id_of(call.certificate()) == aki;
  if (!own)
    if (auto may = call.may_manage(*identity); !may) return tl::unexpected(may.error());
  Change change{.certificates = {*certificate}};
  change.certificates[0].revoked = call.ca().host.clock.now();
  change.certificates[0].reason = reason_code(request.reason);
  return change;
}

Outcome<Change> revoke_all(Call& call, const RevokeRequest& request) {
  if (auto may = may_revoke(call, request.id); !may) return tl::unexpected(may.error());
  const Identity* identity = call.ca().registry->find(request.id);
  if (!identity)
    return refuse(404, 10,
                  fmt::format("Identity {} was not found: Failed to get User: sql: no rows in "
                              "result set",
                              request.id));
  if (call.caller().id != identity->id)
    if (auto may = call.may_manage(*identity); !may) return tl::unexpected(may.error());
  Change change{.identities = {*identity}};
  change.identities[0].revoked = true;
  revoke_certificates(change, call.ca(), request.id, reason_code(request.reason));
  return change;
}

}  // namespace

void revoke_certificates(Change& change, const CaState& ca, std::string_view id, int reason) {
  for (const IssuedCertificate& certificate : ca.registry->certificates())
    if (certificate.id == id && !certificate.revoked) {
      IssuedCertificate& revoked = change.certificates.emplace_back(certificate);
      revoked.revoked = ca.host.clock.now();
      revoked.reason = reason;
    }
}

Outcome<Answer> revoke(Call& call) {
  if (auto resolved = call.resolve(); !resolved) return tl::unexpected(resolved.error());
  auto request = call.body<RevokeRequest>();
  if (!request) return tl::unexpected(request.error());
  if (auto known = call.authenticate_by_token(); !known) return tl::unexpected(known.error());
  const bool one = !canonical(request->serial).empty() && !canonical(request->aki).empty();
  if (!one && request->id.empty())
    return refuse(400, 15, "Either Name or Serial and AKI are required for a revoke request");
  auto change = one ? revoke_one(call, *request) : revoke_all(call, *request);
  if (!change) return tl::unexpected(change.error());
  std::string revoked;
  for (const IssuedCertificate& certificate : change->certificates)
    revoked += fmt::format(R"({}{{"Serial":"{}","AKI":"{}"}})", revoked.empty() ? "" : ",",
                           certificate.serial, certificate.aki);
  if (auto applied = call.apply(std::move(*change)); !applied)
    return tl::unexpected(applied.error());
  std::string list;
  if (request->with_list && !revoked.empty()) {
    auto made = encoded_crl(call.ca(), {});
    if (!made) return tl::unexpected(made.error());
    list = std::move(*made);
  }
  return Answer{.result = fmt::format(R"({{"RevokedCerts":{},"CRL":"{}"}})",
                                      revoked.empty() ? "null" : "[" + revoked + "]", list)};
}

Outcome<std::string> encoded_crl(const CaState& ca, const CrlRequest& request) {
  const auto later = [](const auto& after, const auto& before) {
    return after && before && *after > *before;
  };
  if (later(request.revoked_after, request.revoked_before))
    return refuse(400, 36,
                  "Invalid 'revokedafter' value. It must not be a timestamp greater than "
                  "'revokedbefore'");
  if (later(request.expire_after, request.expire_before))
    return refuse(400, 37,
                  "Invalid 'expireafter' value. It must not be a timestamp greater than "
                  "'expirebefore'");
  const auto between = [](WallTime time, const auto& after, const auto& before) {
    return (!after || time > *after) && (!before || time < *before);
  };
  std::vector<RevokedSerial> revoked;
  for (const IssuedCertificate& it : ca.registry->certificates())
    if (it.revoked && between(*it.revoked, request.revoked_after, request.revoked_before) &&
        between(it.not_after, request.expire_after, request.expire_before))
      revoked.push_back({it.serial, *it.revoked});
  return base64(ca.issuer.revocation_list(revoked, ca.host.clock.now(), ca.settings.crl_expiry));
}

Outcome<Answer> make_crl(Call& call) {
  if (auto resolved = call.resolve(); !resolved) return tl::unexpected(resolved.error());
  auto request = call.body<CrlRequest>();
  if (!request) return tl::unexpected(request.error());
  if (auto known = call.authenticate_by_token(); !known) return tl::unexpected(known.error());
  if (auto may = call.needs_right(kGenCrl); !may) return tl::unexpected(may.error());
  auto list = encoded_crl(call.ca(), *request);
  if (!list) return tl::unexpected(list.error());
  return Answer{.result = fmt::format(R"({{"CRL":"{}"}})", *list)};
}

}  // namespace belfry::ca
