// Signature policies that chaincode definitions and collections are made of, as messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace common {
class SignaturePolicyEnvelope;
}

namespace belfry::ledger {

// The MSP ids that the policy's principals name, sorted, each once.
std::vector<std::string> organizations_of(const ::common::SignaturePolicyEnvelope& policy);
// One signature of any member of these organisations.
::common::SignaturePolicyEnvelope any_member_of(std::vector<std::string> msp_ids);
// One of any administrator of these organisations.
::common::SignaturePolicyEnvelope any_admin_of(std::vector<std::string> msp_ids);

// Signatures of members of more than half of these organisations.
::common::SignaturePolicyEnvelope majority_of_members(const std::vector<std::string>& msp_ids);

}  // namespace belfry::ledger
