// A chaincode's definition, as the organisations of a channel agree on it: version, sequence, who
// must endorse, private data collections. Policies and collections are kept as the bytes that the
// peers compare, and made of and shown as text here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace belfry::fabric {

struct ChaincodeDefinition {
  std::string name;
  std::string version;
  int64_t sequence = 0;                               // counts the definitions of this name from 1
  std::string endorsement_plugin, validation_plugin;  // empty: escc and vscc
  // protos.ApplicationPolicy; empty: the channel's /Channel/Application/Endorsement
  std::string policy;
  std::string collections;  // protos.CollectionConfigPackage
  bool init_required = false;
};

// Whether both are the same to the peers, which fill in what is left empty.
bool same_definition(const ChaincodeDefinition& one, const ChaincodeDefinition& other);

// A signature policy ("OR('Org1MSP.peer')", msp/policy_text.h) or the path of one of the channel's
// ("/Channel/Application/Admins") as protos.ApplicationPolicy.
Result<std::string> parse_endorsement_policy(std::string_view text);
std::string endorsement_policy_text(std::string_view policy);  // for people

// The collections file that Fabric's tools take, in JSON or YAML: a list of {name, policy,
// requiredPeerCount, maxPeerCount, blockToLive, memberOnlyRead, memberOnlyWrite,
// endorsementPolicy: {signaturePolicy | channelConfigPolicy}}; as protos.CollectionConfigPackage.
// Errors name the collection and key, unknown keys among them.
Result<std::string> parse_collections(const std::string& text);
std::string collection_names(std::string_view collections);  // "donors, audits"; for people

}  // namespace belfry::fabric
