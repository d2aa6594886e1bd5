#include "ledger/definition_policies.h"

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

::common::SignaturePolicyEnvelope any_member_of(std::string_view msp_id) {
  ::common::MSPRole role;
  role.set_msp_identifier(std::string(msp_id));
  role.set_role(::common::MSPRole::MEMBER);
  ::common::SignaturePolicyEnvelope policy;
  auto* principal = policy.add_identities();
  principal->set_principal_classification(::common::MSPPrincipal::ROLE);
  principal->set_principal(role.SerializeAsString());
  auto* rule = policy.mutable_rule()->mutable_n_out_of();
  rule->set_n(1);
  rule->add_rules()->set_signed_by(0);
  return policy;
}

}  // namespace belfry::ledger
