// identities: list, add, show, modify, remove.
#include <fmt/format.h>

#include <algorithm>

#include "ca/attribute_rules.h"
#include "ca/endpoints.h"
#include "ca/json.h"
#include "ca/secret_hash.h"

namespace belfry::ca {
namespace {

constexpr int kModifying = 58, kRemoving = 56, kAdding = 52, kNotFound = 63;

// What add, modify and remove answer: empty and zero members are left out.
std::string response(const Identity& identity, std::string_view secret, std::string_view ca_name) {
  std::string out = fmt::format(R"({{"id":{})", go_string(identity.id));
  if (!identity.type.empty()) out += fmt::format(R"(,"type":{})", go_string(identity.type));
  out += fmt::format(R"(,"affiliation":{})", go_string(identity.affiliation));
  if (!identity.attributes.empty())
    out += fmt::format(R"(,"attrs":{})", attributes_json(identity.effective_attributes()));
  if (identity.max_enrollments != 0)
    out += fmt::format(R"(,"max_enrollments":{})", identity.max_enrollments);
  if (!secret.empty()) out += fmt::format(R"(,"secret":{})", go_string(secret));
  if (!ca_name.empty()) out += fmt::format(R"(,"caname":{})", go_string(ca_name));
  return out + "}";
}

// The one that the path names, if the caller may manage it.
Outcome<Identity> managed(Call& call) {
  const Identity* identity = call.ca().registry->find(call.variable());
  if (!identity) return refuse(404, kNotFound, "Failed to get User: sql: no rows in result set");
  if (auto may = call.may_manage(*identity); !may) return tl::unexpected(may.error());
  return *identity;
}

void change(Identity& identity, const ModifyIdentityRequest& request, const CaState& ca) {
  if (!request.secret.empty()) {
    identity.secret_hash = hash_secret(
        request.secret, ca.settings.folder.empty() ? kCostInMemory : kCostOnDisk, ca.host.random);
    identity.wrong_secrets = 0;
  }
  if (request.max_enrollments == -2)
    identity.max_enrollments = 0;
  else if (request.max_enrollments != 0)
    identity.max_enrollments = request.max_enrollments;
  for (const Attribute& attribute : request.attributes) identity.set(attribute);
  if (!request.affiliation.empty()) {
    identity.affiliation = request.affiliation == "." ? std::string() : request.affiliation;
    identity.set({std::string(kAffiliation), identity.affiliation, true});
  }
  if (!request.type.empty()) {
    identity.type = request.type;
    identity.set({std::string(kType), identity.type, true});
  }
}

Outcome<void> may_change(Call& call, const Identity& identity,
                         const ModifyIdentityRequest& request) {
  if (!request.affiliation.empty()) {
    if (request.affiliation != "." &&
        !call.ca().registry->affiliations().contains(request.affiliation))
      return refuse(400, kModifying,
                    fmt::format("Affiliation '{}' is not supported", request.affiliation));
    if (auto may = call.may_act_on_affiliation(request.affiliation); !may) return may;
  }
  if (!request.type.empty())
    if (auto may = call.may_act_on_type(request.type); !may) return may;
  if (auto may = may_grant(call.caller(), request.attributes, &identity); !may)
    return unauthorized(may.error().message);
  return {};
}

}  // namespace

std::string attributes_json(const std::vector<Attribute>& attributes) {
  if (attributes.empty()) return "null";
  std::string out = "[";
  for (const Attribute& attribute : attributes)
    out += fmt::format(R"({}{{"name":{},"value":{}{}}})", out.size() > 1 ? "," : "",
                       go_string(attribute.name), go_string(attribute.value),
                       attribute.ecert ? R"(,"ecert":true)" : "");
  return out + "]";
}

std::string identity_members(const Identity& identity) {
  return fmt::format(R"("id":{},"type":{},"affiliation":{},"attrs":{},"max_enrollments":{})",
                     go_string(identity.id), go_string(identity.type),
                     go_string(identity.affiliation), attributes_json(identity.attributes),
                     identity.max_enrollments);
}

Outcome<Answer> list_identities(Call& call) {
  if (auto known = call.authenticate_by_token(); !known) return tl::unexpected(known.error());
  if (!call.is_registrar())
    return unauthorized(fmt::format("'{}' is no registrar", call.caller().id));
  const std::string_view roles = call.caller().value(kRoles);
  std::string out = R"({"identities":[)";
  bool first = true;
  for (const Identity* identity : call.ca().registry->identities([&](const Identity& it) {
         return is_within(it.affiliation, call.caller().affiliation) &&
                roles_include(roles, it.type);
       })) {
    out += fmt::format("{}{{{}}}", first ? "" : ",", identity_members(*identity));
    first = false;
  }
  return Answer{.result = fmt::format(R"({}], "caname":{}}})", out, go_string(call.ca_name()))};
}

Outcome<Answer> add_identity(Call& call) {
  if (auto known = call.authenticate_by_token(); !known) return tl::unexpected(known.error());
  auto request = call.body<AddIdentityRequest>();
  if (!request) return tl::unexpected(request.error());
  if (request->id.empty())
    return refuse(400, kAdding, "Missing 'ID' in request to add a new identity");
  auto added = add_registered(call, std::move(*request));
  if (!added) return tl::unexpected(added.error());
  return Answer{201, response(added->first, added->second, call.ca_name()), {}};
}

Outcome<Answer> show_identity(Call& call) {
  if (auto known = call.authenticate_by_token(); !known) return tl::unexpected(known.error());
  auto identity = managed(call);
  if (!identity) return tl::unexpected(identity.error());
  identity->attributes = identity->effective_attributes();
  std::string out = "{" + identity_members(*identity);
  if (!call.ca_name().empty()) out += fmt::format(R"(,"caname":{})", go_string(call.ca_name()));
  return Answer{.result = out + "}"};
}

Outcome<Answer> modify_identity(Call& call) {
  if (auto known = call.authenticate_by_token(); !known) return tl::unexpected(known.error());
  auto identity = managed(call);
  if (!identity) return tl::unexpected(identity.error());
  auto request = call.body<ModifyIdentityRequest>();
  if (!request) return tl::unexpected(request.error());
  if (auto may = may_change(call, *identity, *request); !may) return tl::unexpected(may.error());
  change(*identity, *request, call.ca());
  if (auto applied = call.apply({.identities = {*identity}}); !applied)
    return tl::unexpected(applied.error());
  return Answer{.result = response(*identity, request->secret, call.ca_name())};
}

Outcome<Answer> remove_identity(Call& call) {
  if (auto known = call.authenticate_by_token(); !known) return tl::unexpected(known.error());
  if (!call.ca().settings.remove_identities)
    return refuse(403, kRemoving, "Identity removal is disabled");
  auto force = call.query_flag("force");
  if (!force) return tl::unexpected(force.error());
  if (call.variable() == call.caller().id && !*force)
    return refuse(403, kRemoving, "Need to use 'force' option to delete your own identity");
  auto identity = managed(call);
  if (!identity) return tl::unexpected(identity.error());
  Change change{.removed_identities = {identity->id}};
  revoke_certificates(change, call.ca(), identity->id, kCessationOfOperation);
  if (auto applied = call.apply(std::move(change)); !applied)
    return tl::unexpected(applied.error());
  return Answer{.result = response(*identity, "", call.ca_name())};
}

}  // namespace belfry::ca
