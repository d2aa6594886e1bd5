#include "fabric/peer_source.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/log.h"
#include "fabric/peer_pool.h"
#include "fabric/peer_session.h"
#include "fabric/peer_stream.h"

namespace belfry::fabric {
namespace {

using pipeline::BlockStream;
using pipeline::ChannelInfo;

// Whether the session's peer can serve the stream from this block on; none: it can.
std::optional<StreamEnd> unfit(const PeerSession& session, uint64_t block, std::stop_token stop) {
  const auto chain = session.chain(std::move(stop));
  if (const auto* end = std::get_if<StreamEnd>(&chain)) return *end;
  const auto& [height, first] = std::get<PeerSession::Chain>(chain);
  if (height < block) return lagging(session.peer(), height, block);
  if (block < first) return below_snapshot(session.peer(), block);
  return std::nullopt;
}

// Compares the block with what the other peers at hand have in its place. Peers that do not answer,
// or do not have it, say nothing.
std::optional<StreamEnd> fork_at(const std::shared_ptr<PeerPool>& pool, const PeerSession& session,
                                 uint64_t block, std::stop_token stop) {
  std::optional<Hash256> own;
  for (const size_t other : pool->order()) {
    if (other == session.index() || !pool->well(other) || stop.stop_requested()) continue;
    auto begun = PeerSession::begin(pool, other);
    auto* there = std::get_if<PeerSession>(&begun);
    if (!there) continue;
    const auto theirs = there->block(block, stop);
    if (const auto* end = std::get_if<StreamEnd>(&theirs)) {
      if (end->next == StreamEnd::Next::reconnect) pool->unwell(other, *end);
      continue;
    }
    if (!own) {
      const auto ours = session.block(block, stop);
      if (const auto* end = std::get_if<StreamEnd>(&ours)) {
        // Who may read filtered blocks only cannot compare.
        if (pool->options.kind == StreamKind::filtered) return std::nullopt;
        return *end;
      }
      own = decode::header_hash(std::get<decode::Block>(ours));
    }
    const Hash256 hash = decode::header_hash(std::get<decode::Block>(theirs));
    if (hash != *own)
      return stopped_by(
          "fork",
          fmt::format("{} and {} hold different blocks {} ({} and {}): one of them is not of this "
                      "network; find out which, and take it from the list of peers",
                      session.peer().address, there->peer().address, block, hex(view(*own)),
                      hex(view(hash))));
  }
  return std::nullopt;
}

std::variant<ChannelInfo, StreamEnd> ask(const PeerSession& session, std::stop_token stop) {
  const auto chain = session.chain(stop);
  if (const auto* end = std::get_if<StreamEnd>(&chain)) return *end;
  auto genesis = session.genesis_hash(stop);
  if (auto* end = std::get_if<StreamEnd>(&genesis)) return std::move(*end);
  return ChannelInfo{std::get<PeerSession::Chain>(chain).height,
                     std::get<std::string>(std::move(genesis))};
}

}  // namespace

PeerSource::PeerSource(PeerSourceOptions options)
    : pool_(std::make_shared<PeerPool>(std::move(options))) {}
PeerSource::~PeerSource() = default;

std::variant<ChannelInfo, StreamEnd> PeerSource::info(std::stop_token stop) {
  std::vector<StreamEnd> ends;
  for (const size_t peer : pool_->order()) {
    auto session = PeerSession::begin(pool_, peer);
    auto answer = std::holds_alternative<PeerSession>(session)
                      ? ask(std::get<PeerSession>(session), stop)
                      : std::get<StreamEnd>(session);
    if (std::holds_alternative<ChannelInfo>(answer)) return answer;
    if (stop.stop_requested()) return stop_requested();
    pool_->failed(peer, std::get<StreamEnd>(answer));
    ends.push_back(std::get<StreamEnd>(std::move(answer)));
  }
  return together(std::move(ends));
}

std::variant<std::unique_ptr<BlockStream>, StreamEnd> PeerSource::open(uint64_t block,
                                                                       std::stop_token stop) {
  std::vector<StreamEnd> ends;
  for (const size_t peer : pool_->order()) {
    auto begun = PeerSession::begin(pool_, peer);
    auto* session = std::get_if<PeerSession>(&begun);
    std::optional<StreamEnd> end =
        session ? unfit(*session, block, stop) : std::get<StreamEnd>(begun);
    if (!end && block > 0 && pool_->options.cross_check) {
      end = fork_at(pool_, *session, block - 1, stop);
      // No peer is better than another here.
      if (end && end->code == "fork") return std::move(*end);
    }
    if (stop.stop_requested()) return stop_requested();
    if (!end) {
      pool_->connected(peer);
      log::info("following a channel", {{"channel", pool_->options.channel},
                                        {"peer", session->peer().address},
                                        {"next_block", block}});
      return std::make_unique<PeerStream>(pool_, std::move(*session), block);
    }
    pool_->failed(peer, *end);
    ends.push_back(std::move(*end));
  }
  return together(std::move(ends));
}

pipeline::Next PeerSource::again(uint64_t block, uint32_t turn, std::stop_token stop) {
  const auto order = pool_->order();
  auto begun = PeerSession::begin(pool_, order[turn % order.size()]);
  if (auto* end = std::get_if<StreamEnd>(&begun)) return std::move(*end);
  auto read = std::get<PeerSession>(begun).block(block, stop);
  if (auto* end = std::get_if<StreamEnd>(&read)) return std::move(*end);
  return std::get<decode::Block>(std::move(read));
}

std::string PeerSource::describe() const {
  const std::string connected = pool_->status().connected;
  return connected.empty() ? pool_->options.peers.front().address : connected;
}

PeerSourceStatus PeerSource::status() const {
  return pool_->status();
}

}  // namespace belfry::fabric
