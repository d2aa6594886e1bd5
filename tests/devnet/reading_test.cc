// The devnet's block files, read by belfry's own other half: as a block source, decoded, and
// verified up to the orderers' signatures and each configuration update.
#include <gtest/gtest.h>

#include "common/configtx.pb.h"
#include "decode/events.h"
#include "devnet/transaction_harness.h"
#include "fabric/block_files.h"
#include "fabric/block_verifier.h"
#include "orderer/configuration.pb.h"

namespace belfry::devnet {
namespace {

// An update of BatchTimeout, signed by these administrators.
std::string timeout_update(const msp::ChannelConfig& config, const std::string& timeout,
                           const std::vector<const Node*>& signers,
                           const msp::SigningIdentity& sender) {
  ::common::ConfigUpdate update;
  update.set_channel_id(config.channel);
  const auto& orderer = config.config->channel_group().groups().at("Orderer");
  (*update.mutable_read_set()->mutable_groups())["Orderer"].set_version(orderer.version());
  auto& written = (*update.mutable_write_set()->mutable_groups())["Orderer"];
  written.set_version(orderer.version());
  auto& value = (*written.mutable_values())["BatchTimeout"];
  value.set_version(orderer.values().at("BatchTimeout").version() + 1);
  value.set_mod_policy("Admins");
  ::orderer::BatchTimeout message;
  message.set_timeout(timeout);
  value.set_value(message.SerializeAsString());
  ::common::ConfigUpdateEnvelope envelope;
  envelope.set_config_update(update.SerializeAsString());
  for (const Node* signer : signers) {
    auto* signature = envelope.add_signatures();
    signature->set_signature_header(signature_header(*signer->identity, secure_random()));
    signature->set_signature(
        signer->identity->sign(signature->signature_header() + envelope.config_update()));
  }
  return signed_envelope(::common::CONFIG_UPDATE, config.channel, envelope.SerializeAsString(),
                         sender, system_clock().now(), secure_random());
}

TEST(DevnetFiles, AreReadDecodedAndVerified) {
  ForgetfulFiles files(3);
  TestNetwork network(files);
  ASSERT_EQ(network.define("ngo"), ledger::code::kValid);
  const auto made =
      make_transaction("mychannel", "ngo", Sets().write("ngo", "donor", "Edge"), network.user(),
                       {network.peer1(), network.peer2()}, "donorCreated");
  ASSERT_EQ(network.submit(made), ledger::code::kValid);

  auto& channel = network.channel();
  const auto& admin = network.material().orderer.admin();
  const auto before = channel.ledger().config();
  const auto refused =
      channel.broadcast(timeout_update(*before, "9s", {&network.org1().admin()}, network.user()));
  EXPECT_EQ(refused.status, Status::bad_request);
  EXPECT_EQ(refused.info,
            "error applying config update to existing channel 'mychannel': error authorizing "
            "update: error validating DeltaSet: policy for [Value]  /Channel/Orderer/BatchTimeout "
            "not satisfied: implicit policy evaluation failed - 0 sub-policies were satisfied, but "
            "this policy requires 1 of the 'Admins' sub-policies to be satisfied");
  const auto taken = channel.broadcast(timeout_update(*before, "9s", {&admin}, network.user()));
  ASSERT_EQ(taken.status, Status::success) << taken.info;
  ASSERT_EQ(network.submit(network.make("ngo", Sets().write("ngo", "donor", "Ana"))),
            ledger::code::kValid);
  EXPECT_EQ(channel.ledger().config()->batch.timeout, "9s");
  EXPECT_EQ(channel.ledger().config()->sequence, 1u);
  const uint64_t height = channel.ledger().height();
  network.stop();

  auto source = fabric::block_files(files, {.path = "net/ledger/chains/mychannel"});
  auto info = source->info({});
  ASSERT_TRUE(std::holds_alternative<pipeline::ChannelInfo>(info));
  EXPECT_EQ(std::get<pipeline::ChannelInfo>(info).height, height);
  auto opened = source->open(0, {});
  ASSERT_EQ(opened.index(), 0u);
  auto& stream = *std::get<0>(opened);
  std::unique_ptr<fabric::BlockVerifier> verifier;
  std::vector<std::string> events;
  for (uint64_t number = 0; number < height; ++number) {
    auto next = stream.next({});
    ASSERT_EQ(next.index(), 0u);
    const auto& block = std::get<decode::Block>(next);
    if (number == 0) {
      auto trusting = fabric::BlockVerifier::trusting(block);
      ASSERT_TRUE(trusting) << trusting.error().message;
      verifier = std::move(*trusting);
    } else {
      auto verified = verifier->verify(block);
      EXPECT_TRUE(verified) << verified.error().message;
    }
    decode::walk(block, {.genesis = "0", .network = "devnet", .channel = "mychannel"}, 0,
                 [&](const event::Event& event) {
                   if (event.position.kind == event::Kind::chaincode_event)
                     events.emplace_back(event.event_name);
                   return true;
                 });
  }
  EXPECT_EQ(events, std::vector<std::string>{"donorCreated"});
  EXPECT_EQ(verifier->config().batch.timeout, "9s");
}

}  // namespace
}  // namespace belfry::devnet
