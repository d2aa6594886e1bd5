#include "fabric/channel_queries.h"

#include "common/ledger.pb.h"
#include "peer/query.pb.h"

namespace belfry::fabric {

Invocation join_channel(const std::string& block) {
  return {.channel = "", .chaincode = "cscc", .arguments = {"JoinChain", block}};
}

Invocation joined_channels() {
  return {.channel = "", .chaincode = "cscc", .arguments = {"GetChannels"}};
}

Result<std::vector<std::string>> read_joined_channels(std::string_view answer) {
  protos::ChannelQueryResponse response;
  if (!response.ParseFromArray(answer.data(), static_cast<int>(answer.size())))
    return fail("the peer's answer does not decode");
  std::vector<std::string> out;
  for (const auto& channel : response.channels()) out.push_back(channel.channel_id());
  return out;
}

Invocation chain_info(const std::string& channel) {
  return {.channel = channel, .chaincode = "qscc", .arguments = {"GetChainInfo", channel}};
}

Result<ChainInfo> read_chain_info(std::string_view answer) {
  common::BlockchainInfo info;
  if (!info.ParseFromArray(answer.data(), static_cast<int>(answer.size())))
    return fail("the peer's answer does not decode");
  return ChainInfo{info.height(), info.currentblockhash(), info.previousblockhash()};
}

}  // namespace belfry::fabric
