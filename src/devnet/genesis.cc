#include "devnet/genesis.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"
#include "common/common.pb.h"
#include "common/configtx.pb.h"
#include "common/configuration.pb.h"
#include "common/policies.pb.h"
#include "msp/msp_config.pb.h"
#include "msp/msp_principal.pb.h"
#include "orderer/configuration.pb.h"
#include "orderer/etcdraft/configuration.pb.h"
#include "peer/configuration.pb.h"

namespace belfry::devnet {
namespace {

using Group = ::common::ConfigGroup;

constexpr const char* kAdmins = "Admins";  // may modify what they stand over

template <class Message>
void set_value(Group& group, const char* name, const Message& message) {
  auto& value = (*group.mutable_values())[name];
  value.set_mod_policy(kAdmins);
  value.set_value(message.SerializeAsString());
}

void set_policy(Group& group, const char* name, int type, const std::string& bytes) {
  auto& policy = (*group.mutable_policies())[name];
  policy.set_mod_policy(kAdmins);
  policy.mutable_policy()->set_type(type);
  policy.mutable_policy()->set_value(bytes);
}

void set_implicit(Group& group, const char* name, ::common::ImplicitMetaPolicy::Rule rule,
                  const char* below) {
  ::common::ImplicitMetaPolicy policy;
  policy.set_rule(rule);
  policy.set_sub_policy(below);
  set_policy(group, name, ::common::Policy::IMPLICIT_META, policy.SerializeAsString());
}

// Any one member in any of these roles.
void set_roles(Group& group, const char* name, const std::string& msp_id,
               const std::vector<::common::MSPRole::MSPRoleType>& roles) {
  ::common::SignaturePolicyEnvelope policy;
  auto* rule = policy.mutable_rule()->mutable_n_out_of();
  rule->set_n(1);
  for (auto role : roles) {
    ::common::MSPRole message;
    message.set_msp_identifier(msp_id);
    message.set_role(role);
    rule->add_rules()->set_signed_by(policy.identities_size());
    auto* principal = policy.add_identities();
    principal->set_principal_classification(::common::MSPPrincipal::ROLE);
    principal->set_principal(message.SerializeAsString());
  }
  set_policy(group, name, ::common::Policy::SIGNATURE, policy.SerializeAsString());
}

void set_capability(Group& group, const char* name) {
  ::common::Capabilities capabilities;
  (*capabilities.mutable_capabilities())[name];
  set_value(group, "Capabilities", capabilities);
}

::msp::MSPConfig msp_of(const OrganizationMaterial& org) {
  ::msp::FabricMSPConfig config;
  config.set_name(org.msp_id);
  config.add_root_certs(org.ca.certificate);
  config.add_tls_root_certs(org.tls_ca.certificate);
  config.mutable_crypto_config()->set_signature_hash_family("SHA2");
  config.mutable_crypto_config()->set_identity_identifier_hash_function("SHA256");
  auto* units = config.mutable_fabric_node_ous();
  units->set_enable(true);
  const auto set = [&](::msp::FabricOUIdentifier* unit, const char* name) {
    unit->set_certificate(org.ca.certificate);
    unit->set_organizational_unit_identifier(name);
  };
  set(units->mutable_client_ou_identifier(), "client");
  set(units->mutable_peer_ou_identifier(), "peer");
  set(units->mutable_admin_ou_identifier(), "admin");
  set(units->mutable_orderer_ou_identifier(), "orderer");
  ::msp::MSPConfig message;
  message.set_config(config.SerializeAsString());
  return message;
}

// With the policies that the samples give every organisation.
Group org_group(const OrganizationMaterial& org, Generation generation) {
  using Role = ::common::MSPRole;
  Group group;
  group.set_mod_policy(kAdmins);
  set_value(group, "MSP", msp_of(org));
  if (org.orders) {
    set_roles(group, "Readers", org.msp_id, {Role::MEMBER});
    set_roles(group, "Writers", org.msp_id, {Role::MEMBER});
  } else {
    set_roles(group, "Readers", org.msp_id, {Role::ADMIN, Role::PEER, Role::CLIENT});
    set_roles(group, "Writers", org.msp_id, {Role::ADMIN, Role::CLIENT});
    if (generation != Generation::v1_4) set_roles(group, "Endorsement", org.msp_id, {Role::PEER});
  }
  set_roles(group, "Admins", org.msp_id, {Role::ADMIN});
  return group;
}

void set_common_policies(Group& group) {
  using Rule = ::common::ImplicitMetaPolicy;
  set_implicit(group, "Readers", Rule::ANY, "Readers");
  set_implicit(group, "Writers", Rule::ANY, "Writers");
  set_implicit(group, "Admins", Rule::MAJORITY, "Admins");
}

Group orderer_group(const Material& material, const ChannelParameters& parameters,
                    const GenesisAddresses& addresses) {
  Group group;
  group.set_mod_policy(kAdmins);
  set_common_policies(group);
  set_implicit(group, "BlockValidation", ::common::ImplicitMetaPolicy::ANY, "Writers");

  ::etcdraft::ConfigMetadata raft;
  auto* consenter = raft.add_consenters();
  consenter->set_host(addresses.orderer_host);
  consenter->set_port(addresses.orderer_port);
  consenter->set_client_tls_cert(material.orderer.nodes.front().tls.certificate);
  consenter->set_server_tls_cert(material.orderer.nodes.front().tls.certificate);
  raft.mutable_options()->set_tick_interval("500ms");
  raft.mutable_options()->set_election_tick(10);
  raft.mutable_options()->set_heartbeat_tick(1);
  raft.mutable_options()->set_max_inflight_blocks(5);
  raft.mutable_options()->set_snapshot_interval_size(16 << 20);
  ::orderer::ConsensusType consensus;
  consensus.set_type("etcdraft");
  consensus.set_metadata(raft.SerializeAsString());
  set_value(group, "ConsensusType", consensus);

  ::orderer::BatchSize size;
  size.set_max_message_count(parameters.max_messages);
  size.set_absolute_max_bytes(parameters.absolute_max_bytes);
  size.set_preferred_max_bytes(parameters.preferred_max_bytes);
  set_value(group, "BatchSize", size);
  ::orderer::BatchTimeout timeout;
  timeout.set_timeout(parameters.batch_timeout);
  set_value(group, "BatchTimeout", timeout);
  set_value(group, "ChannelRestrictions", ::orderer::ChannelRestrictions());
  set_capability(group, parameters.generation == Generation::v1_4 ? "V1_4_2" : "V2_0");

  Group org = org_group(material.orderer, parameters.generation);
  ::common::OrdererAddresses endpoints;
  endpoints.add_addresses(fmt::format("{}:{}", addresses.orderer_host, addresses.orderer_port));
  set_value(org, "Endpoints", endpoints);
  (*group.mutable_groups())[material.orderer.msp_id] = std::move(org);
  return group;
}

Group application_group(const Material& material, const ChannelParameters& parameters,
                        const GenesisAddresses& addresses,
                        const std::vector<std::string>& organizations) {
  Group group;
  group.set_mod_policy(kAdmins);
  set_common_policies(group);
  if (parameters.generation != Generation::v1_4) {
    set_implicit(group, "LifecycleEndorsement", ::common::ImplicitMetaPolicy::MAJORITY,
                 "Endorsement");
    set_implicit(group, "Endorsement", ::common::ImplicitMetaPolicy::MAJORITY, "Endorsement");
  }
  set_capability(group, parameters.generation == Generation::v1_4 ? "V1_4_2" : "V2_5");
  for (const OrganizationMaterial& org : material.organizations) {
    if (!organizations.empty() &&
        std::find(organizations.begin(), organizations.end(), org.msp_id) == organizations.end())
      continue;
    Group made = org_group(org, parameters.generation);
    ::protos::AnchorPeers anchors;
    for (const auto& anchor : addresses.anchors) {
      if (anchor.msp_id != org.msp_id) continue;
      auto* peer = anchors.add_anchor_peers();
      peer->set_host(anchor.host);
      peer->set_port(anchor.port);
    }
    if (anchors.anchor_peers_size() > 0) set_value(made, "AnchorPeers", anchors);
    (*group.mutable_groups())[org.msp_id] = std::move(made);
  }
  return group;
}

Group channel_group(const Material& material, const ChannelParameters& parameters,
                    const GenesisAddresses& addresses,
                    const std::vector<std::string>& organizations) {
  Group group;
  group.set_mod_policy(kAdmins);
  set_common_policies(group);
  ::common::HashingAlgorithm hashing;
  hashing.set_name("SHA256");
  set_value(group, "HashingAlgorithm", hashing);
  ::common::BlockDataHashingStructure structure;
  structure.set_width(UINT32_MAX);
  set_value(group, "BlockDataHashingStructure", structure);
  set_capability(group, parameters.generation == Generation::v1_4 ? "V1_4_3" : "V2_0");
  if (parameters.generation == Generation::v1_4) {
    ::common::OrdererAddresses endpoints;  // 1.4-era clients look here, not in the organisation
    endpoints.add_addresses(fmt::format("{}:{}", addresses.orderer_host, addresses.orderer_port));
    set_value(group, "OrdererAddresses", endpoints);
  }
  (*group.mutable_groups())["Orderer"] = orderer_group(material, parameters, addresses);
  (*group.mutable_groups())["Application"] =
      application_group(material, parameters, addresses, organizations);
  return group;
}

std::string envelope_of(const std::string& channel, const ::common::Config& config, WallTime now,
                        Random& random) {
  ::common::SignatureHeader signature;
  std::string nonce;
  for (int i = 0; i < 3; ++i) {
    const uint64_t part = random.next();
    nonce.append(reinterpret_cast<const char*>(&part), sizeof(part));
  }
  signature.set_nonce(nonce);
  ::common::ChannelHeader header;
  header.set_type(::common::CONFIG);
  header.set_version(1);
  header.set_channel_id(channel);
  header.set_tx_id(hex(view(sha256(nonce))));
  header.mutable_timestamp()->set_seconds(
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  ::common::ConfigEnvelope envelope;
  *envelope.mutable_config() = config;
  ::common::Payload payload;
  payload.mutable_header()->set_channel_header(header.SerializeAsString());
  payload.mutable_header()->set_signature_header(signature.SerializeAsString());
  payload.set_data(envelope.SerializeAsString());
  ::common::Envelope message;
  message.set_payload(payload.SerializeAsString());
  return message.SerializeAsString();
}

}  // namespace

std::string make_genesis(const Material& material, const std::string& channel,
                         const ChannelParameters& parameters, const GenesisAddresses& addresses,
                         WallTime now, Random& random,
                         const std::vector<std::string>& organizations) {
  ::common::Config config;
  *config.mutable_channel_group() = channel_group(material, parameters, addresses, organizations);
  ::common::Block block;
  const std::string envelope = envelope_of(channel, config, now, random);
  block.mutable_header()->set_data_hash(std::string(view(sha256(envelope))));
  block.mutable_data()->add_data(envelope);
  ::common::OrdererBlockMetadata orderer;
  orderer.mutable_last_config();
  ::common::Metadata signatures, last_config;
  signatures.set_value(orderer.SerializeAsString());
  last_config.set_value(::common::LastConfig().SerializeAsString());
  auto* metadata = block.mutable_metadata();
  metadata->add_metadata(signatures.SerializeAsString());
  metadata->add_metadata(last_config.SerializeAsString());
  for (int i = 0; i < 3; ++i) metadata->add_metadata();
  return block.SerializeAsString();
}

}  // namespace belfry::devnet
