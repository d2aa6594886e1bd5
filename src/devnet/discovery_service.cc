#include "devnet/discovery_service.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <charconv>

#include "common/configtx.pb.h"
#include "devnet/access.h"
#include "devnet/gossip_messages.h"
#include "discovery/protocol.grpc.pb.h"
#include "msp/msp_config.pb.h"
#include "peer/proposal_response.pb.h"

namespace belfry::devnet {
namespace {

namespace dp = ::discovery;

dp::QueryResult refuse(std::string why) {
  dp::QueryResult out;
  out.mutable_error()->set_content(std::move(why));
  return out;
}

dp::Peer describe(const EndorsingPeer& peer, const EndorsingPeer& local, const Channel* channel,
                  const Clock& clock) {
  dp::Peer out;
  out.set_identity(peer.peer().node().identity->serialized());
  *out.mutable_membership_info() =
      alive_message(peer.peer(), clock, &peer == &local ? Signed::no : Signed::yes);
  if (channel) *out.mutable_state_info() = state_message(peer, *channel, clock);
  return out;
}

dp::QueryResult members(const EndorsingPeers& peers, const EndorsingPeer& local,
                        const Channel* channel, const Clock& clock) {
  dp::QueryResult out;
  auto& by_org = *out.mutable_members()->mutable_peers_by_org();
  for (const auto& peer : peers)
    *by_org[peer->peer().msp_id()].add_peers() = describe(*peer, local, channel, clock);
  return out;
}

void add_msps(const ::common::ConfigGroup& group, dp::ConfigResult& out) {
  for (const auto& [name, org] : group.groups()) {
    const auto value = org.values().find("MSP");
    ::msp::MSPConfig config;
    ::msp::FabricMSPConfig msp;
    if (value == org.values().end() || !config.ParseFromString(value->second.value()) ||
        config.type() != 0 || !msp.ParseFromString(config.config()))
      continue;
    (*out.mutable_msps())[msp.name()] = msp;
  }
}

void add_endpoint(const std::string& address, dp::Endpoints& out) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) return;
  uint32_t port = 0;
  std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
  auto& endpoint = *out.add_endpoint();
  endpoint.set_host(address.substr(0, colon));
  endpoint.set_port(port);
}

dp::QueryResult config_of(const msp::ChannelConfig& config) {
  dp::QueryResult out;
  auto& result = *out.mutable_config_result();
  const auto& groups = config.config->channel_group().groups();
  for (const char* name : {"Orderer", "Application"})
    if (const auto found = groups.find(name); found != groups.end())
      add_msps(found->second, result);
  bool any = false;
  for (const auto& org : config.orderers) {
    auto& endpoints = (*result.mutable_orderers())[org.msp_id];
    for (const auto& address : org.endpoints) add_endpoint(address, endpoints);
    any = any || !org.endpoints.empty();
  }
  if (!any)  // the channel's own list is for all of them
    for (const auto& org : config.orderers)
      for (const auto& address : config.orderer_addresses)
        add_endpoint(address, (*result.mutable_orderers())[org.msp_id]);
  return out;
}

// Go's text of a peer.ChaincodeInterest, which clients see when there are no layouts.
std::string text_of(const ::protos::ChaincodeInterest& interest) {
  std::string out;
  for (const auto& call : interest.chaincodes()) {
    out += "chaincodes:<";
    if (!call.name().empty()) out += fmt::format("name:\"{}\" ", call.name());
    for (const auto& name : call.collection_names())
      out += fmt::format("collection_names:\"{}\" ", name);
    if (call.no_private_reads()) out += "no_private_reads:true ";
    if (call.no_public_writes()) out += "no_public_writes:true ";
    if (call.disregard_namespace_policy()) out += "disregard_namespace_policy:true ";
    out += "> ";
  }
  return out;
}

Result<void> check_interests(const dp::ChaincodeQuery& query) {
  if (query.interests_size() == 0)
    return fail("chaincode query must have at least one chaincode interest");
  for (const auto& interest : query.interests()) {
    if (interest.chaincodes_size() == 0)
      return fail("chaincode interest must contain at least one chaincode");
    for (const auto& call : interest.chaincodes())
      if (call.name().empty()) return fail("chaincode name in interest cannot be empty");
  }
  return {};
}

// One query of a request that was let in.
class Answering {
 public:
  Answering(const PeerContext& context, EndorsingPeer& local, const EndorsingPeers& peers)
      : context_(context), local_(local), peers_(peers) {}

  dp::QueryResult answer(const dp::Query& query, const std::shared_ptr<Channel>& channel) const {
    if (!channel) {
      if (!query.has_local_peers()) return refuse("unknown or missing request type");
      return members(peers_, local_, nullptr, context_.clock);
    }
    if (query.has_config_query()) return config_of(*channel->ledger().config());
    if (query.has_peer_query()) return peers_of(query.peer_query(), *channel);
    if (query.has_cc_query()) return endorsers_of(query.cc_query(), *channel);
    return refuse("unknown or missing request type");
  }

 private:
  dp::QueryResult peers_of(const dp::PeerMembershipQuery& query, const Channel& channel) const {
    if (query.filter().chaincodes_size() == 0)
      return members(peers_of_channel(peers_, channel.name()), local_, &channel, context_.clock);
    const auto found = peers_for(peers_, channel.name(), query.filter());
    if (!found) return refuse(found.error().message);
    return members(*found, local_, &channel, context_.clock);
  }

  dp::QueryResult endorsers_of(const dp::ChaincodeQuery& query, const Channel& channel) const {
    if (auto valid = check_interests(query); !valid) return refuse(valid.error().message);
    dp::QueryResult out;
    auto& result = *out.mutable_cc_query_res();
    for (const auto& interest : query.interests()) {
      const auto layouts = layouts_for(peers_, channel.name(), interest);
      if (!layouts) return refuse("failed constructing descriptor for " + text_of(interest));
      auto& descriptor = *result.add_content();
      descriptor.set_chaincode(layouts->chaincode);
      for (const auto& [name, peers] : layouts->groups)
        for (const auto& peer : peers)
          *(*descriptor.mutable_endorsers_by_groups())[name].add_peers() =
              describe(*peer, local_, &channel, context_.clock);
      for (const auto& quantities : layouts->quantities) {
        auto& layout = *descriptor.add_layouts();
        for (const auto& [name, count] : quantities)
          (*layout.mutable_quantities_by_group())[name] = count;
      }
    }
    return out;
  }

  const PeerContext& context_;
  EndorsingPeer& local_;
  const EndorsingPeers& peers_;
};

}  // namespace

Result<dp::Response> Discovery::discover(const dp::SignedRequest& signed_) const {
  dp::Request request;
  if (!request.ParseFromString(signed_.payload()))
    return fail("failed parsing request: proto: cannot parse invalid wire-format data");
  if (!request.has_authentication())
    return fail("access denied, no authentication info in request");
  const auto& identity = request.authentication().client_identity();
  if (identity.empty()) return fail("access denied, client identity wasn't supplied");
  const Answering answering(context_, local_, peers_);
  dp::Response out;
  for (const auto& query : request.queries()) {
    const auto channel = query.channel().empty() ? nullptr : local_.peer().channel(query.channel());
    Result<void> may = fail("there is no such channel");
    if (channel)
      may = check_policy(*channel->access(), "/Channel/Application/Writers", identity,
                         signed_.payload(), signed_.signature(), *context_.signatures);
    else if (query.channel().empty())
      may = local_.check_local("Admins", identity, signed_.payload(), signed_.signature());
    *out.add_results() = may ? answering.answer(query, channel) : refuse("access denied");
  }
  return out;
}

namespace {

class Service final : public dp::Discovery::CallbackService {
 public:
  explicit Service(std::shared_ptr<devnet::Discovery> discovery)
      : discovery_(std::move(discovery)) {}
  grpc::ServerUnaryReactor* Discover(grpc::CallbackServerContext* context,
                                     const dp::SignedRequest* request,
                                     dp::Response* response) override {
    auto* reactor = context->DefaultReactor();
    auto answer = discovery_->discover(*request);
    if (answer) {
      *response = std::move(*answer);
      reactor->Finish(grpc::Status::OK);
    } else {
      reactor->Finish({grpc::StatusCode::UNKNOWN, answer.error().message});
    }
    return reactor;
  }

 private:
  const std::shared_ptr<devnet::Discovery> discovery_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_discovery_service(std::shared_ptr<Discovery> discovery) {
  return std::make_unique<Service>(std::move(discovery));
}

}  // namespace belfry::devnet
