#include "ledger/definition_policies.h"

#include <algorithm>
#include <set>

#include "common/policies.pb.h"
#include "msp/identities.pb.h"
#include "msp/msp_principal.pb.h"

namespace belfry::ledger {
namespace {

void collect(const ::common::MSPPrincipal& principal, std::set<std::string>& into) {
  switch (principal.principal_classification()) {
    case ::common::MSPPrincipal::ROLE: {
      ::common::MSPRole role;
      if (role.ParseFromString(principal.principal())) into.insert(role.msp_identifier());
      return;
    }
    case ::common::MSPPrincipal::ORGANIZATION_UNIT: {
      ::common::OrganizationUnit unit;
      if (unit.ParseFromString(principal.principal())) into.insert(unit.msp_identifier());
      return;
    }
    case ::common::MSPPrincipal::IDENTITY: {
      ::msp::SerializedIdentity identity;
      if (identity.ParseFromString(principal.principal())) into.insert(identity.mspid());
      return;
    }
    default:
      return;
  }
}

}  // namespace

std::vector<std::string> organizations_of(const ::common::SignaturePolicyEnvelope& policy) {
  std::set<std::string> found;
  for (const auto& principal : policy.identities()) collect(principal, found);
  return {found.begin(), found.end()};
}

namespace {

using Role = ::common::MSPRole;

::common::SignaturePolicyEnvelope some_of(const std::vector<std::string>& msp_ids,
                                          Role::MSPRoleType of, int32_t needed) {
  ::common::SignaturePolicyEnvelope policy;
  auto* rule = policy.mutable_rule()->mutable_n_out_of();
  rule->set_n(needed);
  for (const std::string& id : msp_ids) {
    ::common::MSPRole role;
    role.set_msp_identifier(id);
    role.set_role(of);
    rule->add_rules()->set_signed_by(policy.identities_size());
    auto* principal = policy.add_identities();
    principal->set_principal_classification(::common::MSPPrincipal::ROLE);
    principal->set_principal(role.SerializeAsString());
  }
  return policy;
}

}  // namespace

// As Fabric makes them, in the order of the ids.
::common::SignaturePolicyEnvelope any_member_of(std::vector<std::string> msp_ids) {
  std::sort(msp_ids.begin(), msp_ids.end());
  return some_of(msp_ids, Role::MEMBER, 1);
}

::common::SignaturePolicyEnvelope any_admin_of(std::vector<std::string> msp_ids) {
  std::sort(msp_ids.begin(), msp_ids.end());
  return some_of(msp_ids, Role::ADMIN, 1);
}

::common::SignaturePolicyEnvelope majority_of_members(const std::vector<std::string>& msp_ids) {
  return some_of(msp_ids, Role::MEMBER, static_cast<int32_t>(msp_ids.size() / 2 + 1));
}

}  // namespace belfry::ledger
