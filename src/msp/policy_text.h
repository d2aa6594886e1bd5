// Signature policies as people write them, the way Fabric's own tools read them:
//
//   OR('Org1MSP.peer', 'Org2MSP.peer')
//   AND('Org1MSP.peer', OutOf(1, 'Org2MSP.member', 'Org3MSP.admin'))
//
// A principal is an MSP id (letters, digits, dots and dashes) and a role: member, admin, client,
// peer or orderer. The envelope made of a text is the one that `peer` makes of it, byte for byte:
// organisations compare definitions as bytes when a chaincode is approved.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace common {
class SignaturePolicyEnvelope;
}

namespace belfry::msp {

inline constexpr size_t kMostPolicyText = 64 << 10;  // bytes
inline constexpr int kDeepestPolicy = 50;            // gates in gates

// An error says what is wrong, and at which character, counted from 1.
Result<::common::SignaturePolicyEnvelope> parse_policy_text(std::string_view text);

// The other way round; AND and OR where they say it, OutOf elsewhere. An error: a principal that
// the language has no words for (a certificate, a unit), or an envelope that refers to none.
Result<std::string> policy_text(const ::common::SignaturePolicyEnvelope& envelope);

}  // namespace belfry::msp
