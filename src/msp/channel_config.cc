#include "msp/channel_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/common.pb.h"
#include "common/configtx.pb.h"
#include "common/configuration.pb.h"
#include "msp/msp_config.pb.h"
#include "orderer/configuration.pb.h"
#include "orderer/etcdraft/configuration.pb.h"
#include "peer/configuration.pb.h"

namespace belfry::msp {
namespace {

using Group = ::common::ConfigGroup;

template <class Message>
bool parse(Message& message, std::string_view bytes) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

const Group* below(const Group& group, const char* name) {
  auto found = group.groups().find(name);
  return found != group.groups().end() ? &found->second : nullptr;
}

// Reads the named value into message. False when it is absent; an error when it does not decode.
template <class Message>
Result<bool> read(const Group& group, const char* name, Message& message) {
  auto found = group.values().find(name);
  if (found == group.values().end()) return false;
  if (!message.ParseFromString(found->second.value()))
    return fail(fmt::format("the value {} does not decode", name));
  return true;
}

Result<std::set<std::string>> capabilities(const Group& group) {
  ::common::Capabilities message;
  auto present = read(group, "Capabilities", message);
  if (!present) return tl::unexpected(present.error());
  std::set<std::string> names;
  for (const auto& [name, nothing] : message.capabilities()) names.insert(name);
  return names;
}

// Fabric's ChannelProvider.MSPVersion.
MspVersion msp_version(const std::set<std::string>& capabilities) {
  const auto any = [&](std::initializer_list<const char*> names) {
    return std::any_of(names.begin(), names.end(),
                       [&](const char* name) { return capabilities.contains(name); });
  };
  if (any({"V1_4_3", "V2_0", "V3_0"})) return MspVersion::v1_4_3;
  if (any({"V1_3", "V1_4_2"})) return MspVersion::v1_3;
  return any({"V1_1"}) ? MspVersion::v1_1 : MspVersion::v1_0;
}

class Reader {
 public:
  explicit Reader(ChannelConfig& into) : into_(into) {}

  Result<void> read_all(const Group& root) {
    auto names = capabilities(root);
    if (!names) return tl::unexpected(names.error());
    into_.channel_capabilities = std::move(*names);
    version_ = msp_version(into_.channel_capabilities);
    ::common::OrdererAddresses addresses;
    if (auto present = read(root, "OrdererAddresses", addresses); !present)
      return tl::unexpected(present.error());
    into_.orderer_addresses = {addresses.addresses().begin(), addresses.addresses().end()};
    if (const Group* application = below(root, "Application"))
      if (auto done = read_application(*application); !done)
        return std::move(done).with_context("Application");
    if (const Group* orderer = below(root, "Orderer"))
      if (auto done = read_orderer(*orderer); !done) return std::move(done).with_context("Orderer");
    into_.msps = std::move(msps_);
    into_.policies = std::make_shared<const PolicyTree>(root);
    return {};
  }

 private:
  Result<void> read_application(const Group& group) {
    auto names = capabilities(group);
    if (!names) return tl::unexpected(names.error());
    into_.application_capabilities = std::move(*names);
    ::protos::ACLs acls;
    if (auto present = read(group, "ACLs", acls); !present) return tl::unexpected(present.error());
    for (const auto& [resource, entry] : acls.acls()) into_.acls[resource] = entry.policy_ref();
    for (const auto& [name, members] : group.groups()) {
      auto organization = read_organization(name, members);
      if (!organization) return tl::unexpected(organization.error());
      ::protos::AnchorPeers anchors;
      if (auto present = read(members, "AnchorPeers", anchors); !present)
        return tl::unexpected(present.error());
      for (const auto& peer : anchors.anchor_peers())
        organization->anchor_peers.push_back({peer.host(), static_cast<uint32_t>(peer.port())});
      into_.application.push_back(std::move(*organization));
    }
    return sort(into_.application);
  }

  Result<void> read_orderer(const Group& group) {
    auto names = capabilities(group);
    if (!names) return tl::unexpected(names.error());
    into_.orderer_capabilities = std::move(*names);
    for (const auto& [name, members] : group.groups()) {
      auto organization = read_organization(name, members);
      if (!organization) return tl::unexpected(organization.error());
      ::common::OrdererAddresses endpoints;
      if (auto present = read(members, "Endpoints", endpoints); !present)
        return tl::unexpected(present.error());
      organization->endpoints = {endpoints.addresses().begin(), endpoints.addresses().end()};
      into_.orderers.push_back(std::move(*organization));
    }
    ::orderer::BatchSize size;
    if (auto present = read(group, "BatchSize", size); !present)
      return tl::unexpected(present.error());
    ::orderer::BatchTimeout timeout;
    if (auto present = read(group, "BatchTimeout", timeout); !present)
      return tl::unexpected(present.error());
    into_.batch = {size.max_message_count(), size.absolute_max_bytes(), size.preferred_max_bytes(),
                   timeout.timeout()};
    if (auto done = read_consenters(group); !done) return done;
    return sort(into_.orderers);
  }

  Result<void> read_consenters(const Group& group) {
    ::orderer::ConsensusType type;
    if (auto present = read(group, "ConsensusType", type); !present)
      return tl::unexpected(present.error());
    into_.consensus_type = type.type();
    if (type.type() == "etcdraft") {
      ::etcdraft::ConfigMetadata raft;
      if (!raft.ParseFromString(type.metadata())) return fail("the raft consenters do not decode");
      for (const auto& consenter : raft.consenters())
        into_.consenters.push_back({.address = {consenter.host(), consenter.port()},
                                    .client_tls = consenter.client_tls_cert(),
                                    .server_tls = consenter.server_tls_cert()});
      return {};
    }
    ::common::Orderers mapping;
    if (auto present = read(group, "Orderers", mapping); !present)
      return tl::unexpected(present.error());
    for (const auto& consenter : mapping.consenter_mapping())
      into_.consenters.push_back({.id = consenter.id(),
                                  .address = {consenter.host(), consenter.port()},
                                  .msp_id = consenter.msp_id(),
                                  .identity = consenter.identity(),
                                  .client_tls = consenter.client_tls_cert(),
                                  .server_tls = consenter.server_tls_cert()});
    return {};
  }

  // An MSP that cannot be set up does not spoil the channel: nobody is accepted in its name, with
  // that reason.
  Result<Organization> read_organization(const std::string& name, const Group& group) {
    ::msp::MSPConfig config;
    auto present = read(group, "MSP", config);
    if (!present) return tl::unexpected(std::move(present).with_context(name).error());
    if (!*present) return Organization{.name = name};
    constexpr int kX509 = 0;
    if (config.type() != kX509) {
      ::msp::IdemixMSPConfig idemix;
      const std::string id = idemix.ParseFromString(config.config()) ? idemix.name() : name;
      if (msps_->find(id) == nullptr)
        msps_->add(id, fail(fmt::format("MSPs of type {} are not supported", config.type())));
      return Organization{.name = name, .msp_id = id};
    }
    ::msp::FabricMSPConfig fabric;
    if (!fabric.ParseFromString(config.config()))
      return fail(fmt::format("{}: the MSP does not decode", name));
    // One organisation may stand among both applications and orderers; Fabric insists that its
    // definitions agree.
    if (msps_->find(fabric.name()) == nullptr)
      msps_->add(fabric.name(), Msp::create(fabric, version_));
    return Organization{.name = name, .msp_id = fabric.name()};
  }

  static Result<void> sort(std::vector<Organization>& organizations) {
    std::sort(organizations.begin(), organizations.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return {};
  }

  ChannelConfig& into_;
  MspVersion version_ = MspVersion::v1_0;
  std::shared_ptr<MspSet> msps_ = std::make_shared<MspSet>();
};

}  // namespace

const Consenter* ChannelConfig::consenter(uint32_t id) const {
  auto found = std::find_if(consenters.begin(), consenters.end(),
                            [&](const Consenter& one) { return one.id == id; });
  return found != consenters.end() ? &*found : nullptr;
}

bool is_config_transaction(std::string_view bytes) {
  ::common::Envelope envelope;
  ::common::Payload payload;
  ::common::ChannelHeader header;
  return parse(envelope, bytes) && parse(payload, envelope.payload()) &&
         parse(header, payload.header().channel_header()) && header.type() == ::common::CONFIG;
}

Result<ConfigTransaction> parse_config_transaction(std::string_view bytes) {
  ::common::Envelope envelope;
  ::common::Payload payload;
  ::common::ChannelHeader header;
  if (!parse(envelope, bytes) || !parse(payload, envelope.payload()) ||
      !parse(header, payload.header().channel_header()))
    return fail("the configuration's envelope does not decode");
  if (header.type() != ::common::CONFIG)
    return fail(fmt::format("the transaction is of type {}, no configuration",
                            static_cast<int>(header.type())));
  auto config = std::make_shared<::common::ConfigEnvelope>();
  if (!parse(*config, payload.data())) return fail("the configuration does not decode");
  if (!config->config().has_channel_group()) return fail("the configuration is empty");
  return ConfigTransaction{header.channel_id(), std::move(config)};
}

Result<ChannelConfig> ChannelConfig::from_transaction(std::string_view envelope) {
  auto transaction = parse_config_transaction(envelope);
  if (!transaction) return tl::unexpected(transaction.error());
  return from_config(transaction->channel, transaction->envelope->config());
}

Result<ChannelConfig> ChannelConfig::from_block(std::string_view bytes) {
  ::common::Block block;
  if (!parse(block, bytes)) return fail("the block does not decode");
  if (block.data().data_size() != 1)
    return fail(fmt::format("block {} holds {} transactions; a configuration block holds one",
                            block.header().number(), block.data().data_size()));
  return from_transaction(block.data().data(0))
      .with_context(fmt::format("block {}", block.header().number()));
}

Result<ChannelConfig> ChannelConfig::from_config(std::string channel,
                                                 const ::common::Config& config) {
  ChannelConfig made;
  made.channel = std::move(channel);
  made.sequence = config.sequence();
  if (auto done = Reader(made).read_all(config.channel_group()); !done)
    return tl::unexpected(std::move(done).with_context("channel configuration").error());
  made.config = std::make_shared<const ::common::Config>(config);
  return made;
}

}  // namespace belfry::msp
