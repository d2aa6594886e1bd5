#include "fabric/peer_session.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/ledger.pb.h"
#include "fabric/peer_response.h"

namespace belfry::fabric {
namespace {

constexpr int kBadRequest = 400, kForbidden = 403, kNotFound = 404;

}  // namespace

PeerSession::PeerSession(std::shared_ptr<PeerPool> pool, size_t peer,
                         std::shared_ptr<const msp::SigningIdentity> identity,
                         PeerConnection connection)
    : pool_(std::move(pool)),
      index_(peer),
      identity_(std::move(identity)),
      connection_(std::move(connection)) {}

std::variant<PeerSession, StreamEnd> PeerSession::begin(std::shared_ptr<PeerPool> pool,
                                                        size_t peer) {
  auto identity = pool->identity();
  if (auto* end = std::get_if<StreamEnd>(&identity)) return std::move(*end);
  const PeerAddress& address = pool->options.peers[peer];
  auto connection = PeerConnection::make(address, pool->options.limits);
  if (!connection)
    return stopped_by("tls-configuration", address.address + ": " + connection.error().message);
  return PeerSession(std::move(pool), peer, std::get<0>(std::move(identity)),
                     std::move(*connection));
}

std::string PeerSession::envelope(const Seek& seek) const {
  const PeerSourceOptions& options = pool_->options;
  return seek_envelope(seek, options.channel, connection_.tls_cert_hash(), *identity_,
                       *options.clock, *options.random);
}

PeerSession::Answer PeerSession::ask_qscc(const std::vector<std::string>& arguments,
                                          std::stop_token stop) const {
  const PeerSourceOptions& options = pool_->options;
  protos::ProposalResponse response;
  Answer out;
  out.status =
      connection_.ask(qscc_proposal(options.channel, arguments, connection_.tls_cert_hash(),
                                    *identity_, *options.clock, *options.random),
                      response, std::move(stop));
  out.code = response.response().status();
  out.message = response.response().message();
  out.payload = response.response().payload();
  return out;
}

std::variant<PeerSession::Chain, StreamEnd> PeerSession::chain(std::stop_token stop) const {
  const Answer answer = ask_qscc({"GetChainInfo", pool_->options.channel}, stop);
  common::BlockchainInfo info;
  if (answer.status.ok() && answer.code == 200 && info.ParseFromString(answer.payload)) {
    Chain out{info.height(), 0};
    if (info.has_bootstrappingsnapshotinfo())
      out.first_block = info.bootstrappingsnapshotinfo().lastblockinsnapshot() + 1;
    return out;
  }
  const auto code = answer.status.error_code();
  if (stop.stop_requested()) return stop_requested();
  // A peer's own refusals are UNKNOWN, or answers with a code; whatever else is said never came to
  // the peer's chaincode.
  if (code != grpc::StatusCode::OK && code != grpc::StatusCode::UNKNOWN &&
      code != grpc::StatusCode::PERMISSION_DENIED)
    return explain_first(answer.status, stop);
  if (answer.status.ok() &&
      answer.message == fmt::format("channel '{}' not found", pool_->options.channel))
    return unknown_channel(peer(), pool_->options.channel);

  auto newest = fetch(pool_->options.kind, Seek{Seek::From::newest}, stop);
  if (auto* end = std::get_if<StreamEnd>(&newest)) return std::move(*end);
  return Chain{std::get<decode::Block>(newest).number + 1, 0};
}

std::variant<decode::Block, StreamEnd> PeerSession::block(uint64_t number,
                                                          std::stop_token stop) const {
  return fetch(
      pool_->options.kind == StreamKind::private_data ? StreamKind::private_data : StreamKind::full,
      Seek{Seek::From::block, number}, std::move(stop));
}

std::variant<std::string, StreamEnd> PeerSession::genesis_hash(std::stop_token stop) const {
  auto first = block(0, stop);
  if (auto* end = std::get_if<StreamEnd>(&first)) {
    if (end->code != "no-permission" || pool_->options.kind != StreamKind::filtered)
      return std::move(*end);
    // Who may read filtered blocks only may still be allowed this.
    const Answer answer = ask_qscc({"GetBlockByNumber", pool_->options.channel, "0"}, stop);
    if (!answer.status.ok() || answer.code != 200) return std::move(*end);
    auto bytes = std::make_shared<const std::string>(answer.payload);
    auto block = decode::parse_block(bytes, *bytes);
    if (!block)
      return stopped_by("bad-block",
                        fmt::format("block 0 of {}: {}", peer().address, block.error().message));
    first = std::move(*block);
  }
  return std::string(view(decode::header_hash(std::get<decode::Block>(first))));
}

std::unique_ptr<DeliverCall> PeerSession::follow(uint64_t block) const {
  return connection_.deliver(pool_->options.kind, envelope(Seek{Seek::From::block, block, true}));
}

std::variant<decode::Block, StreamEnd> PeerSession::fetch(StreamKind kind, const Seek& seek,
                                                          std::stop_token stop) const {
  const auto call = connection_.deliver(kind, envelope(seek));
  switch (call->read(pool_->options.limits.answer_timeout, stop)) {
    case DeliverCall::Got::message:
      break;
    case DeliverCall::Got::nothing:
      return explain(grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, ""), stop);
    case DeliverCall::Got::end:
      return explain(call->status(), stop);
  }
  auto response = parse_deliver_response(*call->message());
  if (!response)
    return stopped_by("bad-block", fmt::format("{}: {}", peer().address, response.error().message));
  if (response->kind == DeliverResponse::Kind::status) {
    // Every channel has a newest block.
    if (response->status == kNotFound)
      return seek.from == Seek::From::newest ? unknown_channel(peer(), pool_->options.channel)
                                             : below_snapshot(peer(), seek.block);
    return explain(response->status, seek.block, stop);
  }
  auto block = block_in(call->message(), *response);
  if (!block)
    return stopped_by("bad-block", fmt::format("block {} of {}: {}", seek.block, peer().address,
                                               block.error().message));
  if (seek.from == Seek::From::block && block->number != seek.block)
    return stopped_by("out-of-order", fmt::format("{} sent block {} when asked for {}",
                                                  peer().address, block->number, seek.block));
  return std::move(*block);
}

StreamEnd PeerSession::explain_refusal() const {
  StreamEnd end =
      refused(peer(), pool_->options.channel, *identity_, pool_->options.clock->now(), "");
  // Credentials were changed since this stream began: the new ones may be good.
  const auto present = pool_->identity();
  if (const auto* identity = std::get_if<0>(&present);
      identity && (*identity)->serialized() != identity_->serialized()) {
    end.next = StreamEnd::Next::reconnect;
    end.reason += "; another certificate is in its place by now and will be tried";
  }
  return end;
}

StreamEnd PeerSession::explain(int status, uint64_t wanted, std::stop_token stop) const {
  switch (status) {
    case kForbidden:
      return explain_refusal();
    case kBadRequest:
      return bad_request(peer(), pool_->options.clock->now());
    case kNotFound: {
      const auto now = chain(std::move(stop));
      if (const auto* end = std::get_if<StreamEnd>(&now)) return *end;
      const Chain& chain = std::get<Chain>(now);
      return chain.height < wanted ? lagging(peer(), chain.height, wanted)
                                   : below_snapshot(peer(), wanted);
    }
    case 200:
      return again("peer-gone", fmt::format("{} ended the stream", peer().address));
    default:
      return peer_fault(peer(), status);
  }
}

StreamEnd PeerSession::explain_first(const grpc::Status& status, std::stop_token stop) const {
  StreamEnd end = explain(status, std::move(stop));
  // Under TLS 1.3 a missing client certificate shows only as a connection that ends before its
  // first answer.
  if (end.code == "peer-gone" && !peer().plaintext && !peer().client_tls)
    end.reason +=
        "; or it asks for client certificates (mutual TLS): then give it `tls`, a client "
        "certificate";
  return end;
}

StreamEnd PeerSession::explain(const grpc::Status& status, std::stop_token stop) const {
  if (stop.stop_requested()) return stop_requested();
  return transport_fault(status, peer(), pool_->options.limits);
}

}  // namespace belfry::fabric
