// Which combinations of signers satisfy an endorsement policy: what discovery tells clients, and
// what a gateway picks endorsers by (Fabric's common/policies/inquire).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "msp/channel_config.h"

namespace common {
class SignaturePolicyEnvelope;
}

namespace belfry::devnet {

// A principal (serialized common.MSPPrincipal) and how many different signers must satisfy it.
using PrincipalSet = std::map<std::string, uint32_t>;
using PrincipalSets = std::vector<PrincipalSet>;

inline constexpr size_t kMostPrincipalSets = 10'000;

// All minimal combinations, each once. An error when there are none, or more than
// kMostPrincipalSets.
Result<PrincipalSets> sets_of(const ::common::SignaturePolicyEnvelope& policy);
// Of a serialized peer.ApplicationPolicy: an explicit policy, or a reference to one of the channel.
Result<PrincipalSets> sets_of_application_policy(const msp::ChannelConfig& config,
                                                 std::string_view policy);
// Of a policy of the channel's configuration ("/Channel/Application/Endorsement"); implicit ones
// are made explicit.
Result<PrincipalSets> sets_of_reference(const msp::ChannelConfig& config, std::string_view path);
// Combinations that satisfy both.
Result<PrincipalSets> merge(const PrincipalSets& one, const PrincipalSets& other);

}  // namespace belfry::devnet
