// What a signer must be for a policy to count it: a role in an organisation, a unit, or one certain
// certificate (Fabric's common.MSPPrincipal, compiled).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace common {
class MSPPrincipal;
}

namespace belfry::msp {

enum class Role { member, admin, client, peer, orderer };

struct Principal {
  enum class Kind {
    role,       // msp_id, role
    unit,       // msp_id, unit, certifiers
    identity,   // msp_id, certificate
    nominal,    // anybody who is not anonymous: everyone with a certificate
    anonymous,  // nobody with a certificate
  };
  Kind kind = Kind::role;
  std::string msp_id;
  Role role = Role::member;
  std::string unit;
  std::string certifiers;   // bytes: sha256 over the chain of CAs
  std::string certificate;  // DER without its signature (the TBSCertificate)
};

// A combined principal becomes several, of which a signer must satisfy all.
Result<std::vector<Principal>> compile_principal(const ::common::MSPPrincipal& principal);
// "Org1MSP.admin", "Org1MSP.OU=audit", "the certificate of CN=…": for messages.
std::string describe(const Principal& principal);

}  // namespace belfry::msp
