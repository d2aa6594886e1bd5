#include "msp/channel_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/configtx.pb.h"
#include "msp/msp_config.pb.h"
#include "support/channel.h"
#include "support/ledger.h"
#include "support/xz.h"

namespace belfry::msp {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(ChannelConfig, ReadsARecordedGenesisBlock) {
  auto config = ChannelConfig::from_block(tests::read_data("ledgers/ngo-3.1/genesis.block.xz"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->channel, "mychannel");
  EXPECT_EQ(config->consensus_type, "etcdraft");
  ASSERT_EQ(config->consenters.size(), 1U);
  EXPECT_THAT(config->consenters[0].server_tls, HasSubstr("BEGIN CERTIFICATE"));
  ASSERT_EQ(config->application.size(), 2U);
  EXPECT_EQ(config->application[0].msp_id, "Org1MSP");
  EXPECT_EQ(config->application[1].msp_id, "Org2MSP");
  ASSERT_EQ(config->orderers.size(), 1U);
  EXPECT_EQ(config->orderers[0].msp_id, "OrdererMSP");
  EXPECT_THAT(config->channel_capabilities, ElementsAre("V3_0"));
  EXPECT_THAT(config->application_capabilities, ElementsAre("V2_5"));
  EXPECT_TRUE(config->bft_signatures());
  EXPECT_GT(config->batch.max_messages, 0U);
  EXPECT_FALSE(config->batch.timeout.empty());
  EXPECT_TRUE(config->policies->contains("/Channel/Orderer/BlockValidation"));
  const Msp* org1 = config->msps->find("Org1MSP");
  ASSERT_NE(org1, nullptr);
  EXPECT_TRUE(org1->node_ous());
  EXPECT_FALSE(org1->tls_roots().empty());
}

TEST(ChannelConfig, ReadsWhatAMadeChannelHas) {
  tests::TestChannel channel(true);
  auto config = ChannelConfig::from_config(channel.id, channel.config);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->application[0].anchor_peers.at(0).host, "peer0.org1.example.com");
  EXPECT_EQ(config->application[0].anchor_peers.at(0).port, 7051U);
  EXPECT_THAT(config->orderers[0].endpoints, ElementsAre("orderer.example.com:7050"));
  EXPECT_EQ(config->batch.absolute_max_bytes, 1U << 20);
  ASSERT_NE(config->consenter(3), nullptr);
  EXPECT_EQ(config->consenter(3)->address.host, "orderer3.example.com");
  EXPECT_EQ(config->consenter(3)->identity, channel.consenters[2].certificate);
  EXPECT_EQ(config->consenter(5), nullptr);
}

TEST(ChannelConfig, AnOddMspSpoilsOnlyItself) {
  tests::TestChannel channel;
  auto& application = (*channel.config.mutable_channel_group()->mutable_groups())["Application"];
  ::msp::IdemixMSPConfig idemix;
  idemix.set_name("IdemixMSP");
  ::msp::MSPConfig wrapped;
  wrapped.set_type(1);
  wrapped.set_config(idemix.SerializeAsString());
  (*(*application.mutable_groups())["Org2"].mutable_values())["MSP"].set_value(
      wrapped.SerializeAsString());
  auto config = ChannelConfig::from_config(channel.id, channel.config);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->application[1].msp_id, "IdemixMSP");
  EXPECT_THAT(config->msps->member(tests::identity_of("IdemixMSP", "")).error().message,
              HasSubstr("type 1 are not supported"));
  EXPECT_TRUE(config->msps->member(tests::identity_of(channel.org1, channel.org1.peer)));
}

TEST(ChannelConfig, SaysWhatDoesNotDecode) {
  tests::TestChannel channel;
  (*channel.config.mutable_channel_group()->mutable_values())["Capabilities"].set_value("\xff");
  EXPECT_EQ(ChannelConfig::from_config(channel.id, channel.config).error().message,
            "channel configuration: the value Capabilities does not decode");
  EXPECT_THAT(ChannelConfig::from_block("nonsense").error().message, HasSubstr("does not decode"));
  EXPECT_THAT(ChannelConfig::from_block("").error().message, HasSubstr("holds 0 transactions"));
  EXPECT_THAT(ChannelConfig::from_transaction(tests::some_transaction("ch", "x")).error().message,
              HasSubstr("of type 0, no configuration"));
  EXPECT_THAT(ChannelConfig::from_transaction("nonsense").error().message,
              HasSubstr("does not decode"));
}

}  // namespace
}  // namespace belfry::msp
