#include "endorsement_policy.h"

#include <algorithm>

#include "common/policies.pb.h"
#include "msp/msp_principal.pb.h"

namespace belfry::chaincode {

std::string write_policy(const KeyEndorsement& endorsement) {
  auto organisations = endorsement.organisations;
  std::sort(organisations.begin(), organisations.end());
  organisations.erase(std::unique(organisations.begin(), organisations.end()), organisations.end());
  common::SignaturePolicyEnvelope envelope;
  auto* all = envelope.mutable_rule()->mutable_n_out_of();
  all->set_n(static_cast<int>(organisations.size()));
  for (const auto& organisation : organisations) {
    all->add_rules()->set_signed_by(envelope.identities_size());
    common::MSPRole role;
    role.set_msp_identifier(organisation);
    role.set_role(endorsement.role == Role::kPeer ? common::MSPRole::PEER
                                                  : common::MSPRole::MEMBER);
    auto* principal = envelope.add_identities();
    principal->set_principal_classification(common::MSPPrincipal::ROLE);
    principal->set_principal(role.SerializeAsString());
  }
  return envelope.SerializeAsString();
}

Result<KeyEndorsement> read_policy(const std::string& bytes) {
  const Error other{"the key's endorsement policy is not of the form that names organisations"};
  common::SignaturePolicyEnvelope envelope;
  if (!envelope.ParseFromString(bytes) || envelope.identities().empty()) return other;
  const auto& all = envelope.rule().n_out_of();
  if (all.n() != envelope.identities_size() || all.rules_size() != envelope.identities_size())
    return other;
  KeyEndorsement out;
  for (const auto& principal : envelope.identities()) {
    common::MSPRole role;
    if (principal.principal_classification() != common::MSPPrincipal::ROLE ||
        !role.ParseFromString(principal.principal())) {
      return other;
    }
    if (role.role() != common::MSPRole::PEER && role.role() != common::MSPRole::MEMBER)
      return other;
    out.role = role.role() == common::MSPRole::PEER ? Role::kPeer : Role::kMember;
    out.organisations.push_back(role.msp_identifier());
  }
  std::sort(out.organisations.begin(), out.organisations.end());
  return out;
}

}  // namespace belfry::chaincode
