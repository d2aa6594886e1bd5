// PeerSource against the stand-in peer: nothing is lost, and each fault gets its code and words
// that say what to do.
#include "fabric/peer_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/block.h"
#include "standin/network.h"

namespace belfry::tests {
namespace {

using fabric::PeerSource;
using fabric::PeerSourceOptions;
using fabric::StreamKind;
using pipeline::BlockStream;
using pipeline::ChannelInfo;
using pipeline::StreamEnd;
using ::testing::HasSubstr;
using Stop = StreamEnd::Next;

std::shared_ptr<Chain> small_chain() {
  return std::make_shared<Chain>(two_orgs_ledger());
}

class PeerSourceTest : public ::testing::Test {
 protected:
  ChannelInfo info(PeerSource& source) {
    auto out = source.info({});
    if (auto* end = std::get_if<StreamEnd>(&out)) {
      ADD_FAILURE() << end->code << ": " << end->reason;
      return {};
    }
    return std::get<ChannelInfo>(out);
  }
  StreamEnd failing_info(PeerSource& source) { return ended(source.info({})); }
  StreamEnd failing_open(PeerSource& source, uint64_t block) {
    return ended(source.open(block, {}));
  }
  std::unique_ptr<BlockStream> open(PeerSource& source, uint64_t block) {
    auto out = source.open(block, {});
    if (auto* end = std::get_if<StreamEnd>(&out)) {
      ADD_FAILURE() << end->code << ": " << end->reason;
      return nullptr;
    }
    return std::move(std::get<std::unique_ptr<BlockStream>>(out));
  }
  decode::Block next(BlockStream& stream) {
    auto out = stream.next({});
    if (auto* end = std::get_if<StreamEnd>(&out)) {
      ADD_FAILURE() << end->code << ": " << end->reason;
      return {};
    }
    return std::get<decode::Block>(std::move(out));
  }
  StreamEnd failing_next(BlockStream& stream) { return ended(stream.next({})); }
  // Reads blocks [from, to) as the follower does, opening again whenever a stream ends. Returns how
  // often it opened.
  int follow(PeerSource& source, const Chain& chain, uint64_t from, uint64_t to) {
    int opened = 0;
    while (from < to && opened < 100) {
      auto begun = source.open(from, {});
      ++opened;
      if (std::holds_alternative<StreamEnd>(begun)) continue;
      auto& stream = *std::get<std::unique_ptr<BlockStream>>(begun);
      while (from < to) {
        auto got = stream.next({});
        if (std::holds_alternative<StreamEnd>(got)) break;
        const auto& block = std::get<decode::Block>(got);
        EXPECT_EQ(block.number, from);
        EXPECT_EQ(same(block, *chain.at(from)), true) << "block " << from;
        ++from;
      }
    }
    EXPECT_EQ(from, to);
    return opened;
  }
  static bool same(const decode::Block& block, const std::string& bytes) {
    auto buffer = std::make_shared<const std::string>(bytes);
    auto wanted = decode::parse_block(buffer, *buffer);
    return wanted && wanted->number == block.number &&
           wanted->previous_hash == block.previous_hash && wanted->data_hash == block.data_hash &&
           wanted->transactions == block.transactions && wanted->metadata == block.metadata;
  }
  template <class T>
  static StreamEnd ended(T&& out) {
    if (auto* end = std::get_if<StreamEnd>(&out)) return *end;
    ADD_FAILURE() << "it succeeded";
    return {};
  }

  Network network;
};

TEST_F(PeerSourceTest, FollowsAWholeLedgerAndThenWhatComes) {
  auto chain = std::make_shared<Chain>(ngo_ledger(), ngo_ledger().height() - 1);
  auto peer = network.peer(chain);
  PeerSource source(network.source({peer->address()}));
  const ChannelInfo known = info(source);
  EXPECT_EQ(known.height, chain->height());
  const auto genesis = chain->at(0);
  EXPECT_EQ(known.genesis_hash, view(decode::header_hash(*decode::parse_block(genesis, *genesis))));

  auto stream = open(source, 0);
  for (uint64_t i = 0; i < chain->height(); ++i)
    ASSERT_TRUE(same(next(*stream), *chain->at(i))) << i;
  chain->append(ngo_ledger().common_block(ngo_ledger().height() - 1));
  EXPECT_EQ(next(*stream).number, ngo_ledger().height() - 1);
  EXPECT_EQ(source.describe(), peer->address());
  const auto status = source.status();
  EXPECT_EQ(status.connected, peer->address());
  EXPECT_EQ(status.blocks, ngo_ledger().height());
  EXPECT_EQ(status.last_code, "");
}

TEST_F(PeerSourceTest, OpensAtTheHeightAndWaits) {
  auto chain = small_chain();
  auto peer = network.peer(chain);
  PeerSource source(network.source({peer->address()}));
  const uint64_t height = chain->height();
  auto stream = open(source, height);
  chain->append(two_orgs_ledger().common_block(height - 1));  // its number is one too low
  const StreamEnd end = failing_next(*stream);
  EXPECT_EQ(end.code, "out-of-order");
  EXPECT_EQ(end.next, Stop::stop);
}

TEST_F(PeerSourceTest, AStopEndsTheWait) {
  auto peer = network.peer(small_chain());
  PeerSource source(network.source({peer->address()}));
  auto stream = open(source, two_orgs_ledger().height());
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  const StreamEnd end = ended(stream->next(stop.get_token()));
  EXPECT_EQ(end.code, "stopped");
  EXPECT_EQ(end.next, Stop::reconnect);
  EXPECT_EQ(source.status().peers[0].failures, 0U);
}

TEST_F(PeerSourceTest, ALaggingPeerIsToldFromAnUnknownChannel) {
  auto peer = network.peer(small_chain());
  PeerSource source(network.source({peer->address()}));
  const uint64_t height = two_orgs_ledger().height();
  StreamEnd end = failing_open(source, height + 3);
  EXPECT_EQ(end.code, "lagging-peer");
  EXPECT_EQ(end.next, Stop::reconnect);
  EXPECT_THAT(end.reason, HasSubstr("has " + std::to_string(height) + " blocks"));

  PeerSourceOptions options = network.source({peer->address()});
  options.channel = "nochannel";
  PeerSource elsewhere(options);
  end = failing_info(elsewhere);
  EXPECT_EQ(end.code, "unknown-channel");
  EXPECT_EQ(end.next, Stop::stop);
  EXPECT_THAT(end.reason, HasSubstr("nochannel"));
}

TEST_F(PeerSourceTest, WithoutQsccTheNewestBlockTellsTheHeight) {
  auto peer = network.peer(small_chain());
  peer->misbehave([](Misbehaviour& wrong) { wrong.no_qscc = true; });
  PeerSource source(network.source({peer->address()}));
  EXPECT_EQ(info(source).height, two_orgs_ledger().height());
  EXPECT_EQ(failing_open(source, 99).code, "lagging-peer");
  PeerSourceOptions options = network.source({peer->address()});
  options.channel = "nochannel";
  PeerSource elsewhere(options);
  EXPECT_EQ(failing_info(elsewhere).code, "unknown-channel");
}

TEST_F(PeerSourceTest, AnotherOrganisationHasNoPermission) {
  auto peer = network.peer(small_chain());
  PeerSourceOptions options = network.source({peer->address()});
  const CertificateAuthority other({.common_name = "ca.org3.example.com"});
  options.identity = Network::as(other.issue({.common_name = "stranger"}), "Org3MSP");
  PeerSource source(options);
  const StreamEnd end = failing_info(source);
  EXPECT_EQ(end.code, "no-permission");
  EXPECT_EQ(end.next, Stop::stop);
  EXPECT_THAT(end.reason, HasSubstr("Org3MSP"));
  EXPECT_THAT(end.reason, HasSubstr("mychannel"));
}

TEST_F(PeerSourceTest, AnExpiredCertificateIsToldFromAMissingPermissionAndARenewedOneIsTakenUp) {
  const WallTime end_of_validity = network.clock.now() + std::chrono::hours(24 * 40);
  const Credential old =
      network.ca.issue({.common_name = "listener", .not_after = end_of_validity});
  Credential present = old;
  auto chain = std::make_shared<Chain>(two_orgs_ledger(), 3);
  auto peer = network.peer(chain);
  PeerSourceOptions options = network.source({peer->address()});
  options.identity = [&] { return Network::as(present)(); };
  PeerSource source(options);
  auto stream = open(source, 2);
  EXPECT_EQ(next(*stream).number, 2U);
  EXPECT_EQ(source.status().certificate_warning, "");

  network.clock.advance(std::chrono::hours(24 * 41));
  chain->append(two_orgs_ledger().common_block(3));
  StreamEnd end = failing_next(*stream);
  EXPECT_EQ(end.code, "certificate-expired");
  EXPECT_EQ(end.next, Stop::stop);
  EXPECT_THAT(end.reason,
              HasSubstr(to_rfc3339(std::chrono::floor<std::chrono::seconds>(end_of_validity))));
  EXPECT_EQ(failing_open(source, 3).code, "certificate-expired");

  present = network.user;
  stream = open(source, 3);
  EXPECT_EQ(next(*stream).number, 3U);
}

TEST_F(PeerSourceTest, ACertificateRenewedInTimeIsUsedAtTheNextConnect) {
  const Credential old = network.ca.issue(
      {.common_name = "listener", .not_after = network.clock.now() + std::chrono::hours(1)});
  Credential present = old;
  auto chain = std::make_shared<Chain>(two_orgs_ledger(), 3);
  auto peer = network.peer(chain);
  PeerSourceOptions options = network.source({peer->address()});
  options.identity = [&] { return Network::as(present)(); };
  PeerSource source(options);
  auto stream = open(source, 2);
  EXPECT_EQ(next(*stream).number, 2U);
  EXPECT_THAT(source.status().certificate_warning, HasSubstr("listener"));
  present = network.user;
  network.clock.advance(std::chrono::hours(2));
  chain->append(two_orgs_ledger().common_block(3));
  const StreamEnd end = failing_next(*stream);
  EXPECT_EQ(end.code, "certificate-expired");
  EXPECT_EQ(end.next, Stop::reconnect);
  stream = open(source, 3);
  EXPECT_EQ(next(*stream).number, 3U);
  EXPECT_EQ(source.status().certificate_warning, "");
}

TEST_F(PeerSourceTest, ABlockBelowASnapshotIsAskedOfAPeerThatHasIt) {
  StandinOptions young = network.standin();
  young.first_block = 3;
  StandinPeer peer(young, small_chain());
  PeerSource alone(network.source({peer.address()}));
  StreamEnd end = failing_open(alone, 2);
  EXPECT_EQ(end.code, "block-below-snapshot");
  EXPECT_EQ(end.next, Stop::stop);
  EXPECT_EQ(failing_info(alone).code, "block-below-snapshot");

  auto whole = network.peer(small_chain());
  PeerSource both(network.source({peer.address(), whole->address()}));
  EXPECT_EQ(info(both).height, two_orgs_ledger().height());
  auto stream = open(both, 2);
  EXPECT_EQ(next(*stream).number, 2U);
  EXPECT_EQ(both.status().connected, whole->address());
}

TEST_F(PeerSourceTest, AClockThatIsWrongIsNamed) {
  auto peer = network.peer(small_chain());
  ManualClock wrong(network.clock.now() + std::chrono::minutes(20));
  PeerSourceOptions options = network.source({peer->address()});
  options.clock = &wrong;
  PeerSource source(options);
  const StreamEnd end = failing_info(source);
  EXPECT_EQ(end.code, "clock-skew");
  EXPECT_THAT(end.reason, HasSubstr("15 minutes"));
}

TEST_F(PeerSourceTest, AServiceThatIsUnavailableMayComeBack) {
  auto peer = network.peer(small_chain());
  PeerSource source(network.source({peer->address()}));
  auto stream = open(source, 0);
  EXPECT_EQ(next(*stream).number, 0U);
  peer->misbehave([](Misbehaviour& wrong) {
    wrong.every_seek = 503;
    for (uint64_t block = 0; block < 9; ++block) wrong.status_instead[block] = 503;
  });
  StreamEnd end;
  for (uint64_t block = 1;; ++block) {  // some were on their way already
    auto got = stream->next({});
    if (auto* ended = std::get_if<StreamEnd>(&got)) {
      end = *ended;
      break;
    }
  }
  EXPECT_EQ(end.code, "service-unavailable");
  EXPECT_EQ(end.next, Stop::reconnect);
  EXPECT_EQ(failing_open(source, 1).code, "service-unavailable");
  peer->misbehave([](Misbehaviour& wrong) { wrong = {}; });
  EXPECT_EQ(next(*open(source, 1)).number, 1U);
}

TEST_F(PeerSourceTest, TlsFaultsAreToldApart) {
  auto peer = network.peer(small_chain());
  PeerSourceOptions options = network.source({peer->address()});
  options.peers[0].tls_ca = network.ca.certificate();
  PeerSource untrusting(options);
  StreamEnd end = failing_info(untrusting);
  EXPECT_EQ(end.code, "tls-untrusted") << end.reason;
  EXPECT_THAT(end.reason, HasSubstr("tls_ca"));

  options = network.source({peer->address()});
  options.peers[0].tls_server_name = "peer9.org9.example.com";
  PeerSource misnamed(options);
  end = failing_info(misnamed);
  EXPECT_EQ(end.code, "tls-name") << end.reason;
  EXPECT_THAT(end.reason, HasSubstr("set its `name`"));

  StandinOptions bare = network.standin();
  bare.tls_certificate.clear();
  StandinPeer plain(bare, small_chain());
  PeerSource tls_to_plain(network.source({plain.address()}));
  end = failing_info(tls_to_plain);
  EXPECT_EQ(end.code, "tls-plaintext") << end.reason;
  options = network.source({plain.address()});
  options.peers[0].plaintext = true;
  PeerSource allowed(options);
  EXPECT_EQ(info(allowed).height, two_orgs_ledger().height());
  options.peers[0].address = peer->address();
  PeerSource plain_to_tls(options);
  end = failing_info(plain_to_tls);
  EXPECT_EQ(end.next, Stop::reconnect) << end.reason;

  options = network.source({peer->address()});
  options.peers[0].tls_ca = "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n";
  PeerSource garbled(options);
  EXPECT_EQ(failing_info(garbled).code, "tls-configuration");
}

TEST_F(PeerSourceTest, MutualTls) {
  StandinOptions strict = network.standin();
  strict.client_ca = network.tls_ca.certificate();
  StandinPeer peer(strict, small_chain());
  PeerSourceOptions options = network.source({peer.address()});
  const Credential client = network.tls_ca.issue({.common_name = "belfry"});
  options.peers[0].client_tls = Network::shows(client.certificate, client.key);
  PeerSource source(options);
  EXPECT_EQ(info(source).height, two_orgs_ledger().height());
  EXPECT_EQ(next(*open(source, 1)).number, 1U);

  PeerSource without(network.source({peer.address()}));
  const StreamEnd end = failing_info(without);
  EXPECT_THAT(end.reason, HasSubstr("give it `tls`"));

  options.peers[0].client_tls = Network::shows(client.certificate, network.user.key);
  PeerSource mixed(options);
  EXPECT_EQ(failing_info(mixed).code, "tls-configuration");
}

TEST_F(PeerSourceTest, ARenewedTlsClientCertificateIsShownAtTheNextConnect) {
  StandinOptions strict = network.standin();
  strict.client_ca = network.tls_ca.certificate();
  StandinPeer peer(strict, small_chain());
  Credential present = network.ca.issue({.common_name = "of an authority the peer does not ask"});
  PeerSourceOptions options = network.source({peer.address()});
  options.peers[0].client_tls = [&] { return fabric::ClientTls{present.certificate, present.key}; };
  PeerSource source(options);
  failing_info(source);
  present = network.tls_ca.issue({.common_name = "belfry"});
  auto stream = open(source, 1);
  EXPECT_EQ(next(*stream).number, 1U);
  // Another one, whose hash the peer compares with the one in the request.
  present = network.tls_ca.issue({.common_name = "belfry"});
  stream = open(source, 2);
  EXPECT_EQ(next(*stream).number, 2U);
}

TEST_F(PeerSourceTest, NobodyThereAndNoSuchHost) {
  auto peer = network.peer(small_chain());
  const std::string address = peer->address();
  PeerSource source(network.source({address}));
  auto stream = open(source, two_orgs_ledger().height());
  // Not before the stream is the peer's: a call that no peer has seen yet, gRPC takes to another
  // connection by itself, and finds nobody there.
  std::jthread stopper([&] {
    peer->wait_for_seeks(1);
    peer->stop();
  });
  StreamEnd end = failing_next(*stream);
  EXPECT_EQ(end.code, "peer-gone") << end.reason;
  stopper.join();
  end = failing_open(source, 1);
  EXPECT_EQ(end.code, "unreachable") << end.reason;
  EXPECT_EQ(end.next, Stop::reconnect);
  EXPECT_THAT(end.reason, HasSubstr("refused"));
  EXPECT_EQ(source.status().last_code, "unreachable");
  EXPECT_EQ(source.status().connected, "");

  PeerSource nowhere(network.source({"peer0.invalid:7051"}));
  end = failing_info(nowhere);
  EXPECT_EQ(end.code, "unknown-host") << end.reason;
}

TEST_F(PeerSourceTest, ARestartedPeerIsFollowedOnWithoutLoss) {
  auto chain = std::make_shared<Chain>(ngo_ledger());
  auto peer = network.peer(chain);
  PeerSource source(network.source({peer->address()}));
  std::atomic<int> sent = 0;
  peer->on_sent([&](uint64_t) { ++sent; });
  std::jthread restarter([&](std::stop_token stop) {
    for (int seen = 0; !stop.stop_requested() && seen < 150;) {
      if (sent < seen + 40) {
        std::this_thread::yield();
        continue;
      }
      seen = sent;
      peer->stop();
      peer->start();
    }
  });
  EXPECT_GT(follow(source, *chain, 0, chain->height()), 1);
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
  EXPECT_GT(follow(source, *chain, 0, chain->height()), 3);
}

TEST_F(PeerSourceTest, APeerThatAnswersNoPingsIsLeft) {
  auto peer = network.peer(small_chain());
  Gate gate(peer->port());
  PeerSourceOptions options = network.source({gate.address()});
  options.limits.keepalive = std::chrono::milliseconds(200);
  options.limits.keepalive_timeout = std::chrono::milliseconds(200);
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
  options.idle_check = std::chrono::milliseconds(30);
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
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    stop.request_stop();
  });
  EXPECT_EQ(ended(stream->next(stop.get_token())).code, "stopped");
}

TEST_F(PeerSourceTest, APeerThatLostItsNetworkIsLeftForOneThatGoesOn) {
  auto behind = network.peer(small_chain());
  behind->misbehave([](Misbehaviour& wrong) { wrong.height = 4; });
  auto ahead = network.peer(small_chain());
  PeerSourceOptions options = network.source({behind->address(), ahead->address()});
  options.idle_check = std::chrono::milliseconds(20);
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
