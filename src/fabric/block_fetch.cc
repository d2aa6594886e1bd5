#include "fabric/block_fetch.h"

#include <fmt/format.h>

#include "common/common.pb.h"
#include "fabric/peer_connection.h"
#include "fabric/peer_requests.h"
#include "fabric/peer_response.h"
#include "peer/events.pb.h"

namespace belfry::fabric {
namespace {

constexpr int kLastConfigSlot = 1;  // of a block's metadata, before Fabric 3

// What a stream is opened to.
struct Server {
  const PeerAddress& address;
  const std::shared_ptr<grpc::Channel>& channel;
  const std::string& tls_cert_hash;
  const ConnectionLimits& limits;
  StreamKind kind;
};

// The next message before the deadline, parsed; it keeps the bytes that the response looks into.
struct Received {
  std::shared_ptr<const std::string> bytes;
  DeliverResponse response;
};
RpcResult<Received> receive(DeliverCall& call, const Server& server, Duration patience) {
  switch (call.read(patience, {})) {
    case DeliverCall::Got::message:
      break;
    case DeliverCall::Got::nothing:
      return tl::unexpected(RpcError{
          RpcError::Kind::unreachable,
          fmt::format("{} sent nothing within {} s", server.address.address,
                      std::chrono::duration_cast<std::chrono::seconds>(patience).count())});
    case DeliverCall::Got::end:
      return tl::unexpected(rpc_error(call.status(), server.address, server.limits));
  }
  auto response = parse_deliver_response(*call.message());
  if (!response)
    return refuse(fmt::format("{}: {}", server.address.address, response.error().message));
  return Received{call.message(), *response};
}

RpcError status_error(int status, const Server& server, std::string_view channel,
                      std::string_view what) {
  const std::string& at = server.address.address;
  if (status == 404)
    return {RpcError::Kind::refused,
            fmt::format("{} has no {} of channel {}: the channel or the block does not exist there",
                        at, what, channel)};
  if (status == 403)
    return {RpcError::Kind::refused,
            fmt::format("{} does not let this identity read channel {}", at, channel)};
  return {status == 503 ? RpcError::Kind::unreachable : RpcError::Kind::refused,
          fmt::format("{} answered status {} to a request for {}", at, status, what)};
}

RpcResult<std::string> fetch_one(const Server& server, std::string_view channel, const Seek& seek,
                                 const Requester& requester, Duration patience) {
  DeliverCall call(server.channel, server.kind,
                   seek_envelope(seek, channel, server.tls_cert_hash, requester.identity,
                                 requester.clock, requester.random));
  auto received = receive(call, server, patience);
  if (!received) return tl::unexpected(received.error());
  if (received->response.kind == DeliverResponse::Kind::status)
    return tl::unexpected(status_error(
        received->response.status, server, channel,
        seek.from == Seek::From::newest ? "block" : fmt::format("block {}", seek.block)));
  return std::string(received->response.block);
}

// Fabric 1.x and 2.x write the last configuration's number into a slot of its own, later ones
// (also) into what the orderers sign.
std::optional<uint64_t> last_config_of(const std::string& bytes) {
  common::Block block;
  common::Metadata metadata;
  common::OrdererBlockMetadata ordered;
  common::LastConfig last;
  if (!block.ParseFromString(bytes)) return {};
  if (block.header().number() == 0) return 0;
  const auto& slots = block.metadata().metadata();
  if (slots.size() > common::SIGNATURES && metadata.ParseFromString(slots[common::SIGNATURES]) &&
      ordered.ParseFromString(metadata.value()) && ordered.has_last_config())
    return ordered.last_config().index();
  if (slots.size() > kLastConfigSlot && metadata.ParseFromString(slots[kLastConfigSlot]) &&
      last.ParseFromString(metadata.value()))
    return last.index();
  return {};
}

RpcResult<std::string> fetch(const Server& server, std::string_view channel, BlockPosition position,
                             const Requester& requester, Duration patience) {
  if (const auto* number = std::get_if<uint64_t>(&position))
    return fetch_one(server, channel, Seek{Seek::From::block, *number}, requester, patience);
  auto newest = fetch_one(server, channel, Seek{Seek::From::newest}, requester, patience);
  if (!newest || std::holds_alternative<Newest>(position)) return newest;
  const auto number = last_config_of(*newest);
  if (!number)
    return refuse(fmt::format("the newest block of {} does not tell the last configuration's",
                              server.address.address));
  return fetch_one(server, channel, Seek{Seek::From::block, *number}, requester, patience);
}

}  // namespace

RpcResult<std::string> fetch_block(const PeerClient& peer, std::string_view channel,
                                   BlockPosition position, const Requester& requester,
                                   Duration patience) {
  return fetch({peer.peer(), peer.channel(), peer.tls_cert_hash(), peer.limits(), StreamKind::full},
               channel, position, requester, patience);
}

RpcResult<std::string> fetch_block(const OrdererClient& orderer, std::string_view channel,
                                   BlockPosition position, const Requester& requester,
                                   Duration patience) {
  return fetch({orderer.orderer(), orderer.channel(), orderer.tls_cert_hash(), orderer.limits(),
                StreamKind::ordered},
               channel, position, requester, patience);
}

RpcResult<CommitStatus> wait_for_transaction(const PeerClient& peer, std::string_view channel,
                                             const std::string& transaction_id, uint64_t block,
                                             const Requester& requester, Duration patience) {
  const Server server{peer.peer(), peer.channel(), peer.tls_cert_hash(), peer.limits(),
                      StreamKind::filtered};
  DeliverCall call(
      server.channel, server.kind,
      seek_envelope(Seek{Seek::From::block, block, true}, channel, server.tls_cert_hash,
                    requester.identity, requester.clock, requester.random));
  const Duration end = requester.clock.monotonic() + patience;
  for (;;) {
    auto received = receive(call, server, std::max(Duration(0), end - requester.clock.monotonic()));
    if (!received) return tl::unexpected(received.error());
    // A block that cannot be filtered is skipped with a 400; ours can.
    if (received->response.kind == DeliverResponse::Kind::status) {
      if (received->response.status == 400) continue;
      return tl::unexpected(
          status_error(received->response.status, server, channel, fmt::format("block {}", block)));
    }
    protos::FilteredBlock filtered;
    if (!filtered.ParseFromArray(received->response.block.data(),
                                 static_cast<int>(received->response.block.size())))
      return refuse(fmt::format("{} sent a block that does not decode", server.address.address));
    for (const auto& transaction : filtered.filtered_transactions())
      if (transaction.txid() == transaction_id)
        return CommitStatus{static_cast<int>(transaction.tx_validation_code()), filtered.number()};
  }
}

}  // namespace belfry::fabric
