// PeerSource against the stand-in peer: streams that break off, several peers, blocks out of the
// ordinary, and the other kinds of stream. Nothing is lost.
#include "standin/peer_source_fixture.h"

namespace belfry::tests {
namespace {

// Long enough for a block to come that a peer does send, however busy the machine: a peer is silent
// after twice that.
constexpr auto kSilence = std::chrono::milliseconds(500);

TEST_F(PeerSourceTest, ARestartedPeerIsFollowedOnWithoutLoss) {
  auto chain = std::make_shared<Chain>(ngo_ledger());
  std::atomic<uint64_t> sent = 0;  // outlives the peer, which writes it
  auto peer = network.peer(chain);
  peer->on_sent([&](uint64_t block) { sent = block; });
  // No stream gets past the block that the peer holds back until it has restarted.
  const auto hold = [&](std::optional<uint64_t> from) {
    peer->misbehave([&](Misbehaviour& wrong) { wrong.hold_from = from; });
  };
  hold(40);
  PeerSource source(network.source({peer->address()}));
  std::jthread restarter([&] {
    for (const uint64_t held : {40, 90, 150}) {
      while (sent != held - 1) std::this_thread::yield();
      peer->stop();
      hold(held == 40 ? 90 : held == 90 ? std::optional<uint64_t>(150) : std::nullopt);
      peer->start();
    }
  });
  EXPECT_GE(follow(source, *chain, 0, chain->height()), 4);
}

TEST_F(PeerSourceTest, AConnectionCutInMidBlockLosesNothing) {
  auto chain = std::make_shared<Chain>(ngo_ledger());
  auto peer = network.peer(chain);
  Gate gate(peer->port());
  gate.cut_after(1'500'000);  // the ledger is 15 MB, in blocks of up to 4 MB
  PeerSource source(network.source({gate.address()}));
  std::jthread mender([&](std::stop_token stop) {
    while (!stop.stop_requested() && gate.connections() < 12) std::this_thread::yield();
    gate.cut_after(0);
  });
  EXPECT_GT(follow(source, *chain, 0, chain->height()), 1);
}

TEST_F(PeerSourceTest, APeerThatAnswersNoPingsIsLeft) {
  auto peer = network.peer(small_chain());
  Gate gate(peer->port());
  PeerSourceOptions options = network.source({gate.address()});
  options.limits.keepalive = std::chrono::milliseconds(200);
  options.limits.keepalive_timeout = std::chrono::seconds(3);
  PeerSource source(options);
  auto stream = open(source, two_orgs_ledger().height());
  gate.freeze(true);
  const StreamEnd end = failing_next(*stream);
  EXPECT_EQ(end.code, "silent-peer") << end.reason;
  EXPECT_EQ(end.next, Stop::reconnect);
}

TEST_F(PeerSourceTest, APeerThatStopsSendingIsToldFromAQuietChannel) {
  auto peer = network.peer(small_chain());
  peer->misbehave([](Misbehaviour& wrong) { wrong.hold_from = 3; });
  PeerSourceOptions options = network.source({peer->address()});
  options.idle_check = kSilence;
  PeerSource source(options);
  auto stream = open(source, 2);
  EXPECT_EQ(next(*stream).number, 2U);
  const StreamEnd end = failing_next(*stream);
  EXPECT_EQ(end.code, "silent-peer");
  EXPECT_THAT(end.reason, HasSubstr("stopped sending at block 3"));

  // A quiet channel: many checks, no end.
  auto chain = small_chain();
  auto quiet = network.peer(chain);
  options = network.source({quiet->address()});
  options.idle_check = std::chrono::milliseconds(5);
  PeerSource patient(options);
  stream = open(patient, chain->height());
  std::stop_source stop;
  std::jthread stopper([&] {
    quiet->wait_for_queries(20);
    stop.request_stop();
  });
  EXPECT_EQ(ended(stream->next(stop.get_token())).code, "stopped");
}

TEST_F(PeerSourceTest, APeerThatLostItsNetworkIsLeftForOneThatGoesOn) {
  auto behind = network.peer(small_chain());
  behind->misbehave([](Misbehaviour& wrong) { wrong.height = 4; });
  auto ahead = network.peer(small_chain());
  PeerSourceOptions options = network.source({behind->address(), ahead->address()});
  options.idle_check = kSilence;
  PeerSource source(options);
  auto stream = open(source, 3);
  EXPECT_EQ(next(*stream).number, 3U);
  const StreamEnd end = failing_next(*stream);
  EXPECT_EQ(end.code, "lagging-peer");
  EXPECT_THAT(end.reason, HasSubstr(ahead->address()));
  stream = open(source, 4);
  EXPECT_EQ(next(*stream).number, 4U);
  EXPECT_EQ(source.status().connected, ahead->address());
}

TEST_F(PeerSourceTest, ThePreferredPeerIsUsedAgainOnceItIsWell) {
  auto first = network.peer(small_chain());
  auto second = network.peer(small_chain());
  PeerSource source(network.source({first->address(), second->address()}));
  first->stop();
  open(source, 0);
  open(source, 0);
  auto stream = open(source, 0);
  EXPECT_EQ(source.status().connected, second->address());
  EXPECT_EQ(source.status().peers[0].failures, 1U);  // in its backoff it was not asked again
  first->start();
  EXPECT_EQ(next(*open(source, 0)).number, 0U);
  EXPECT_EQ(source.status().peers[0].failures, 1U);
  network.clock.advance(std::chrono::seconds(2));
  stream = open(source, 0);
  EXPECT_EQ(source.status().connected, first->address());
}

TEST_F(PeerSourceTest, OneReasonForSeveralPeers) {
  auto lagging = network.peer(small_chain());
  auto gone = network.peer(small_chain());
  gone->stop();
  PeerSource source(network.source({lagging->address(), gone->address()}));
  const StreamEnd end = failing_open(source, 99);
  EXPECT_EQ(end.code, "lagging-peer");
  EXPECT_THAT(end.reason, HasSubstr("none of 2 peers"));
  EXPECT_THAT(end.reason, HasSubstr("refused"));
}

TEST_F(PeerSourceTest, APeerWithAllItsStreamsInUse) {
  auto peer = network.peer(small_chain());
  peer->misbehave([](Misbehaviour& wrong) { wrong.too_many_streams = true; });
  PeerSource source(network.source({peer->address()}));
  const StreamEnd end = failing_info(source);
  EXPECT_EQ(end.code, "peer-limit") << end.reason;
  EXPECT_EQ(end.next, Stop::reconnect);
}

// A sanitizer takes a minute for the full size, and would find nothing more in it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr size_t kBigBlock = 9 << 20;
#else
constexpr size_t kBigBlock = 90 << 20;
#endif

TEST_F(PeerSourceTest, ABlockOf90MiBPassesAndOneAboveTheLimitIsNamed) {
  auto blocks = parts_of(two_orgs_ledger(), 3);
  pad(blocks[1], kBigBlock);
  rechain(blocks, 1);
  auto peer = network.peer(std::make_shared<Chain>(blocks));
  PeerSource source(network.source({peer->address()}));
  auto stream = open(source, 0);
  EXPECT_EQ(next(*stream).number, 0U);
  const auto big = next(*stream);
  EXPECT_EQ(big.number, 1U);
  EXPECT_GT(big.buffer->size(), kBigBlock);
  EXPECT_EQ(next(*stream).number, 2U);

  PeerSourceOptions options = network.source({peer->address()});
  options.limits.receive_limit = kBigBlock / 3 * 2;
  PeerSource narrow(options);
  stream = open(narrow, 1);
  const StreamEnd end = failing_next(*stream);
  EXPECT_EQ(end.code, "block-too-large") << end.reason;
  EXPECT_EQ(end.next, Stop::stop);
  EXPECT_THAT(end.reason, HasSubstr("maximum_block"));
}

TEST_F(PeerSourceTest, BytesThatAreNoBlockStopTheStream) {
  auto peer = network.peer(small_chain());
  std::string block;
  append_field(block, 2, std::string_view("\x0a\xff\xff", 3));
  peer->misbehave([&](Misbehaviour& wrong) {
    wrong.bytes_instead[2] = "\xff\xff";
    wrong.bytes_instead[3] = block;
    wrong.bytes_instead[4] = "";
  });
  PeerSource source(network.source({peer->address()}));
  for (const uint64_t at : {2, 3, 4}) {
    auto begun = source.open(at, {});
    const StreamEnd end = failing_next(*std::get<std::unique_ptr<BlockStream>>(begun));
    EXPECT_EQ(end.code, "bad-block");
    EXPECT_EQ(end.next, Stop::stop);
    EXPECT_THAT(end.reason, HasSubstr("block " + std::to_string(at)));
    EXPECT_THAT(end.reason, HasSubstr(peer->address()));
  }
}

TEST_F(PeerSourceTest, AForkBetweenPeersStopsBeforeTheFirstBlock) {
  auto blocks = parts_of(two_orgs_ledger());
  rebuild(blocks);
  auto one = network.peer(small_chain());
  auto other = network.peer(std::make_shared<Chain>(blocks));
  PeerSource source(network.source({one->address(), other->address()}));
  const StreamEnd end = failing_open(source, 4);
  EXPECT_EQ(end.code, "fork");
  EXPECT_EQ(end.next, Stop::stop);
  EXPECT_THAT(end.reason, HasSubstr(one->address()));
  EXPECT_THAT(end.reason, HasSubstr(other->address()));
}

TEST_F(PeerSourceTest, ARebuiltNetworkHasAnotherGenesisHash) {
  auto blocks = parts_of(two_orgs_ledger());
  rebuild(blocks);
  auto before = network.peer(small_chain());
  auto after = network.peer(std::make_shared<Chain>(blocks));
  PeerSource one(network.source({before->address()})), other(network.source({after->address()}));
  EXPECT_NE(info(one).genesis_hash, info(other).genesis_hash);
}

TEST_F(PeerSourceTest, AFilteredStreamHasEveryBlockEvenThoseThePeerCannotFilter) {
  auto chain = std::make_shared<Chain>(ngo_ledger());
  auto peer = network.peer(chain);
  PeerSourceOptions options = network.source({peer->address()});
  options.kind = StreamKind::filtered;
  PeerSource source(options);
  EXPECT_EQ(info(source).height, chain->height());
  auto stream = open(source, 0);
  size_t whole = 0;
  for (uint64_t i = 0; i < chain->height(); ++i) {
    const auto block = next(*stream);
    ASSERT_EQ(block.number, i);
    const auto parts = ngo_ledger().parts(i);
    ASSERT_EQ(block.transactions.size(), parts.transactions.size());
    if (block.filtered) continue;
    EXPECT_TRUE(same(block, *chain->at(i)));
    ++whole;
  }
  EXPECT_GT(whole, 0U);
  EXPECT_LT(whole, 30U);
}

TEST_F(PeerSourceTest, WhoMayReadFilteredBlocksOnlyStillKnowsTheGenesisHash) {
  auto peer = network.peer(small_chain());
  peer->misbehave([](Misbehaviour& wrong) { wrong.filtered_only = true; });
  PeerSourceOptions options = network.source({peer->address()});
  PeerSource full(options);
  EXPECT_EQ(failing_info(full).code, "no-permission");
  options.kind = StreamKind::filtered;
  PeerSource filtered(options);
  EXPECT_EQ(info(filtered).genesis_hash.size(), 32U);
  EXPECT_EQ(next(*open(filtered, 1)).number, 1U);
}

TEST_F(PeerSourceTest, PrivateDataComesWithItsTransaction) {
  auto peer = network.peer(small_chain());
  peer->add_private_data(2, 0, "secret");
  PeerSourceOptions options = network.source({peer->address()});
  options.kind = StreamKind::private_data;
  PeerSource source(options);
  auto stream = open(source, 1);
  EXPECT_EQ(next(*stream).private_data.at(0), "");
  const auto block = next(*stream);
  ASSERT_EQ(block.private_data.size(), block.transactions.size());
  EXPECT_EQ(block.private_data[0], "secret");
}

TEST_F(PeerSourceTest, ABlockCanBeReadAgainFromOnePeerAfterAnother) {
  auto first = network.peer(small_chain()), second = network.peer(small_chain());
  second->add_private_data(2, 0, "late");
  PeerSourceOptions options = network.source({first->address(), second->address()});
  options.kind = StreamKind::private_data;
  PeerSource source(options);
  const auto held = [&](uint32_t turn) {
    auto answer = source.again(2, turn, {});
    if (auto* end = std::get_if<StreamEnd>(&answer)) return end->reason;
    EXPECT_EQ(std::get<decode::Block>(answer).number, 2U);
    return std::string(std::get<decode::Block>(answer).private_data.at(0));
  };
  EXPECT_EQ(held(0), "");
  EXPECT_EQ(held(1), "late");
  first->add_private_data(2, 0, "late");
  EXPECT_EQ(held(2), "late");
}

TEST_F(PeerSourceTest, AStreamThatEndsWithoutAWordIsOpenedAgain) {
  auto chain = small_chain();
  auto peer = network.peer(chain);
  peer->misbehave([](Misbehaviour& wrong) { wrong.hang_up_at = 2; });
  PeerSource source(network.source({peer->address()}));
  auto stream = open(source, 1);
  EXPECT_EQ(next(*stream).number, 1U);
  EXPECT_EQ(failing_next(*stream).code, "peer-gone");
  EXPECT_EQ(failing_next(*stream).code, "peer-gone");  // and stays so
  peer->misbehave([](Misbehaviour& wrong) { wrong = {}; });
  follow(source, *chain, 2, chain->height());
}

}  // namespace
}  // namespace belfry::tests
