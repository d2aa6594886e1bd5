#include "devnet/channel.h"

#include <gtest/gtest.h>

#include <thread>

#include "devnet/transaction_harness.h"

namespace belfry::devnet {
namespace {

namespace code = ledger::code;

class ChannelTest : public ::testing::Test {
 protected:
  ForgetfulFiles files_{7};
  TestNetwork network_{files_};
};

TEST_F(ChannelTest, CommitsWhatIsEndorsed) {
  ASSERT_EQ(network_.define("ngo"), code::kValid);
  const auto made = network_.make("ngo", Sets().write("ngo", "donor1", "Edge"));
  EXPECT_EQ(network_.submit(made), code::kValid);
  const auto value = network_.ledger().get("ngo", "donor1");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->bytes, "Edge");
  EXPECT_EQ(value->version, (ledger::Version{2, 0}));
  EXPECT_EQ(network_.ledger().height(), 3u);
  // Asked for again it is told at once.
  EXPECT_EQ(network_.wait_for(made.id).block, 2u);
}

TEST_F(ChannelTest, ReadsItsBlocksAgain) {
  ASSERT_EQ(network_.define("ngo"), code::kValid);
  ASSERT_EQ(network_.submit(network_.make("ngo", Sets().write("ngo", "a", "1"))), code::kValid);
  ASSERT_EQ(network_.submit(network_.make("ngo", Sets().write("ngo", "a", "2"))), code::kValid);
  const auto info = network_.ledger().info();
  network_.reopen();
  EXPECT_EQ(network_.ledger().info().height, info.height);
  EXPECT_EQ(network_.ledger().info().current, info.current);
  EXPECT_EQ(network_.ledger().get("ngo", "a")->bytes, "2");
  const auto history = network_.ledger().history("ngo", "a", 0, 10);
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[1].value, "1");
  EXPECT_EQ(network_.submit(network_.make("ngo", Sets().erase("ngo", "a"))), code::kValid);
  EXPECT_FALSE(network_.ledger().get("ngo", "a"));
}

TEST_F(ChannelTest, RefusesWhatARealNetworkRefuses) {
  ASSERT_EQ(network_.define("ngo"), code::kValid);
  const Sets sets = Sets().write("ngo", "k", "v");
  EXPECT_EQ(network_.submit(network_.make("ngo", sets, {network_.peer1()})),
            code::kEndorsementPolicyFailure);
  EXPECT_EQ(network_.submit(network_.make("ngo", sets, {network_.peer1(), network_.peer1()})),
            code::kEndorsementPolicyFailure)
      << "a peer counts once";
  const Node& admin = network_.org2().admin();
  EXPECT_EQ(network_.submit(network_.make("ngo", sets, {network_.peer1(), &admin})),
            code::kEndorsementPolicyFailure)
      << "an administrator is no peer";
  EXPECT_EQ(network_.submit(network_.make("nothing", Sets().write("nothing", "k", "v"))),
            code::kInvalidChaincode);
  const auto made = network_.make("ngo", sets);
  EXPECT_EQ(network_.submit(made), code::kValid);
  const auto again = network_.channel().broadcast(made.envelope);
  EXPECT_EQ(again.status, Status::success);
  EXPECT_EQ(network_.submit(network_.make("ngo", Sets().read("ngo", "k").write("ngo", "x", "y"))),
            code::kMvccReadConflict);
  size_t duplicates = 0;
  for (uint64_t number = 1; number < network_.ledger().height(); ++number)
    for (char each : (*network_.ledger().block(number))->block.metadata[2])
      duplicates += static_cast<uint8_t>(each) == code::kDuplicateTxid;
  EXPECT_EQ(duplicates, 1u);
}

TEST(ChannelFaults, AreWhatWasAskedFor) {
  ForgetfulFiles files{7};
  ChannelOptions failing;
  failing.faults.fail = 1;
  TestNetwork refusing(files, {}, failing);
  const auto refused =
      refusing.channel().broadcast(refusing.make("_lifecycle", definition_sets("ngo")).envelope);
  EXPECT_EQ(refused.status, Status::service_unavailable);
  EXPECT_EQ(refusing.ledger().height(), 1u);

  ForgetfulFiles others{8};
  ChannelOptions dropping;
  dropping.faults.drop = 1;
  TestNetwork losing(others, {}, dropping);
  const auto lost = losing.make("_lifecycle", definition_sets("ngo"));
  EXPECT_EQ(losing.channel().broadcast(lost.envelope).status, Status::success);
  losing.reopen();
  EXPECT_FALSE(losing.ledger().find_transaction(lost.id));

  ForgetfulFiles more{9};
  ChannelOptions delaying;
  delaying.faults.delay = std::chrono::milliseconds(80);
  TestNetwork slow(more, {}, delaying);
  const auto begun = system_clock().monotonic();
  EXPECT_EQ(slow.define("ngo"), code::kValid);
  EXPECT_GE(system_clock().monotonic() - begun, delaying.faults.delay);
}

TEST_F(ChannelTest, AFullDiskIsSaidAndNothingThatWasTakenIsLost) {
  ASSERT_EQ(network_.define("ngo"), code::kValid);
  files_.set_capacity(files_.used() + 100);
  const auto taken = network_.make("ngo", Sets().write("ngo", "k", "taken"));
  ASSERT_EQ(network_.channel().broadcast(taken.envelope).status, Status::success);
  const auto deadline = system_clock().monotonic() + std::chrono::seconds(30);
  while (network_.channel().failure().empty() && system_clock().monotonic() < deadline)
    std::this_thread::yield();
  EXPECT_NE(network_.channel().failure(), "");
  const auto refused =
      network_.channel().broadcast(network_.make("ngo", Sets().write("ngo", "x", "y")).envelope);
  EXPECT_EQ(refused.status, Status::service_unavailable);
  EXPECT_EQ(refused.info, network_.channel().failure());
  files_.set_capacity(files_.used() + (8 << 20));
  EXPECT_EQ(network_.wait_for(taken.id).code, code::kValid);
  EXPECT_EQ(network_.ledger().get("ngo", "k")->bytes, "taken");
  while (!network_.channel().failure().empty() &&
         system_clock().monotonic() < deadline + std::chrono::seconds(30))
    std::this_thread::yield();
  EXPECT_EQ(network_.channel().failure(), "") << "the client may hear of it first";
}

TEST_F(ChannelTest, AnUpgradeMakesTransactionsInFlightConflict) {
  ASSERT_EQ(network_.define("ngo"), code::kValid);
  const std::string sequence = "namespaces/fields/ngo/Sequence";
  const auto before = network_.ledger().get("_lifecycle", sequence)->version;
  const auto in_flight =
      network_.make("ngo", Sets().read("_lifecycle", sequence, before).write("ngo", "k", "v"));
  ASSERT_EQ(network_.define("ngo", 2), code::kValid);
  EXPECT_EQ(network_.submit(in_flight), code::kMvccReadConflict);
}

TEST_F(ChannelTest, KeysMayHavePoliciesOfTheirOwn) {
  ASSERT_EQ(network_.define("ngo"), code::kValid);
  ::common::SignaturePolicyEnvelope policy;
  ::common::MSPRole role;
  role.set_msp_identifier("Org1MSP");
  role.set_role(::common::MSPRole::PEER);
  policy.add_identities()->set_principal(role.SerializeAsString());
  policy.mutable_rule()->mutable_n_out_of()->set_n(1);
  policy.mutable_rule()->mutable_n_out_of()->add_rules()->set_signed_by(0);
  ASSERT_EQ(
      network_.submit(network_.make(
          "ngo", Sets().write("ngo", "own", "1").policy("ngo", "own", policy.SerializeAsString()))),
      code::kValid);
  EXPECT_EQ(
      network_.submit(network_.make("ngo", Sets().write("ngo", "own", "2"), {network_.peer1()})),
      code::kValid);
  EXPECT_EQ(
      network_.submit(network_.make("ngo", Sets().write("ngo", "own", "3"), {network_.peer2()})),
      code::kEndorsementPolicyFailure);
  EXPECT_EQ(
      network_.submit(network_.make("ngo", Sets().write("ngo", "other", "2"), {network_.peer1()})),
      code::kEndorsementPolicyFailure);
  EXPECT_EQ(network_.ledger().get("ngo", "own")->bytes, "2");
  EXPECT_FALSE(network_.ledger().get("ngo", "own")->metadata.empty()) << "a value keeps its policy";
}

TEST_F(ChannelTest, BroadcastAnswersInFabricsWords) {
  auto& channel = network_.channel();
  const auto envelope = [&](const msp::SigningIdentity& signer, int type = 3) {
    return signed_envelope(type, "mychannel", "data", signer, system_clock().now(),
                           secure_random());
  };
  EXPECT_EQ(channel.broadcast(envelope(network_.user())).status, Status::success);
  const auto peer = channel.broadcast(envelope(*network_.peer1()->identity));
  EXPECT_EQ(peer.status, Status::forbidden);
  EXPECT_EQ(peer.info,
            "implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy "
            "requires 1 of the 'Writers' sub-policies to be satisfied: permission denied");
  EXPECT_EQ(channel.broadcast("").info, "could not determine channel ID: header not set");
  EXPECT_EQ(channel.broadcast(envelope(network_.user(), 4)).info,
            "message is of type that cannot be processed directly");
  std::string spoilt = envelope(network_.user());
  spoilt.back() ^= 1;
  EXPECT_EQ(channel.broadcast(spoilt).status, Status::forbidden);
  EXPECT_EQ(channel.broadcast(envelope(network_.user(), 2)).info,
            "error applying config update to existing channel 'mychannel': error converting "
            "envelope to config update: error unmarshalling message for type CONFIG_UPDATE: "
            "proto: cannot parse invalid wire-format data");
}

}  // namespace
}  // namespace belfry::devnet
