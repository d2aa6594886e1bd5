// PeerSource against the stand-in peer: where it begins, and who may connect. Each fault gets its
// code and words that say what to do.
#include "standin/peer_source_fixture.h"

namespace belfry::tests {
namespace {

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

}  // namespace
}  // namespace belfry::tests
