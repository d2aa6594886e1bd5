// affiliations: list, add, show, rename, remove. They are a forest by their names: org1.department1
// is below org1.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "ca/attribute_rules.h"
#include "ca/endpoints.h"
#include "ca/go_text.h"
#include "ca/json.h"

namespace belfry::ca {
namespace {

constexpr int kAdding = 60, kModifying = 64, kNotFound = 63;

struct Node {
  std::map<std::string, Node> below;

  Node& at(std::string_view name) {
    Node* node = this;
    for (const std::string& part : split(name, '.')) node = &node->below[part];
    return *node;
  }
};

// The members name, affiliations and identities of the node, without braces. What is empty is left
// out, but for the name.
std::string members(const std::string& name, const Node& node,
                    const std::vector<Identity>& identities) {
  std::string out = fmt::format(R"("name":{})", go_string(name));
  std::string below, here;
  for (const auto& [part, child] : node.below)
    below += fmt::format("{}{{{}}}", below.empty() ? "" : ",",
                         members(name + "." + part, child, identities));
  for (const Identity& identity : identities)
    if (identity.affiliation == name)
      here += fmt::format("{}{{{}}}", here.empty() ? "" : ",", identity_members(identity));
  if (!below.empty()) out += fmt::format(R"(,"affiliations":[{}])", below);
  if (!here.empty()) out += fmt::format(R"(,"identities":[{}])", here);
  return out;
}

std::string response(std::string_view members, const std::string& ca_name) {
  std::string out = fmt::format("{{{}", members);
  if (!ca_name.empty()) out += fmt::format(R"(,"caname":{})", go_string(ca_name));
  return out + "}";
}

// One affiliation with those below it.
std::string tree_response(const std::string& root, const std::vector<std::string>& names,
                          const std::vector<Identity>& identities, const std::string& ca_name) {
  Node forest;
  for (const std::string& name : names) forest.at(name);
  return response(members(root, forest.at(root), identities), ca_name);
}

Outcome<void> authenticate(Call& call) {
  if (auto known = call.authenticate_by_token(); !known) return known;
  return call.needs_right(kAffiliationManager);
}

tl::unexpected<Refusal> not_found() {
  return refuse(404, kNotFound, "Failed to get affiliation: sql: no rows in result set");
}

std::string replaced(const std::string& name, std::string_view old, std::string_view with) {
  return std::string(with).append(name.substr(old.size()));
}

std::string join_ids(const std::vector<const Identity*>& identities) {
  std::string ids;
  for (const Identity* identity : identities) ids += (ids.empty() ? "" : ",") + identity->id;
  return ids;
}

}  // namespace

Outcome<Answer> list_affiliations(Call& call) {
  if (auto known = authenticate(call); !known) return tl::unexpected(known.error());
  Node forest;
  for (const auto& name : call.ca().registry->affiliations_from(call.caller().affiliation))
    forest.at(name);
  if (forest.below.empty()) return refuse(404, 16, "No affiliations are configured on the CA");
  // One tree stands for itself, several stand under a root without a name.
  if (forest.below.size() == 1) {
    const auto& [name, node] = *forest.below.begin();
    return Answer{.result = response(members(name, node, {}), call.ca_name())};
  }
  std::string trees;
  for (const auto& [name, node] : forest.below)
    trees += fmt::format("{}{{{}}}", trees.empty() ? "" : ",", members(name, node, {}));
  return Answer{
      .result = response(fmt::format(R"("name":"","affiliations":[{}])", trees), call.ca_name())};
}

Outcome<Answer> show_affiliation(Call& call) {
  if (auto known = authenticate(call); !known) return tl::unexpected(known.error());
  const std::string name(call.variable());
  if (auto may = call.may_act_on_affiliation(name); !may) return tl::unexpected(may.error());
  if (!call.ca().registry->affiliations().contains(name)) return not_found();
  return Answer{.result = tree_response(name, call.ca().registry->affiliations_from(name), {},
                                        call.ca_name())};
}

Outcome<Answer> add_affiliation(Call& call) {
  if (auto known = authenticate(call); !known) return tl::unexpected(known.error());
  auto request = call.body<AddAffiliationRequest>();
  if (!request) return tl::unexpected(request.error());
  const auto& existing = call.ca().registry->affiliations();
  if (existing.contains(request->name)) return refuse(409, kAdding, "Affiliation already exists");
  if (auto may = call.may_act_on_affiliation(request->name); !may)
    return tl::unexpected(may.error());
  auto force = call.query_flag("force");
  if (!force) return tl::unexpected(force.error());
  Change change{.affiliations = {request->name}};
  const size_t dot = request->name.rfind('.');
  if (*force) {
    for (size_t at = request->name.find('.'); at != std::string::npos;
         at = request->name.find('.', at + 1))
      change.affiliations.insert(request->name.substr(0, at));
  } else if (dot != std::string::npos && !existing.contains(request->name.substr(0, dot))) {
    return not_found();
  }
  if (auto applied = call.apply(std::move(change)); !applied)
    return tl::unexpected(applied.error());
  return Answer{
      201, response(fmt::format(R"("name":{})", go_string(request->name)), call.ca_name()), {}};
}

Outcome<Answer> modify_affiliation(Call& call) {
  if (auto known = authenticate(call); !known) return tl::unexpected(known.error());
  auto request = call.body<ModifyAffiliationRequest>();
  if (!request) return tl::unexpected(request.error());
  const std::string old(call.variable()), &name = request->name;
  for (const std::string& affiliation : {old, name})
    if (auto may = call.may_act_on_affiliation(affiliation); !may)
      return tl::unexpected(may.error());
  auto force = call.query_flag("force");
  if (!force) return tl::unexpected(force.error());
  const Registry& registry = *call.ca().registry;
  if (!registry.affiliations().contains(old)) return not_found();
  if (registry.affiliations().contains(name))
    return refuse(409, kModifying, fmt::format("Affiliation '{}' already exists", name));

  Change change;
  for (const std::string& affiliation : registry.affiliations_from(old)) {
    const auto members =
        registry.identities([&](const Identity& it) { return it.affiliation == affiliation; });
    if (!members.empty() && !call.is_registrar())
      return unauthorized(
          "renaming the affiliation changes identities, and the caller is no "
          "registrar");
    if (!members.empty() && !*force)
      return refuse(400, kModifying,
                    fmt::format("The request to modify affiliation '{}' has the following "
                                "identities associated: {}. Need to use 'force' to remove "
                                "identities and affiliation",
                                old, join_ids(members)));
    const std::string renamed = replaced(affiliation, old, name);
    change.removed_affiliations.insert(affiliation);
    change.affiliations.insert(renamed);
    for (const Identity* member : members) {
      Identity& identity = change.identities.emplace_back(*member);
      identity.affiliation = renamed;
      identity.set({std::string(kAffiliation), renamed});
    }
  }
  std::vector<Identity> identities = change.identities;
  std::ranges::sort(identities, {}, &Identity::id);
  if (auto applied = call.apply(std::move(change)); !applied)
    return tl::unexpected(applied.error());
  return Answer{
      .result = tree_response(name, registry.affiliations_from(name), identities, call.ca_name())};
}

Outcome<Answer> remove_affiliation(Call& call) {
  if (auto known = authenticate(call); !known) return tl::unexpected(known.error());
  if (!call.ca().settings.remove_affiliations)
    return unauthorized("removing affiliations is switched off");
  const std::string name(call.variable());
  if (call.caller().affiliation == name)
    return unauthorized(fmt::format("the caller belongs to the affiliation '{}'", name));
  if (auto may = call.may_act_on_affiliation(name); !may) return tl::unexpected(may.error());
  auto force = call.query_flag("force");
  if (!force) return tl::unexpected(force.error());
  const Registry& registry = *call.ca().registry;
  if (!registry.affiliations().contains(name)) return not_found();

  const auto members =
      registry.identities([&](const Identity& it) { return is_within(it.affiliation, name); });
  if (!members.empty() && !call.is_registrar())
    return unauthorized(
        "removing the affiliation removes identities, and the caller is no "
        "registrar");
  if (!members.empty() && !call.ca().settings.remove_identities)
    return unauthorized("removing identities is switched off");
  const auto names = registry.affiliations_from(name);
  if ((!members.empty() || names.size() > 1) && !*force)
    return unauthorized(
        fmt::format("'{}' has identities or affiliations below it, and 'force' is "
                    "not given",
                    name));
  Change change;
  std::vector<Identity> identities;
  change.removed_affiliations.insert(names.begin(), names.end());
  for (const Identity* member : members) {
    identities.push_back(*member);
    change.removed_identities.push_back(member->id);
    revoke_certificates(change, call.ca(), member->id, kAffiliationChanged);
  }
  if (auto applied = call.apply(std::move(change)); !applied)
    return tl::unexpected(applied.error());
  return Answer{.result = tree_response(name, names, identities, call.ca_name())};
}

}  // namespace belfry::ca
