#include "msp/config_update.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/common.pb.h"
#include "common/configtx.pb.h"
#include "support/channel.h"

namespace belfry::msp {
namespace {

using testing::HasSubstr;
using Group = ::common::ConfigGroup;

class ConfigUpdateTest : public testing::Test {
 protected:
  ChannelConfig current() { return *ChannelConfig::from_config(channel_.id, channel_.config); }
  // The update's envelope, signed by these.
  ::common::ConfigUpdateEnvelope envelope(const ::common::ConfigUpdate& update,
                                          const std::vector<tests::Signer>& signers) {
    ::common::ConfigUpdateEnvelope made;
    made.set_config_update(update.SerializeAsString());
    for (const auto& signer : signers) {
      ::common::SignatureHeader header;
      header.set_creator(signer.identity);
      auto* signature = made.add_signatures();
      signature->set_signature_header(header.SerializeAsString());
      signature->set_signature(
          tests::sign_with(signer.key, signature->signature_header() + made.config_update()));
    }
    return made;
  }
  ::common::ConfigUpdate unchanged() {
    ::common::ConfigUpdate update;
    update.set_channel_id(channel_.id);
    *update.mutable_read_set() = channel_.config.channel_group();
    *update.mutable_write_set() = channel_.config.channel_group();
    return update;
  }
  std::vector<tests::Signer> admins() {
    return {channel_.admin_of(channel_.org1), channel_.admin_of(channel_.org2),
            channel_.admin_of(channel_.orderers)};
  }
  std::string error(const ::common::ConfigUpdate& update,
                    const std::vector<tests::Signer>& signers) {
    auto result = apply_update(current(), envelope(update, signers));
    return result ? "applied" : result.error().message;
  }
  static Group& below(Group& group, const char* name) { return (*group.mutable_groups())[name]; }

  tests::TestChannel channel_;
};

TEST_F(ConfigUpdateTest, AnOrganisationJoins) {
  auto update = unchanged();
  tests::TestOrg third("Org3MSP");
  Group& application = below(*update.mutable_write_set(), "Application");
  Group& joined = below(application, "Org3");
  joined = below(application, "Org1");
  ::msp::MSPConfig msp;
  msp.set_config(third.msp().SerializeAsString());
  (*joined.mutable_values())["MSP"].set_value(msp.SerializeAsString());
  application.set_version(application.version() + 1);

  EXPECT_THAT(error(update, {channel_.admin_of(channel_.org1)}),
              HasSubstr("policy for [Group]  /Channel/Application not satisfied"));
  auto config = apply_update(current(), envelope(update, {channel_.admin_of(channel_.org1),
                                                          channel_.admin_of(channel_.org2)}));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->sequence(), 1U);
  auto next = ChannelConfig::from_config(channel_.id, *config);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->application.size(), 3U);
  EXPECT_TRUE(next->msps->member(tests::identity_of(third, third.peer)));
}

TEST_F(ConfigUpdateTest, AnUpdateMayNameOnlyWhatItTouches) {
  // Sparse, as configtxlator computes it: only versions where nothing changes.
  ::common::ConfigUpdate update;
  update.set_channel_id(channel_.id);
  Group& orderer_read = below(*update.mutable_read_set(), "Orderer");
  Group& orderer = below(*update.mutable_write_set(), "Orderer");
  (*orderer_read.mutable_values())["BatchSize"];
  (*orderer.mutable_values())["BatchSize"];
  auto& timeout = (*orderer.mutable_values())["BatchTimeout"];
  timeout.set_version(1);
  timeout.set_mod_policy("Admins");
  timeout.set_value(
      "\x0a\x02"
      "9s");
  auto config = apply_update(current(), envelope(update, {channel_.admin_of(channel_.orderers)}));
  ASSERT_TRUE(config) << config.error().message;
  auto next = ChannelConfig::from_config(channel_.id, *config);
  EXPECT_EQ(next->batch.timeout, "9s");
  EXPECT_EQ(next->batch.max_messages, 10U);
  EXPECT_EQ(next->application.size(), 2U);
}

TEST_F(ConfigUpdateTest, RefusesWithAReason) {
  auto update = unchanged();
  EXPECT_THAT(error(update, admins()), HasSubstr("delta set was empty"));
  update.set_channel_id("other");
  EXPECT_THAT(error(update, admins()), HasSubstr("ConfigUpdate for channel 'other'"));

  update = unchanged();
  update.mutable_read_set()->set_version(4);
  EXPECT_THAT(error(update, admins()),
              HasSubstr("key [Group]  /Channel be at version 4, but it is currently at version 0"));
  update = unchanged();
  below(*update.mutable_read_set(), "Elsewhere");
  EXPECT_THAT(error(update, admins()),
              HasSubstr("does not contain element for [Group]  /Channel/Elsewhere"));

  update = unchanged();
  auto& size = (*below(*update.mutable_write_set(), "Orderer").mutable_values())["BatchSize"];
  size.set_version(2);
  EXPECT_THAT(error(update, admins()), HasSubstr("to version 2, but key is at version 0"));
  size.set_version(1);
  EXPECT_EQ(error(update, admins()), "applied");
  size.clear_mod_policy();
  EXPECT_THAT(error(update, admins()), HasSubstr("mod_policy not set"));

  update = unchanged();
  auto& fresh = (*update.mutable_write_set()->mutable_values())["Fresh"];
  fresh.set_mod_policy("Admins");
  fresh.set_version(3);
  EXPECT_THAT(error(update, admins()), HasSubstr("to version 3, but key does not exist"));

  ::common::ConfigUpdateEnvelope nonsense;
  nonsense.set_config_update("\xff");
  EXPECT_THAT(apply_update(current(), nonsense).error().message, HasSubstr("cannot parse"));
}

TEST_F(ConfigUpdateTest, SignaturesMustBeOverThisUpdate) {
  auto update = unchanged();
  (*below(*update.mutable_write_set(), "Orderer").mutable_values())["BatchSize"].set_version(1);
  auto made = envelope(update, admins());
  (*below(*update.mutable_write_set(), "Orderer").mutable_values())["BatchTimeout"].set_version(1);
  made.set_config_update(update.SerializeAsString());
  auto result = apply_update(current(), made);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("not satisfied"));
}

}  // namespace
}  // namespace belfry::msp
