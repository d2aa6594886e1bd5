// Who may do what on a channel: the resource's policy from the channel's ACLs, or Fabric's default
// for it, asked about one signer.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "ledger/signature_cache.h"
#include "msp/channel_config.h"

namespace belfry::devnet {

// "event/Block", "peer/Propose", "qscc/GetBlockByNumber" → "/Channel/Application/Readers".
// Empty for a resource that Fabric has no policy for.
std::string policy_of(const msp::ChannelConfig& config, std::string_view resource);

// Whether the signature over the message is that of a member who satisfies the policy. The error is
// in Fabric's words ("implicit policy evaluation failed - …"), without a prefix.
Result<void> check_policy(const msp::ChannelConfig& config, std::string_view policy,
                          std::string_view identity, std::string_view message,
                          std::string_view signature, ledger::SignatureCache& signatures);

}  // namespace belfry::devnet
