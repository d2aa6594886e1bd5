// The endpoints of Fabric CA's REST interface: which there are, with which methods, and what each
// does. server.cc puts them behind HTTP.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ca/call.h"

namespace belfry::ca {

struct Answer {
  int status = 200;
  std::string result;                   // JSON
  std::optional<std::string> location;  // of what was made
};

// Handlers. Each authenticates for itself.
Outcome<Answer> show_info(Call& call);
Outcome<Answer> enroll(Call& call);
Outcome<Answer> reenroll(Call& call);
Outcome<Answer> register_identity(Call& call);
Outcome<Answer> revoke(Call& call);
Outcome<Answer> make_crl(Call& call);
Outcome<Answer> list_identities(Call& call);
Outcome<Answer> add_identity(Call& call);
Outcome<Answer> show_identity(Call& call);
Outcome<Answer> modify_identity(Call& call);
Outcome<Answer> remove_identity(Call& call);
Outcome<Answer> list_affiliations(Call& call);
Outcome<Answer> add_affiliation(Call& call);
Outcome<Answer> show_affiliation(Call& call);
Outcome<Answer> modify_affiliation(Call& call);
Outcome<Answer> remove_affiliation(Call& call);
Outcome<Answer> list_certificates(Call& call);
Outcome<Answer> remove_certificates(Call& call);  // refused: nobody can
Outcome<Answer> idemix_credential(Call& call);
Outcome<Answer> idemix_revocation(Call& call);

// One request, answered with Fabric CA's envelope; or a plain 404 where there is nothing.
http::ServerResponse answer(const http::ServerRequest& request,
                            const std::vector<Ca*>& authorities);

// Shared by handlers.
// {"CAName":…}: with the version in cainfo, without it in enrolments.
std::string info_json(const CaState& ca, std::string_view version);
// What registering does, for both of its endpoints: the identity as it was added, and its secret.
Outcome<std::pair<Identity, std::string>> add_registered(Call& call, RegisterRequest request);
// [{"name":…}…]
std::string attributes_json(const std::vector<Attribute>& attributes);
// The members id to max_enrollments of an identity, without braces.
std::string identity_members(const Identity& identity);
// Adds all certificates of the identity that are not revoked yet, revoked.
void revoke_certificates(Change& change, const CaState& ca, std::string_view id, int reason);
inline constexpr int kAffiliationChanged = 3, kCessationOfOperation = 5;  // RFC 5280 §5.3.1
// Base64 of the revocation list's PEM.
Outcome<std::string> encoded_crl(const CaState& ca, const CrlRequest& request);

}  // namespace belfry::ca
