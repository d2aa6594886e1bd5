// What real orderers were seen to refuse of new configurations, in their words.
#include "devnet/config_rules.h"

#include "base/forgetful_files.h"
#include "common/configtx.pb.h"
#include "common/configuration.pb.h"
#include "devnet/network.h"
#include "msp/config_update.h"
#include "orderer/configuration.pb.h"
#include "orderer/etcdraft/configuration.pb.h"

#include <gtest/gtest.h>

namespace belfry::devnet {
namespace {

class ConfigRules : public testing::Test {
 protected:
  void SetUp() override {
    NetworkSettings settings;
    settings.folder = "net";
    settings.orderer_port = settings.peer_port = 0;
    settings.participation_port = settings.operations_port = 0;
    auto started = Network::start(settings, files_, system_clock(), {});
    ASSERT_TRUE(started) << started.error().message;
    current_ = (*started)->channels().find("mychannel")->ledger().config();
  }

  ::common::Config next() const { return *current_->config; }
  std::string orderer_with(const std::string& name, const std::string& value) const {
    auto config = next();
    auto& orderer = (*config.mutable_channel_group()->mutable_groups())["Orderer"];
    (*orderer.mutable_values())[name].set_value(value);
    return refusal(config);
  }
  std::string batch_of(uint32_t count, uint32_t absolute, uint32_t preferred) const {
    ::orderer::BatchSize size;
    size.set_max_message_count(count);
    size.set_absolute_max_bytes(absolute);
    size.set_preferred_max_bytes(preferred);
    return orderer_with("BatchSize", size.SerializeAsString());
  }
  std::string timeout_of(const std::string& text) const {
    ::orderer::BatchTimeout timeout;
    timeout.set_timeout(text);
    return orderer_with("BatchTimeout", timeout.SerializeAsString());
  }
  // Of both checks, the first; empty when there is none.
  std::string refusal(const ::common::Config& config) const {
    if (auto good = check_new_config(*current_, config); !good) return good.error().message;
    if (auto good = check_consensus_type(*current_, config); !good) return good.error().message;
    return {};
  }

  ForgetfulFiles files_{7};
  std::shared_ptr<const msp::ChannelConfig> current_;
};

const std::string kOrderer =
    "initializing channelconfig failed: could not create channel Orderer sub-group config: ";

TEST_F(ConfigRules, WhatIsThereIsGood) {
  EXPECT_EQ(refusal(next()), "");
  EXPECT_EQ(batch_of(1, 2, 2), "");
  EXPECT_EQ(timeout_of("1m30s"), "");
}

TEST_F(ConfigRules, BatchesHoldSomething) {
  const std::string zero = kOrderer + "Attempted to set the batch size ";
  EXPECT_EQ(batch_of(0, 2, 2), zero + "max message count to an invalid value: 0");
  EXPECT_EQ(batch_of(1, 0, 2), zero + "absolute max bytes to an invalid value: 0");
  EXPECT_EQ(batch_of(1, 2, 0), zero + "preferred max bytes to an invalid value: 0");
  EXPECT_EQ(batch_of(1, 1, 10),
            zero + "preferred max bytes (10) greater than the absolute max bytes (1).");
}

TEST_F(ConfigRules, BatchesEnd) {
  const std::string timeout = kOrderer + "Attempted to set the batch timeout to a ";
  EXPECT_EQ(timeout_of("zz"), timeout + "invalid value: time: invalid duration \"zz\"");
  EXPECT_EQ(timeout_of("0s"), timeout + "non-positive value: 0s");
  EXPECT_EQ(timeout_of("-90m500ms"), timeout + "non-positive value: -1h30m0.5s");
}

TEST_F(ConfigRules, ValuesDecodeAndAreKnown) {
  EXPECT_EQ(
      orderer_with("ConsensusType", "\xff\xff"),
      kOrderer + "failed to deserialize values: proto: cannot parse invalid wire-format data");
  EXPECT_EQ(orderer_with("Mood", "good"),
            kOrderer + "failed to deserialize values: unexpected key Mood");
}

TEST_F(ConfigRules, CapabilitiesAreKnown) {
  ::common::Capabilities asked;
  (*asked.mutable_capabilities())["V9_9"];
  EXPECT_EQ(orderer_with("Capabilities", asked.SerializeAsString()),
            "config update is not compatible: config requires unsupported orderer capabilities: "
            "Orderer capability V9_9 is required but not supported: Orderer capability V9_9 is "
            "required but not supported");
}

TEST_F(ConfigRules, TheConsensusKeepsItsTypeAndGoodOptions) {
  ::orderer::ConsensusType consensus;
  consensus.set_type("solo");
  EXPECT_EQ(orderer_with("ConsensusType", consensus.SerializeAsString()),
            "attempted to change consensus type from etcdraft to solo, but current config "
            "ConsensusType.State is not in maintenance mode");
  consensus.set_type("etcdraft");
  consensus.set_metadata("\xff\xff");
  const std::string invalid = "consensus metadata update for channel config update is invalid: ";
  EXPECT_EQ(orderer_with("ConsensusType", consensus.SerializeAsString()),
            invalid +
                "failed to unmarshal new etcdraft metadata configuration: proto: cannot parse "
                "invalid wire-format data");
  ::etcdraft::ConfigMetadata raft;
  raft.mutable_options()->set_heartbeat_tick(2);
  raft.mutable_options()->set_election_tick(2);
  raft.mutable_options()->set_max_inflight_blocks(1);
  consensus.set_metadata(raft.SerializeAsString());
  EXPECT_EQ(orderer_with("ConsensusType", consensus.SerializeAsString()),
            invalid +
                "invalid new config metadata: ElectionTick (2) must be greater than "
                "HeartbeatTick (2)");
}

TEST_F(ConfigRules, NamesAndPoliciesOfAnUpdateAreChecked) {
  const auto& group = current_->config->channel_group();
  const auto refused = [&](const char* name, const char* policy) {
    ::common::ConfigUpdate update;
    update.set_channel_id("mychannel");
    update.mutable_read_set()->set_version(group.version());
    update.mutable_write_set()->set_version(group.version());
    auto& value = (*update.mutable_write_set()->mutable_values())[name];
    value.set_mod_policy(policy);
    ::common::ConfigUpdateEnvelope envelope;
    envelope.set_config_update(update.SerializeAsString());
    const auto applied = msp::apply_update(*current_, envelope);
    return applied ? std::string() : applied.error().message;
  };
  EXPECT_EQ(refused("Bad Name", "Admins"),
            "error mapping WriteSet: illegal characters in key: [Value]  : config ID 'Bad Name' "
            "contains illegal characters");
  EXPECT_EQ(refused("Name", "/Channel/Bad Policy"),
            "error validating DeltaSet: invalid mod_policy for element [Value]  /Channel/Name: "
            "path element at 1 is invalid: config ID 'Bad Policy' contains illegal characters");
}

}  // namespace
}  // namespace belfry::devnet
