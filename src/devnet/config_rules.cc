#include "devnet/config_rules.h"

#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>
#include <memory>

#include "ca/go_text.h"
#include "common/configtx.pb.h"
#include "common/configuration.pb.h"
#include "msp/msp_config.pb.h"
#include "orderer/configuration.pb.h"
#include "orderer/etcdraft/configuration.pb.h"
#include "peer/configuration.pb.h"

namespace belfry::devnet {
namespace {

using Group = ::common::ConfigGroup;

// A value's name and a message of its kind.
struct Kind {
  std::string_view name;
  const google::protobuf::Message& message;
};

// Whether all of the group's values are of these kinds, and decode.
Result<void> check_values(const Group& group, std::initializer_list<Kind> kinds) {
  for (const auto& [name, value] : group.values()) {
    const Kind* kind = nullptr;
    for (const auto& known : kinds)
      if (known.name == name) kind = &known;
    if (kind == nullptr)
      return fail(fmt::format("failed to deserialize values: unexpected key {}", name));
    const std::unique_ptr<google::protobuf::Message> message(kind->message.New());
    if (!message->ParseFromString(value.value()))
      return fail("failed to deserialize values: proto: cannot parse invalid wire-format data");
  }
  return {};
}

template <class Message>
Message value_of(const Group& group, const std::string& name) {
  Message out;
  const auto found = group.values().find(name);
  if (found != group.values().end() && !out.ParseFromString(found->second.value())) out.Clear();
  return out;
}

const Group* below(const Group& group, const std::string& name) {
  const auto found = group.groups().find(name);
  return found != group.groups().end() ? &found->second : nullptr;
}

std::string msp_of(const Group& organization) {
  ::msp::FabricMSPConfig msp;
  const auto config = value_of<::msp::MSPConfig>(organization, "MSP");
  return msp.ParseFromString(config.config()) ? msp.name() : std::string();
}

// As Go prints a time.Duration.
std::string go_duration(Duration duration) {
  using namespace std::chrono;
  const auto milliseconds_ = duration_cast<milliseconds>(duration).count();
  if (milliseconds_ == 0) return "0s";
  std::string out = milliseconds_ < 0 ? "-" : "";
  const auto all = static_cast<uint64_t>(milliseconds_ < 0 ? -milliseconds_ : milliseconds_);
  if (all < 1000) return fmt::format("{}{}ms", out, all);
  const uint64_t seconds_ = all / 1000, hours_ = seconds_ / 3600, minutes_ = seconds_ / 60 % 60;
  if (hours_ > 0) out += fmt::format("{}h", hours_);
  if (seconds_ >= 60) out += fmt::format("{}m", minutes_);
  std::string rest = fmt::format("{}.{:03}", seconds_ % 60, all % 1000);
  rest.resize(rest.find_last_not_of('0') + 1);
  if (rest.back() == '.') rest.pop_back();
  return out + rest + "s";
}

Result<void> check_batch(const Group& orderer) {
  const auto size = value_of<::orderer::BatchSize>(orderer, "BatchSize");
  const auto zero = [](const char* what) {
    return fail(fmt::format("Attempted to set the batch size {} to an invalid value: 0", what));
  };
  if (size.max_message_count() == 0) return zero("max message count");
  if (size.absolute_max_bytes() == 0) return zero("absolute max bytes");
  if (size.preferred_max_bytes() == 0) return zero("preferred max bytes");
  if (size.preferred_max_bytes() > size.absolute_max_bytes())
    return fail(
        fmt::format("Attempted to set the batch size preferred max bytes ({}) greater than the "
                    "absolute max bytes ({}).",
                    size.preferred_max_bytes(), size.absolute_max_bytes()));
  const auto timeout =
      ca::parse_go_duration(value_of<::orderer::BatchTimeout>(orderer, "BatchTimeout").timeout());
  if (!timeout)
    return fail("Attempted to set the batch timeout to a invalid value: " +
                timeout.error().message);
  if (*timeout <= Duration::zero())
    return fail("Attempted to set the batch timeout to a non-positive value: " +
                go_duration(*timeout));
  return {};
}

Result<void> check_organizations(const Group& group, const char* kind, const Kind& own) {
  for (const auto& [name, organization] : group.groups()) {
    if (!organization.groups().empty())
      return fail(fmt::format("{}Org config does not allow sub-groups", kind));
    if (auto good =
            check_values(organization, {{"MSP", ::msp::MSPConfig::default_instance()}, own});
        !good)
      return good;
    const auto config = value_of<::msp::MSPConfig>(organization, "MSP");
    if (config.type() == 0 && msp_of(organization).empty())
      return fail(fmt::format("MSP for org {} has empty MSP ID", name));
  }
  return {};
}

Result<void> check_application(const Group& group) {
  if (auto good =
          check_values(group, {{"ACLs", ::protos::ACLs::default_instance()},
                               {"Capabilities", ::common::Capabilities::default_instance()}});
      !good)
    return good;
  return check_organizations(group, "Application",
                             {"AnchorPeers", ::protos::AnchorPeers::default_instance()});
}

Result<void> check_orderer(const Group& group) {
  if (auto good = check_values(
          group, {{"ConsensusType", ::orderer::ConsensusType::default_instance()},
                  {"BatchSize", ::orderer::BatchSize::default_instance()},
                  {"BatchTimeout", ::orderer::BatchTimeout::default_instance()},
                  {"KafkaBrokers", ::orderer::KafkaBrokers::default_instance()},
                  {"ChannelRestrictions", ::orderer::ChannelRestrictions::default_instance()},
                  {"Orderers", ::common::Orderers::default_instance()},
                  {"Capabilities", ::common::Capabilities::default_instance()}});
      !good)
    return good;
  if (auto good = check_batch(group); !good) return good;
  return check_organizations(group, "Orderer",
                             {"Endpoints", ::common::OrdererAddresses::default_instance()});
}

Result<void> check_channel(const Group& channel) {
  if (auto good = check_values(
          channel,
          {{"HashingAlgorithm", ::common::HashingAlgorithm::default_instance()},
           {"BlockDataHashingStructure", ::common::BlockDataHashingStructure::default_instance()},
           {"OrdererAddresses", ::common::OrdererAddresses::default_instance()},
           {"Consortium", ::common::Consortium::default_instance()},
           {"Capabilities", ::common::Capabilities::default_instance()}});
      !good)
    return good;
  const auto hash = value_of<::common::HashingAlgorithm>(channel, "HashingAlgorithm").name();
  if (hash != "SHA256" && hash != "SHA3_256")
    return fail("Unknown hashing algorithm type: " + hash);
  if (value_of<::common::BlockDataHashingStructure>(channel, "BlockDataHashingStructure").width() !=
      UINT32_MAX)
    return fail("BlockDataHashStructure width only supported at MaxUint32 in this version");
  const auto within = [](const char* name, Result<void> checked) {
    return std::move(checked).with_context(
        fmt::format("could not create channel {} sub-group config", name));
  };
  if (const Group* group = below(channel, "Application"))
    if (auto good = within("Application", check_application(*group)); !good) return good;
  if (const Group* group = below(channel, "Orderer"))
    if (auto good = within("Orderer", check_orderer(*group)); !good) return good;
  return {};
}

Result<void> check_capabilities(const Group& group, const char* kind, const char* lower,
                                std::initializer_list<std::string_view> known) {
  const auto asked = value_of<::common::Capabilities>(group, "Capabilities");
  for (const auto& [name, nothing] : asked.capabilities()) {
    bool is_known = false;
    for (const auto& each : known) is_known = is_known || each == name;
    if (is_known) continue;
    const auto missing = fmt::format("{} capability {} is required but not supported", kind, name);
    return fail(fmt::format(
        "config update is not compatible: config requires unsupported {} capabilities: {}: {}",
        lower, missing, missing));
  }
  return {};
}

// Organisations keep the name of their MSP.
Result<void> check_names(const Group& current, const Group& next, const char* kind) {
  for (const auto& [name, organization] : current.groups()) {
    const Group* later = below(next, name);
    if (later == nullptr) continue;
    const auto before = msp_of(organization), after = msp_of(*later);
    if (before != after)
      return fail(fmt::format("{} org {} attempted to change MSP ID from {} to {}", kind, name,
                              before, after));
  }
  return {};
}

Result<void> check_raft_options(const Group& orderer) {
  const auto consensus = value_of<::orderer::ConsensusType>(orderer, "ConsensusType");
  ::etcdraft::ConfigMetadata raft;
  if (consensus.metadata().empty()) return {};
  if (!raft.ParseFromString(consensus.metadata()))
    return fail(
        "failed to unmarshal new etcdraft metadata configuration: proto: cannot parse invalid "
        "wire-format data");
  const auto invalid = [](const std::string& why) {
    return fail("invalid new config metadata: " + why);
  };
  if (!raft.has_options()) return invalid("nil Raft config metadata options");
  const auto& options = raft.options();
  if (options.heartbeat_tick() == 0 || options.election_tick() == 0 ||
      options.max_inflight_blocks() == 0)
    return invalid(fmt::format(
        "none of HeartbeatTick ({}), ElectionTick ({}) and MaxInflightBlocks ({}) can be zero",
        options.heartbeat_tick(), options.election_tick(), options.max_inflight_blocks()));
  if (options.election_tick() <= options.heartbeat_tick())
    return invalid(fmt::format("ElectionTick ({}) must be greater than HeartbeatTick ({})",
                               options.election_tick(), options.heartbeat_tick()));
  const auto tick = ca::parse_go_duration(options.tick_interval());
  if (!tick)
    return invalid(fmt::format("failed to parse TickInterval ({}) to time duration: {}",
                               options.tick_interval(), tick.error().message));
  if (*tick == Duration::zero()) return invalid("TickInterval cannot be zero");
  if (raft.consenters().empty()) return invalid("empty consenter set");
  return {};
}

}  // namespace

Result<void> check_new_config(const msp::ChannelConfig& current, const ::common::Config& next) {
  const Group& channel = next.channel_group();
  const Group& before = current.config->channel_group();
  if (auto good = check_channel(channel); !good)
    return std::move(good).with_context("initializing channelconfig failed");
  const Group* orderer = below(channel, "Orderer");
  if (orderer == nullptr)
    return fail("config update is not compatible: config does not contain orderer config");
  if (auto good = check_capabilities(*orderer, "Orderer", "orderer", {"V1_1", "V1_4_2", "V2_0"});
      !good)
    return good;
  if (auto good = check_capabilities(channel, "Channel", "channel",
                                     {"V1_1", "V1_3", "V1_4_2", "V1_4_3", "V2_0", "V3_0"});
      !good)
    return good;
  if (const Group* was = below(before, "Orderer"))
    if (auto good = check_names(*was, *orderer, "orderer"); !good) return good;
  if (const Group* was = below(before, "Application")) {
    const Group* application = below(channel, "Application");
    if (application == nullptr)
      return fail("current config has application section, but new config does not");
    if (auto good = check_names(*was, *application, "application"); !good) return good;
  }
  if (value_of<::orderer::ConsensusType>(*orderer, "ConsensusType").type() != "etcdraft" ||
      current.consensus_type != "etcdraft")
    return {};
  return check_raft_options(*orderer).with_context(
      "consensus metadata update for channel config update is invalid");
}

Result<void> check_consensus_type(const msp::ChannelConfig& current, const ::common::Config& next) {
  const Group* before = below(current.config->channel_group(), "Orderer");
  const Group* after = below(next.channel_group(), "Orderer");
  if (before == nullptr || after == nullptr) return {};
  const auto is = value_of<::orderer::ConsensusType>(*before, "ConsensusType");
  const auto becomes = value_of<::orderer::ConsensusType>(*after, "ConsensusType");
  if (is.type() == becomes.type()) return {};
  const auto attempted =
      fmt::format("attempted to change consensus type from {} to {}", is.type(), becomes.type());
  for (const auto& [state, which] :
       {std::pair(is.state(), "current"), std::pair(becomes.state(), "next")})
    if (state == ::orderer::ConsensusType::STATE_NORMAL)
      return fail(fmt::format("{}, but {} config ConsensusType.State is not in maintenance mode",
                              attempted, which));
  if (becomes.type() != "etcdraft" && becomes.type() != "BFT")
    return fail(attempted + ", transition not supported");
  return {};
}

}  // namespace belfry::devnet
