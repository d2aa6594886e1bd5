#include "fabric/peer_stream.h"

#include <fmt/format.h>

#include "fabric/peer_response.h"

namespace belfry::fabric {
namespace {

// A block may be on its way while heights are asked for: only the second finding counts.
constexpr int kFindingsThatCount = 2;

}  // namespace

PeerStream::PeerStream(std::shared_ptr<PeerPool> pool, PeerSession session, uint64_t block)
    : pool_(std::move(pool)),
      session_(std::move(session)),
      call_(session_.follow(block)),
      wanted_(block) {}

PeerStream::~PeerStream() {
  if (!end_) pool_->disconnected(session_.index());
}

pipeline::Next PeerStream::next(std::stop_token stop) {
  if (end_) return *end_;
  pipeline::Next out = read(stop);
  if (auto* end = std::get_if<StreamEnd>(&out)) {
    if (stop.stop_requested()) *end = stop_requested();
    end_ = *end;
    pool_->failed(session_.index(), *end);
  }
  return out;
}

pipeline::Next PeerStream::read(std::stop_token stop) {
  for (;;) {
    switch (call_->read(pool_->options.idle_check, stop)) {
      case DeliverCall::Got::nothing:
        pool_->watch(session_.identity().certificate());
        if (auto end = look_around(stop)) return std::move(*end);
        continue;
      case DeliverCall::Got::end:
        return session_.explain(call_->status(), stop);
      case DeliverCall::Got::message:
        break;
    }
    idle_and_behind_ = 0;
    const auto response = parse_deliver_response(*call_->message());
    if (!response)
      return stopped_by(
          "bad-block",
          fmt::format("{} sent what is no Deliver response, where block {} was due: {}",
                      session_.peer().address, wanted_, response.error().message));
    return take(*response, stop);
  }
}

pipeline::Next PeerStream::take(const DeliverResponse& response, std::stop_token stop) {
  if (response.kind == DeliverResponse::Kind::status) {
    // DeliverFiltered answers 400 in the place of one block that holds an undecodable transaction,
    // and goes on (FABRIC.md §2). That block is asked for whole, so nothing is lost.
    if (response.status != 400 || pool_->options.kind != StreamKind::filtered)
      return session_.explain(response.status, wanted_, stop);
    auto whole = session_.block(wanted_, stop);
    if (auto* end = std::get_if<StreamEnd>(&whole)) return std::move(*end);
    ++wanted_;
    return std::get<decode::Block>(std::move(whole));
  }
  auto block = block_in(call_->message(), response);
  if (!block)
    return stopped_by("bad-block",
                      fmt::format("{} sent a block {} that does not decode: {}",
                                  session_.peer().address, wanted_, block.error().message));
  if (block->number != wanted_)
    return stopped_by("out-of-order", fmt::format("{} sent block {} where block {} is next",
                                                  session_.peer().address, block->number, wanted_));
  ++wanted_;
  pool_->received(call_->message()->size());
  if (wanted_ % 256 == 0) pool_->watch(session_.identity().certificate());
  return std::move(*block);
}

std::optional<StreamEnd> PeerStream::look_around(std::stop_token stop) {
  const auto here = session_.chain(stop);
  if (const auto* end = std::get_if<StreamEnd>(&here)) return *end;
  const uint64_t height = std::get<PeerSession::Chain>(here).height;
  if (height > wanted_) {
    if (++idle_and_behind_ < kFindingsThatCount) return std::nullopt;
    return again("silent-peer", fmt::format("{} has {} blocks but stopped sending at block {}",
                                            session_.peer().address, height, wanted_));
  }
  if (!pool_->options.cross_check) return std::nullopt;
  for (size_t other = 0; other < pool_->options.peers.size(); ++other) {
    if (other == session_.index() || !pool_->well(other)) continue;
    auto session = PeerSession::begin(pool_, other);
    if (std::holds_alternative<StreamEnd>(session)) continue;
    const auto there = std::get<PeerSession>(session).chain(stop);
    if (const auto* end = std::get_if<StreamEnd>(&there)) {
      if (!stop.stop_requested()) pool_->unwell(other, *end);
      continue;
    }
    if (std::get<PeerSession::Chain>(there).height <= height)
      break;  // one that is no further on: a quiet channel
    if (++idle_and_behind_ < kFindingsThatCount) return std::nullopt;
    return again(
        "lagging-peer",
        fmt::format("{} stays at {} blocks while {} has {}: it has lost touch with its network",
                    session_.peer().address, height, pool_->options.peers[other].address,
                    std::get<PeerSession::Chain>(there).height));
  }
  idle_and_behind_ = 0;
  return std::nullopt;
}

}  // namespace belfry::fabric
