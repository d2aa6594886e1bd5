// Who sent a transaction: the organisation, and what the X.509 certificate says. The peer has
// verified the signature and the certificate before the chaincode is called; rules about who may do
// what are the chaincode's.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "belfry/chaincode/result.h"

namespace belfry::chaincode {

struct Identity {
  std::string msp;          // the organisation's id, such as Org1MSP
  std::string certificate;  // PEM
  std::string
      id;  // x509::SUBJECT::ISSUER, as Fabric's own libraries name an identity, not in base64
  std::string subject;  // RFC 2253, most specific part first: CN=alice,OU=client
  std::string issuer;
  std::string common_name;
  std::vector<std::string> units;  // OUs: client, peer, admin; with Fabric CA the affiliation, too
  std::map<std::string, std::string> attributes;  // Fabric CA's, such as role or hf.EnrollmentID

  std::optional<std::string> attribute(const std::string& name) const;
  bool has(const std::string& attribute, std::string_view value) const;
};

// Of a serialised creator's parts. Errors: the certificate is none.
Result<Identity> read_identity(std::string msp, std::string certificate_pem);

}  // namespace belfry::chaincode
