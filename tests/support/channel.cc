#include "support/channel.h"

#include <google/protobuf/util/message_differencer.h>

#include <algorithm>

#include "base/check.h"
#include "base/hash.h"
#include "common/common.pb.h"
#include "common/configuration.pb.h"
#include "common/policies.pb.h"
#include "msp/identities.pb.h"
#include "msp/msp_principal.pb.h"
#include "orderer/configuration.pb.h"
#include "peer/configuration.pb.h"

namespace belfry::tests {
namespace {

using google::protobuf::util::MessageDifferencer;

std::string principal_bytes(const std::string& msp_id, ::common::MSPRole::MSPRoleType role) {
  ::common::MSPRole message;
  message.set_msp_identifier(msp_id);
  message.set_role(role);
  return message.SerializeAsString();
}

common::ConfigPolicy signed_by(const std::string& msp_id, ::common::MSPRole::MSPRoleType role) {
  ::common::SignaturePolicyEnvelope envelope;
  auto* principal = envelope.add_identities();
  principal->set_principal_classification(::common::MSPPrincipal::ROLE);
  principal->set_principal(principal_bytes(msp_id, role));
  auto* rule = envelope.mutable_rule()->mutable_n_out_of();
  rule->set_n(1);
  rule->add_rules()->set_signed_by(0);
  ::common::ConfigPolicy policy;
  policy.set_mod_policy("Admins");
  policy.mutable_policy()->set_type(::common::Policy::SIGNATURE);
  policy.mutable_policy()->set_value(envelope.SerializeAsString());
  return policy;
}

common::ConfigPolicy implicit(::common::ImplicitMetaPolicy::Rule rule, const std::string& name) {
  ::common::ImplicitMetaPolicy meta;
  meta.set_rule(rule);
  meta.set_sub_policy(name);
  ::common::ConfigPolicy policy;
  policy.set_mod_policy("Admins");
  policy.mutable_policy()->set_type(::common::Policy::IMPLICIT_META);
  policy.mutable_policy()->set_value(meta.SerializeAsString());
  return policy;
}

void set_value(::common::ConfigGroup& group, const std::string& name,
               const google::protobuf::Message& message) {
  auto& value = (*group.mutable_values())[name];
  value.set_value(message.SerializeAsString());
  value.set_mod_policy("Admins");
}

void set_capability(::common::ConfigGroup& group, const std::string& name) {
  ::common::Capabilities capabilities;
  (*capabilities.mutable_capabilities())[name];
  set_value(group, "Capabilities", capabilities);
}

void set_implicit_policies(::common::ConfigGroup& group) {
  auto& policies = *group.mutable_policies();
  policies["Readers"] = implicit(::common::ImplicitMetaPolicy::ANY, "Readers");
  policies["Writers"] = implicit(::common::ImplicitMetaPolicy::ANY, "Writers");
  policies["Admins"] = implicit(::common::ImplicitMetaPolicy::MAJORITY, "Admins");
  group.set_mod_policy("Admins");
}

common::ConfigGroup group_of(const TestOrg& org) {
  ::common::ConfigGroup group;
  ::msp::MSPConfig config;
  config.set_config(org.msp().SerializeAsString());
  set_value(group, "MSP", config);
  auto& policies = *group.mutable_policies();
  policies["Readers"] = signed_by(org.id, ::common::MSPRole::MEMBER);
  policies["Writers"] = signed_by(
      org.id, org.id == "OrdererMSP" ? ::common::MSPRole::ORDERER : ::common::MSPRole::MEMBER);
  policies["Admins"] = signed_by(org.id, ::common::MSPRole::ADMIN);
  policies["Endorsement"] = signed_by(org.id, ::common::MSPRole::PEER);
  group.set_mod_policy("Admins");
  return group;
}

// Quorum of the consenters' own certificates, as configtxgen makes it for BFT.
common::ConfigPolicy bft_policy(const std::vector<Credential>& consenters) {
  ::common::SignaturePolicyEnvelope envelope;
  auto* rule = envelope.mutable_rule()->mutable_n_out_of();
  rule->set_n(3);
  for (size_t i = 0; i < consenters.size(); ++i) {
    auto* principal = envelope.add_identities();
    principal->set_principal_classification(::common::MSPPrincipal::IDENTITY);
    principal->set_principal(identity_of("OrdererMSP", consenters[i].certificate));
    rule->add_rules()->set_signed_by(static_cast<int>(i));
  }
  ::common::ConfigPolicy policy;
  policy.set_mod_policy("Admins");
  policy.mutable_policy()->set_type(::common::Policy::SIGNATURE);
  policy.mutable_policy()->set_value(envelope.SerializeAsString());
  return policy;
}

std::string envelope_of(const std::string& channel, ::common::HeaderType type,
                        const std::string& data) {
  ::common::ChannelHeader header;
  header.set_type(type);
  header.set_channel_id(channel);
  ::common::Payload payload;
  payload.mutable_header()->set_channel_header(header.SerializeAsString());
  payload.set_data(data);
  ::common::Envelope envelope;
  envelope.set_payload(payload.SerializeAsString());
  return envelope.SerializeAsString();
}

// Raises the versions of what differs between `from` and `to`, within `to`.
void raise_versions(const ::common::ConfigGroup& from, ::common::ConfigGroup& to) {
  bool members = from.groups_size() != to.groups_size() || from.values_size() != to.values_size() ||
                 from.policies_size() != to.policies_size() || from.mod_policy() != to.mod_policy();
  for (auto& [name, value] : *to.mutable_values()) {
    auto before = from.values().find(name);
    if (before == from.values().end())
      members = true;
    else if (!MessageDifferencer::Equals(before->second, value))
      value.set_version(before->second.version() + 1);
  }
  for (auto& [name, policy] : *to.mutable_policies()) {
    auto before = from.policies().find(name);
    if (before == from.policies().end())
      members = true;
    else if (!MessageDifferencer::Equals(before->second, policy))
      policy.set_version(before->second.version() + 1);
  }
  for (auto& [name, group] : *to.mutable_groups()) {
    auto before = from.groups().find(name);
    if (before == from.groups().end())
      members = true;
    else
      raise_versions(before->second, group);
  }
  if (members) to.set_version(from.version() + 1);
}

std::string der_length(size_t size) {
  BELFRY_CHECK(size < 128);
  return std::string(1, static_cast<char>(size));
}

// SEQUENCE{INTEGER number, OCTET STRING previous, OCTET STRING data}, for numbers below 128.
std::string header_der(const BlockParts& block) {
  BELFRY_CHECK(block.number < 128);
  std::string contents = std::string("\x02\x01", 2) + static_cast<char>(block.number);
  contents += "\x04" + der_length(block.previous_hash.size()) + block.previous_hash;
  contents += "\x04" + der_length(block.data_hash.size()) + block.data_hash;
  return "\x30" + der_length(contents.size()) + contents;
}

}  // namespace

TestOrg::TestOrg(std::string msp_id)
    : id(std::move(msp_id)),
      ca({.common_name = "ca." + id}),
      admin(member("admin", "admin")),
      client(member("client", "client")),
      peer(member("peer", "peer")),
      orderer(member("orderer", "orderer")) {}

Credential TestOrg::member(const std::string& name, const std::string& unit) const {
  return ca.issue({.common_name = name, .units = {unit}, .organization = id});
}

msp::FabricMSPConfig TestOrg::msp() const {
  ::msp::FabricMSPConfig config;
  config.set_name(id);
  config.add_root_certs(ca.certificate());
  auto* units = config.mutable_fabric_node_ous();
  units->set_enable(true);
  units->mutable_client_ou_identifier()->set_organizational_unit_identifier("client");
  units->mutable_peer_ou_identifier()->set_organizational_unit_identifier("peer");
  units->mutable_admin_ou_identifier()->set_organizational_unit_identifier("admin");
  units->mutable_orderer_ou_identifier()->set_organizational_unit_identifier("orderer");
  return config;
}

std::string identity_of(const std::string& msp_id, const std::string& certificate) {
  ::msp::SerializedIdentity identity;
  identity.set_mspid(msp_id);
  identity.set_id_bytes(certificate);
  return identity.SerializeAsString();
}

std::string identity_of(const TestOrg& org, const Credential& credential) {
  return identity_of(org.id, credential.certificate);
}

std::string some_transaction(const std::string& channel, std::string_view contents) {
  return envelope_of(channel, ::common::MESSAGE, std::string(contents));
}

TestChannel::TestChannel(bool bft) : bft_(bft) {
  auto& root = *config.mutable_channel_group();
  set_implicit_policies(root);
  set_capability(root, bft ? "V3_0" : "V2_0");
  auto& application = (*root.mutable_groups())["Application"];
  set_implicit_policies(application);
  set_capability(application, "V2_5");
  (*application.mutable_policies())["Endorsement"] =
      implicit(::common::ImplicitMetaPolicy::MAJORITY, "Endorsement");
  (*application.mutable_groups())["Org1"] = group_of(org1);
  (*application.mutable_groups())["Org2"] = group_of(org2);
  protos::AnchorPeers anchors;
  anchors.add_anchor_peers()->set_host("peer0.org1.example.com");
  anchors.mutable_anchor_peers(0)->set_port(7051);
  set_value((*application.mutable_groups())["Org1"], "AnchorPeers", anchors);

  auto& orderer = (*root.mutable_groups())["Orderer"];
  set_implicit_policies(orderer);
  set_capability(orderer, "V2_0");
  (*orderer.mutable_groups())["OrdererOrg"] = group_of(orderers);
  ::common::OrdererAddresses endpoints;
  endpoints.add_addresses("orderer.example.com:7050");
  set_value((*orderer.mutable_groups())["OrdererOrg"], "Endpoints", endpoints);
  orderer::BatchSize size;
  size.set_max_message_count(10);
  size.set_absolute_max_bytes(1 << 20);
  size.set_preferred_max_bytes(1 << 19);
  set_value(orderer, "BatchSize", size);
  orderer::BatchTimeout timeout;
  timeout.set_timeout("2s");
  set_value(orderer, "BatchTimeout", timeout);
  orderer::ConsensusType type;
  type.set_type(bft ? "BFT" : "etcdraft");
  set_value(orderer, "ConsensusType", type);
  (*orderer.mutable_policies())["BlockValidation"] =
      implicit(::common::ImplicitMetaPolicy::ANY, "Writers");
  if (bft) {
    ::common::Orderers mapping;
    for (uint32_t number = 1; number <= 4; ++number) {
      consenters.push_back(orderers.member("orderer" + std::to_string(number), "orderer"));
      auto* consenter = mapping.add_consenter_mapping();
      consenter->set_id(number);
      consenter->set_host("orderer" + std::to_string(number) + ".example.com");
      consenter->set_port(7050);
      consenter->set_msp_id(orderers.id);
      consenter->set_identity(consenters.back().certificate);
    }
    set_value(orderer, "Orderers", mapping);
    (*orderer.mutable_policies())["BlockValidation"] = bft_policy(consenters);
  }
}

BlockParts TestChannel::append(std::vector<std::string> transactions, bool configures) {
  BlockParts block;
  block.number = height_++;
  if (configures) last_config_ = block.number;
  block.previous_hash = previous_hash_;
  block.transactions = std::move(transactions);
  block.metadata.resize(5);
  block.metadata[2] = std::string(block.transactions.size(), '\0');
  rehash(block);
  previous_hash_ = std::string(view(sha256(header_der(block))));
  if (block.number > 0) sign(block);
  return block;
}

BlockParts TestChannel::genesis() {
  ::common::ConfigEnvelope envelope;
  *envelope.mutable_config() = config;
  return append({envelope_of(id, ::common::CONFIG, envelope.SerializeAsString())}, true);
}

BlockParts TestChannel::next(std::vector<std::string> transactions) {
  return append(std::move(transactions), false);
}

BlockParts TestChannel::update(const std::function<void(::common::ConfigGroup&)>& change) {
  return update(change, {admin_of(org1), admin_of(org2), admin_of(orderers)});
}

BlockParts TestChannel::update(const std::function<void(::common::ConfigGroup&)>& change,
                               const std::vector<Signer>& signers) {
  ::common::ConfigUpdate update;
  update.set_channel_id(id);
  *update.mutable_read_set() = config.channel_group();
  *update.mutable_write_set() = config.channel_group();
  change(*update.mutable_write_set());
  raise_versions(config.channel_group(), *update.mutable_write_set());
  ::common::ConfigUpdateEnvelope envelope;
  envelope.set_config_update(update.SerializeAsString());
  for (const Signer& signer : signers) {
    ::common::SignatureHeader header;
    header.set_creator(signer.identity);
    header.set_nonce("nonce");
    auto* signature = envelope.add_signatures();
    signature->set_signature_header(header.SerializeAsString());
    signature->set_signature(
        sign_with(signer.key, signature->signature_header() + envelope.config_update()));
  }
  config.set_sequence(config.sequence() + 1);
  *config.mutable_channel_group() = update.write_set();
  ::common::ConfigEnvelope proposed;
  *proposed.mutable_config() = config;
  proposed.mutable_last_update()->ParseFromString(
      envelope_of(id, ::common::CONFIG_UPDATE, envelope.SerializeAsString()));
  return append({envelope_of(id, ::common::CONFIG, proposed.SerializeAsString())}, true);
}

void TestChannel::sign(BlockParts& block) const {
  if (bft_)
    sign_as_consenters(block, {1, 2, 3});
  else
    sign_as(block, {{identity_of(orderers, orderers.orderer), orderers.orderer.key}});
}

void TestChannel::sign_as(BlockParts& block, const std::vector<Signer>& signers) const {
  ::common::OrdererBlockMetadata value;
  value.mutable_last_config()->set_index(last_config_);
  ::common::Metadata metadata;
  metadata.set_value(value.SerializeAsString());
  for (const Signer& signer : signers) {
    ::common::SignatureHeader header;
    header.set_creator(signer.identity);
    header.set_nonce("nonce");
    auto* signature = metadata.add_signatures();
    signature->set_signature_header(header.SerializeAsString());
    signature->set_signature(sign_with(
        signer.key, metadata.value() + signature->signature_header() + header_der(block)));
  }
  block.metadata[0] = metadata.SerializeAsString();
}

void TestChannel::sign_as_consenters(BlockParts& block,
                                     const std::vector<uint32_t>& numbers) const {
  ::common::OrdererBlockMetadata value;
  value.mutable_last_config()->set_index(last_config_);
  ::common::Metadata metadata;
  metadata.set_value(value.SerializeAsString());
  for (const uint32_t number : numbers) {
    ::common::IdentifierHeader header;
    header.set_identifier(number);
    header.set_nonce("nonce");
    auto* signature = metadata.add_signatures();
    signature->set_identifier_header(header.SerializeAsString());
    const std::string& key = consenters.at(std::min<size_t>(number, consenters.size()) - 1).key;
    signature->set_signature(
        sign_with(key, metadata.value() + signature->identifier_header() + header_der(block)));
  }
  block.metadata[0] = metadata.SerializeAsString();
}

}  // namespace belfry::tests
