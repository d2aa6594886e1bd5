// register, and what identities: add shares with it.
#include <fmt/format.h>

#include <algorithm>

#include "ca/attribute_rules.h"
#include "ca/endpoints.h"
#include "ca/json.h"
#include "ca/secret_hash.h"
#include "http/url.h"

namespace belfry::ca {
namespace {

// How often the identity may enroll, given what was asked for and what the CA allows.
Outcome<int64_t> max_enrollments(int64_t asked, int64_t allowed) {
  constexpr int kInvalid = 82;
  if (asked < -1)
    return refuse(400, kInvalid,
                  fmt::format("Max enrollment in registration request may not be less than -1, but "
                              "was {}",
                              asked));
  if (allowed == -1) return asked == 0 ? -1 : asked;
  if (allowed == 0) return refuse(400, kInvalid, "Registration is disabled");
  if (asked == -1)
    return refuse(400, kInvalid, "Registration for infinite enrollments is not allowed");
  if (asked > allowed)
    return refuse(
        400, kInvalid,
        fmt::format("Requested enrollments ({}) exceeds maximum allowable enrollments ({})", asked,
                    allowed));
  return asked == 0 ? allowed : asked;
}

Outcome<void> may_register(Call& call, const RegisterRequest& request) {
  if (auto may = call.may_act_on_type(request.type); !may) return may;
  if (auto may = call.may_act_on_affiliation(request.affiliation); !may) return may;
  if (!request.affiliation.empty() &&
      !call.ca().registry->affiliations().contains(request.affiliation))
    return unauthorized(fmt::format("there is no affiliation '{}'", request.affiliation));
  if (auto may = may_grant(call.caller(), request.attributes, nullptr); !may)
    return unauthorized(may.error().message);
  return {};
}

}  // namespace

Outcome<std::pair<Identity, std::string>> add_registered(Call& call, RegisterRequest request) {
  if (request.affiliation.empty())
    request.affiliation = call.caller().affiliation;
  else if (request.affiliation == ".")
    request.affiliation.clear();
  if (request.type.empty()) request.type = call.caller().type;
  if (auto may = may_register(call, request); !may) return tl::unexpected(may.error());
  CaState& ca = call.ca();
  const auto most = max_enrollments(request.max_enrollments, ca.settings.max_enrollments);
  if (!most) return tl::unexpected(most.error());
  if (ca.registry->find(request.id))
    return refuse(409, 74, fmt::format("Identity '{}' is already registered", request.id));

  Identity identity;
  identity.id = request.id;
  identity.type = request.type;
  identity.affiliation = request.affiliation;
  identity.max_enrollments = *most;
  identity.attributes = request.attributes;
  for (const auto& [name, value] : {std::pair(kEnrollmentId, &identity.id),
                                    {kType, &identity.type},
                                    {kAffiliation, &identity.affiliation}})
    identity.attributes.push_back({std::string(name), *value, true});
  const std::string secret = request.secret.empty() ? make_secret(ca.host.random) : request.secret;
  identity.secret_hash =
      hash_secret(secret, ca.settings.folder.empty() ? kCostInMemory : kCostOnDisk, ca.host.random);
  if (auto applied = call.apply({.identities = {identity}}); !applied)
    return tl::unexpected(applied.error());
  return std::pair(std::move(identity), secret);
}

Outcome<Answer> register_identity(Call& call) {
  if (auto resolved = call.resolve(); !resolved) return tl::unexpected(resolved.error());
  auto request = call.body<RegisterRequest>();
  if (!request) return tl::unexpected(request.error());
  if (auto known = call.authenticate_by_token(); !known) return tl::unexpected(known.error());
  auto added = add_registered(call, std::move(*request));
  if (!added) return tl::unexpected(added.error());
  return Answer{201, fmt::format(R"({{"secret":{}}})", go_string(added->second)),
                "/api/v1/identities/" + http::percent_encode(added->first.id)};
}

}  // namespace belfry::ca
