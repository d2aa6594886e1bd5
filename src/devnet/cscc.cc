#include "devnet/cscc.h"

#include <fmt/format.h>

#include "common/common.pb.h"
#include "common/configtx.pb.h"
#include "devnet/system_answer.h"
#include "msp/channel_config.h"
#include "peer/proposal_response.pb.h"
#include "peer/query.pb.h"

namespace belfry::devnet {
namespace {

// The channel that a block is of, or why there is none; and why it holds no configuration, if so.
Result<std::string> channel_of(const ::common::Block& block, std::string& no_configuration) {
  if (block.data().data_size() == 0) return fail("failed to retrieve channel id - block is empty");
  const auto broken = [](const char* what) {
    return fail(
        fmt::format("error unmarshalling {}: proto: cannot parse invalid wire-format data", what));
  };
  ::common::Envelope envelope;
  ::common::Payload payload;
  ::common::ChannelHeader header;
  if (!envelope.ParseFromString(block.data().data(0))) return broken("Envelope");
  if (!payload.ParseFromString(envelope.payload())) return broken("Payload");
  if (!payload.has_header()) return fail("failed to retrieve channel id - payload header is empty");
  if (!header.ParseFromString(payload.header().channel_header())) return broken("ChannelHeader");
  if (header.type() != ::common::CONFIG) {
    const auto& type = ::common::HeaderType_Name(header.type());
    no_configuration = fmt::format("Bad configuration envelope: invalid type {}, expected CONFIG",
                                   type.empty() ? std::to_string(header.type()) : type);
  }
  return header.channel_id();
}

::protos::Response join(Peer& peer, const std::string& bytes, const CheckAccess& check) {
  ::common::Block block;
  if (!block.ParseFromString(bytes))
    return refuse(
        "Failed to reconstruct the genesis block, error unmarshalling Block: proto: cannot parse "
        "invalid wire-format data");
  std::string no_configuration;
  const auto channel = channel_of(block, no_configuration);
  if (!channel)
    return refuse(
        fmt::format("\"JoinChain\" request failed to extract channel id from the block due to [{}]",
                    channel.error().message));
  if (no_configuration.empty())
    if (auto config = msp::ChannelConfig::from_block(bytes); !config)
      no_configuration = config.error().message;
  if (!no_configuration.empty())
    return refuse(fmt::format(
        "\"JoinChain\" for channelID = {} failed because of validation of configuration block, "
        "because of {}",
        *channel, no_configuration));
  if (auto may = check("cscc/JoinChain", ""); !may)
    return refuse(
        fmt::format("access denied for [JoinChain][{}]: [{}]", *channel, may.error().message));
  if (peer.channel(*channel))
    return refuse(
        fmt::format("cannot create ledger from genesis block: ledger [{}] already exists "
                    "with state [ACTIVE]",
                    *channel));
  if (auto good = check_channel_name(*channel); !good)
    return refuse("initializing configtx manager failed: bad channel ID: " + good.error().message);
  if (auto joined = peer.join(bytes); !joined)
    return refuse("cannot create ledger from genesis block: " + joined.error().message);
  return answer();
}

::protos::Response channels(const Peer& peer, const CheckAccess& check) {
  if (auto may = check("cscc/GetChannels", ""); !may)
    return refuse("access denied for [GetChannels]: " + may.error().message);
  ::protos::ChannelQueryResponse out;
  for (const auto& name : peer.channels()) out.add_channels()->set_channel_id(name);
  return answer(out.SerializeAsString());
}

::protos::Response config(const Peer& peer, const std::string& function,
                          const std::string& channel_name, const CheckAccess& check) {
  const bool block_wanted = function == "GetConfigBlock";
  if (!block_wanted && channel_name.empty()) return refuse("empty channel name provided");
  if (auto may = check("cscc/" + function, channel_name); !may)
    return refuse(
        fmt::format("access denied for [{}][{}]: {}", function, channel_name, may.error().message));
  const auto channel = peer.channel(channel_name);
  if (!channel)
    return refuse(
        fmt::format("{} channel ID, {}", block_wanted ? "Unknown" : "unknown", channel_name));
  const auto& ledger = channel->ledger();
  if (!block_wanted) return answer(ledger.config()->config->SerializeAsString());
  const auto block = ledger.block(ledger.config_block());
  if (!block) return refuse(block.error().message);
  return answer(*(*block)->bytes);
}

::protos::Response snapshots(const std::string& function, const std::vector<std::string>& args,
                             const CheckAccess& check) {
  if (function == "JoinChainBySnapshot" && args.at(1).empty())
    return refuse("Cannot join the channel, no snapshot directory provided");
  if (auto may = check("cscc/" + function, ""); !may)
    return refuse(function == "JoinChainBySnapshot"
                      ? fmt::format("access denied for [{}]: [{}]", function, may.error().message)
                      : fmt::format("access denied for [{}]: {}", function, may.error().message));
  if (function == "JoinBySnapshotStatus")
    return answer(::protos::JoinBySnapshotStatus().SerializeAsString());
  return refuse(fmt::format(
      "cannot create ledger from snapshot {}: the devnet keeps no snapshots: join with the "
      "channel's genesis block",
      args.at(1)));
}

}  // namespace

::protos::Response call_cscc(Peer& peer, const std::vector<std::string>& args,
                             const CheckAccess& check) {
  const std::string function = args.empty() ? "" : args[0];
  if (args.empty() ||
      (function != "GetChannels" && function != "JoinBySnapshotStatus" && args.size() < 2))
    return refuse(fmt::format("Incorrect number of arguments, {}", args.size()));
  if (function == "JoinChain") return join(peer, args[1], check);
  if (function == "GetChannels") return channels(peer, check);
  if (function == "GetConfigBlock" || function == "GetChannelConfig")
    return config(peer, function, args[1], check);
  if (function == "JoinChainBySnapshot" || function == "JoinBySnapshotStatus")
    return snapshots(function, args, check);
  return refuse(fmt::format("Requested function {} not found.", function));
}

}  // namespace belfry::devnet
