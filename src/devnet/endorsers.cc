#include "devnet/endorsers.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "common/policies.pb.h"
#include "devnet/lifecycle_state.h"
#include "devnet/principal_sets.h"
#include "ledger/chaincode_definition.h"
#include "ledger/endorsement_check.h"
#include "msp/msp_principal.pb.h"
#include "peer/policy.pb.h"
#include "peer/proposal_response.pb.h"

namespace belfry::devnet {
namespace {

using ledger::ChaincodeDefinition;

std::shared_ptr<Channel> any_channel(const EndorsingPeers& peers, const std::string& name) {
  for (const auto& peer : peers)
    if (auto channel = peer->peer().channel(name)) return channel;
  return nullptr;
}

Result<ChaincodeDefinition> definition_of(const Channel* channel, const std::string& channel_name,
                                          const std::string& chaincode) {
  const auto missing = [&] {
    return fail(fmt::format("No metadata was found for chaincode {} in channel {}", chaincode,
                            channel_name));
  };
  if (!channel) return missing();
  if (chaincode == ledger::kLifecycle) {
    ChaincodeDefinition out;
    out.name = chaincode;
    ::protos::ApplicationPolicy policy;
    policy.set_channel_config_policy_reference("/Channel/Application/LifecycleEndorsement");
    out.endorsement_policy = policy.SerializeAsString();
    return out;
  }
  const auto found = ledger::find_definition(channel->ledger(), chaincode);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return missing();
  return **found;
}

Result<PrincipalSets> chaincode_sets(const msp::ChannelConfig& config,
                                     const ChaincodeDefinition& definition) {
  if (definition.legacy_policy.empty())
    return sets_of_application_policy(config, definition.endorsement_policy);
  ::common::SignaturePolicyEnvelope policy;
  if (!policy.ParseFromString(definition.legacy_policy))
    return fail("the endorsement policy does not decode");
  return sets_of(policy);
}

Result<ledger::Collection> collection_of(const ChaincodeDefinition& definition,
                                         const std::string& name) {
  const auto found = ledger::find_collection(definition, name);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return fail(fmt::format("collection {} was not found", name));
  return **found;
}

// The policies that one called chaincode's validation asks for, all to be satisfied. A collection's
// own stands in the chaincode's stead, for what is in the collection.
Result<std::vector<PrincipalSets>> policies_of(const msp::ChannelConfig& config,
                                               const ChaincodeDefinition& definition,
                                               const ::protos::ChaincodeCall& call) {
  std::vector<PrincipalSets> out;
  bool wants_own = call.collection_names().empty();
  for (const auto& name : call.collection_names()) {
    const auto collection = collection_of(definition, name);
    if (!collection) return tl::unexpected(collection.error());
    const auto policy = ledger::is_implicit(name)
                            ? ledger::implicit_policy(config, ledger::implicit_org(name))
                            : collection->endorsement_policy;
    if (policy.empty()) {
      wants_own = true;
      continue;
    }
    auto sets = sets_of_application_policy(config, policy);
    if (!sets) return tl::unexpected(sets.error());
    out.push_back(std::move(*sets));
  }
  if (wants_own && !call.disregard_namespace_policy()) {
    auto sets = chaincode_sets(config, definition);
    if (!sets) return tl::unexpected(sets.error());
    out.push_back(std::move(*sets));
  }
  for (const auto& policy : call.key_policies()) {
    auto sets = sets_of(policy);
    if (!sets) return tl::unexpected(sets.error());
    out.push_back(std::move(*sets));
  }
  return out;
}

bool satisfies(const EndorsingPeer& peer, const msp::ChannelConfig& config,
               const std::string& principal) {
  ::common::MSPPrincipal message;
  if (!message.ParseFromString(principal)) return false;
  const auto compiled = msp::compile_principal(message);
  const auto member = config.msps->member(peer.peer().node().identity->serialized());
  return compiled && member && (*member)->satisfies(*compiled);
}

struct Call {
  ChaincodeDefinition definition;
  const ::protos::ChaincodeCall* call = nullptr;
};

Result<std::vector<Call>> calls_of(const Channel* channel, const std::string& channel_name,
                                   const ::protos::ChaincodeInterest& interest) {
  std::vector<Call> out;
  for (const auto& call : interest.chaincodes()) {
    auto definition = definition_of(channel, channel_name, call.name());
    if (!definition) return tl::unexpected(definition.error());
    out.push_back({std::move(*definition), &call});
  }
  return out;
}

// Without the peers that may not see a collection whose values are read.
Result<EndorsingPeers> authorized(EndorsingPeers peers, const std::vector<Call>& calls) {
  for (const auto& [definition, call] : calls) {
    if (call->no_private_reads()) continue;
    for (const auto& name : call->collection_names()) {
      const auto collection = collection_of(definition, name);
      if (!collection) return tl::unexpected(collection.error());
      std::erase_if(
          peers, [&](const auto& peer) { return !collection->has_member(peer->peer().msp_id()); });
    }
  }
  return peers;
}

bool has_all(const EndorsingPeer& peer, const std::string& channel,
             const std::vector<Call>& calls) {
  return std::all_of(calls.begin(), calls.end(), [&](const Call& call) {
    return has_chaincode(peer, channel, call.definition.name);
  });
}

}  // namespace

EndorsingPeers peers_of_channel(const EndorsingPeers& peers, const std::string& channel) {
  EndorsingPeers out;
  for (const auto& peer : peers)
    if (peer->peer().channel(channel)) out.push_back(peer);
  return out;
}

bool has_chaincode(const EndorsingPeer& peer, const std::string& channel,
                   const std::string& chaincode) {
  if (peer.is_system(chaincode)) return true;
  const auto joined = peer.peer().channel(channel);
  return joined && peer.runnable(joined->ledger(), chaincode).has_value();
}

std::string endorsers_version(const EndorsingPeers& peers, const std::string& channel_name,
                              const std::string& chaincode) {
  const auto channel = any_channel(peers, channel_name);
  if (!channel) return {};
  const auto& ledger = channel->ledger();
  std::string out = fmt::format("{} {}", ledger.config_block(), ledger.config()->sequence);
  const auto add = [&](const std::optional<ledger::Value>& value) {
    out += value ? fmt::format(" {}.{}", value->version.block, value->version.transaction) : " -";
    return value;
  };
  const std::string lifecycle(ledger::kLifecycle);
  const auto sequence = add(ledger.get(lifecycle, field_key("namespaces", chaincode, "Sequence")));
  if (!sequence) {
    add(ledger.get(std::string(ledger::kLegacyLifecycle), chaincode));
    return out;
  }
  const auto number = ledger::decode_integer(sequence->bytes);
  const std::string hash(view(sha256(field_key(
      "chaincode-sources", fmt::format("{}#{}", chaincode, number.value_or(0)), "PackageID"))));
  std::string last;
  for (const auto& peer : peers) {
    const auto& msp_id = peer->peer().msp_id();
    if (msp_id != last) add(ledger.private_hash(lifecycle, "_implicit_org_" + msp_id, hash));
    last = msp_id;
    out += peer->peer().channel(channel_name) ? '+' : '-';
  }
  return out;
}

Result<EndorsingPeers> peers_for(const EndorsingPeers& peers, const std::string& channel_name,
                                 const ::protos::ChaincodeInterest& interest) {
  EndorsingPeers members = peers_of_channel(peers, channel_name);
  const auto channel = any_channel(members, channel_name);
  const auto calls = calls_of(channel.get(), channel_name, interest);
  if (!calls) return tl::unexpected(calls.error());
  std::erase_if(members, [&](const auto& peer) { return !has_all(*peer, channel_name, *calls); });
  return authorized(std::move(members), *calls);
}

Result<EndorsementLayouts> layouts_for(const EndorsingPeers& peers, const std::string& channel_name,
                                       const ::protos::ChaincodeInterest& interest) {
  EndorsingPeers members = peers_of_channel(peers, channel_name);
  const auto channel = any_channel(members, channel_name);
  const auto calls = calls_of(channel.get(), channel_name, interest);
  if (!calls) return tl::unexpected(calls.error());
  auto allowed = authorized(std::move(members), *calls);
  if (!allowed) return tl::unexpected(allowed.error());
  const auto config = channel->ledger().config();

  PrincipalSets combined = {{}};
  for (const auto& [definition, call] : *calls) {
    const auto policies = policies_of(*config, definition, *call);
    if (!policies) return tl::unexpected(policies.error());
    for (const auto& policy : *policies) {
      auto merged = merge(combined, policy);
      if (!merged) return tl::unexpected(merged.error());
      combined = std::move(*merged);
    }
  }

  EndorsementLayouts out;
  out.chaincode = interest.chaincodes_size() ? interest.chaincodes(0).name() : "";
  std::map<std::string, std::string> names;       // group by principal
  std::map<std::string, EndorsingPeers> signers;  // by group, chaincode or not
  for (const auto& set : combined)
    for (const auto& [principal, count] : set) {
      if (names.contains(principal)) continue;
      const auto name = fmt::format("G{}", names.size());
      names[principal] = name;
      for (const auto& peer : *allowed)
        if (satisfies(*peer, *config, principal)) signers[name].push_back(peer);
    }
  bool possible = false;
  for (const auto& set : combined) {
    std::map<std::string, uint32_t> layout;
    bool enough = true, runs = true;
    for (const auto& [principal, count] : set) {
      const auto& name = names[principal];
      layout[name] = count;
      const auto& able = signers[name];
      enough = enough && able.size() >= count;
      const auto running = std::count_if(able.begin(), able.end(), [&](const auto& peer) {
        return has_all(*peer, channel_name, *calls);
      });
      runs = runs && running >= static_cast<ptrdiff_t>(count);
    }
    possible = possible || enough;
    if (enough && runs) out.quantities.push_back(std::move(layout));
  }
  if (!possible) return fail("no peer combination can satisfy the endorsement policy");
  if (out.quantities.empty())
    return fail("required chaincodes are not installed on sufficient peers");
  for (const auto& layout : out.quantities)
    for (const auto& [name, count] : layout) {
      if (out.groups.contains(name)) continue;
      for (const auto& peer : signers[name])
        if (has_all(*peer, channel_name, *calls)) out.groups[name].push_back(peer);
    }
  return out;
}

}  // namespace belfry::devnet
