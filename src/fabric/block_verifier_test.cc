#include "fabric/block_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/common.pb.h"
#include "common/configuration.pb.h"
#include "common/policies.pb.h"
#include "orderer/configuration.pb.h"
#include "support/certificates.h"
#include "support/channel.h"
#include "support/ledger.h"

namespace belfry::fabric {
namespace {

using testing::HasSubstr;
using tests::Ledger;

decode::Block parse(std::string bytes) {
  auto buffer = std::make_shared<const std::string>(std::move(bytes));
  auto block = decode::parse_block(buffer, *buffer);
  EXPECT_TRUE(block) << block.error().message;
  return std::move(*block);
}
decode::Block block_of(const Ledger& ledger, size_t number) {
  return parse(ledger.common_block(number));
}

// From genesis to the tip. `updates` is how often the recorded configuration changed.
void verify_all(const Ledger& ledger, size_t updates) {
  auto verifier = BlockVerifier::trusting(block_of(ledger, 0));
  ASSERT_TRUE(verifier) << verifier.error().message;
  const uint64_t first = (*verifier)->config().sequence;
  for (size_t number = 0; number < ledger.height(); ++number) {
    auto good = (*verifier)->verify(block_of(ledger, number));
    ASSERT_TRUE(good) << good.error().message;
  }
  EXPECT_EQ((*verifier)->config().sequence, first + updates);
}

TEST(RecordedLedger, NgoIsVerifiedWithItsUpdates) {
  verify_all(tests::ngo_ledger(), 4);
}
TEST(RecordedLedger, TwoOrgsIsVerified) {
  verify_all(tests::two_orgs_ledger(), 0);
}
TEST(RecordedLedger, Events15kIsVerified) {
  verify_all(tests::events_15k_ledger(), 0);
}

// Forgeries of a recorded block: nobody has its orderer's key.
class ForgedRecording : public testing::Test {
 protected:
  ForgedRecording() {
    auto made = BlockVerifier::trusting(block_of(ledger_, 0));
    EXPECT_TRUE(made);
    verifier_ = std::move(*made);
    EXPECT_TRUE(verifier_->verify(block_of(ledger_, 1)));
  }
  std::string error(const tests::BlockParts& parts) {
    auto good = verifier_->verify(parse(tests::to_common_block(parts)));
    return good ? "accepted" : good.error().message;
  }
  const Ledger& ledger_ = tests::two_orgs_ledger();
  tests::BlockParts block_ = ledger_.parts(2);
  std::unique_ptr<BlockVerifier> verifier_;
};

TEST_F(ForgedRecording, UnchangedIsAccepted) {
  EXPECT_EQ(error(block_), "accepted");
}

TEST_F(ForgedRecording, ChangedTransactionWithItsHashMadeToMatch) {
  block_.transactions[0].back() ^= 1;
  tests::rehash(block_);
  EXPECT_THAT(error(block_),
              AllOf(HasSubstr("block 2: its 1 signature is not enough"),
                    HasSubstr("the signature of CN=orderer"), HasSubstr("is wrong")));
}

TEST_F(ForgedRecording, ChangedPreviousHash) {
  block_.previous_hash[0] ^= 1;
  EXPECT_THAT(error(block_), HasSubstr("is wrong"));
}

TEST_F(ForgedRecording, SignaturesRemoved) {
  block_.metadata[0].clear();
  EXPECT_EQ(error(block_), "block 2: no orderer signed it");
  block_.metadata.clear();
  EXPECT_EQ(error(block_), "block 2: no orderer signed it");
}

TEST_F(ForgedRecording, SignaturesOfAnotherBlock) {
  block_.metadata[0] = ledger_.parts(1).metadata[0];
  EXPECT_THAT(error(block_), HasSubstr("is wrong"));
}

TEST_F(ForgedRecording, HighSIsRefused) {
  ::common::Metadata metadata;
  ASSERT_TRUE(metadata.ParseFromString(block_.metadata[0]));
  auto* signature = metadata.mutable_signatures(0);
  signature->set_signature(tests::flip_s(signature->signature()));
  block_.metadata[0] = metadata.SerializeAsString();
  EXPECT_THAT(error(block_), HasSubstr("is wrong"));
}

TEST_F(ForgedRecording, UndecodableSignatures) {
  block_.metadata[0] = "nonsense";
  EXPECT_EQ(error(block_), "block 2: its signatures do not decode");
}

TEST(FilteredBlock, CannotBeVerified) {
  auto verifier = BlockVerifier::trusting(block_of(tests::two_orgs_ledger(), 0));
  decode::Block filtered;
  filtered.number = 1;
  filtered.filtered = true;
  EXPECT_THAT((*verifier)->verify(filtered).error().message, HasSubstr("filtered"));
  EXPECT_FALSE(BlockVerifier::trusting(filtered));
}

class MadeChannel : public testing::Test {
 protected:
  static decode::Block parsed(const tests::BlockParts& parts) {
    return parse(tests::to_common_block(parts));
  }
  void start() {
    auto made = BlockVerifier::trusting(parsed(channel_.genesis()));
    ASSERT_TRUE(made) << made.error().message;
    verifier_ = std::move(*made);
  }
  std::string error(const tests::BlockParts& parts) {
    auto good = verifier_->verify(parsed(parts));
    return good ? "accepted" : good.error().message;
  }
  tests::BlockParts next() {
    return channel_.next({tests::some_transaction(channel_.id, "contents")});
  }
  tests::Signer signer(const tests::TestOrg& org, const tests::Credential& who) const {
    return {tests::identity_of(org, who), who.key};
  }
  static void set_timeout(::common::ConfigGroup& group, const char* timeout) {
    ::orderer::BatchTimeout message;
    message.set_timeout(timeout);
    auto& orderer = (*group.mutable_groups())["Orderer"];
    (*orderer.mutable_values())["BatchTimeout"].set_value(message.SerializeAsString());
  }
  static void set_msp(::common::ConfigGroup& group, const tests::TestOrg& org,
                      const ::msp::FabricMSPConfig& msp) {
    ::msp::MSPConfig config;
    config.set_config(msp.SerializeAsString());
    const bool orders = org.id == "OrdererMSP";
    auto& parent = (*group.mutable_groups())[orders ? "Orderer" : "Application"];
    auto& member = (*parent.mutable_groups())[orders                ? "OrdererOrg"
                                              : org.id == "Org1MSP" ? "Org1"
                                                                    : "Org2"];
    (*member.mutable_values())["MSP"].set_value(config.SerializeAsString());
  }

  tests::TestChannel channel_;
  std::unique_ptr<BlockVerifier> verifier_;
};

TEST_F(MadeChannel, OnlyOrderersSign) {
  start();
  auto block = next();
  EXPECT_EQ(error(block), "accepted");
  const auto& orderers = channel_.orderers;
  channel_.sign_as(block, {signer(orderers, orderers.client)});
  EXPECT_THAT(error(block), AllOf(HasSubstr("block 1: its 1 signature is not enough"),
                                  HasSubstr("requires 1 of the 'Writers' sub-policies")));
  channel_.sign_as(block, {signer(channel_.org1, channel_.org1.orderer)});
  EXPECT_THAT(error(block), HasSubstr("not enough"));
  // An orderer's certificate under another organisation's name.
  channel_.sign_as(
      block, {{tests::identity_of("Org1MSP", orderers.orderer.certificate), orderers.orderer.key}});
  EXPECT_THAT(error(block), HasSubstr("leads to no root of this organisation"));
  channel_.sign_as(block, {{tests::identity_of("NobodyMSP", orderers.orderer.certificate),
                            orderers.orderer.key}});
  EXPECT_THAT(error(block), HasSubstr("the channel knows no organisation NobodyMSP"));
  // The orderer's certificate, somebody else's key.
  channel_.sign_as(block, {{tests::identity_of(orderers, orderers.orderer), orderers.client.key}});
  EXPECT_THAT(error(block), HasSubstr("is wrong"));
  channel_.sign_as(block, {{"nonsense", orderers.orderer.key}});
  EXPECT_THAT(error(block), HasSubstr("not a serialized identity"));
  // A wrong signature beside a good one does no harm.
  channel_.sign_as(block, {{"nonsense", orderers.orderer.key}, signer(orderers, orderers.orderer)});
  EXPECT_EQ(error(block), "accepted");
}

TEST_F(MadeChannel, AnExpiredOrderersSignatureStaysGood) {
  start();
  const WallTime long_ago(std::chrono::sys_days(std::chrono::year(2021) / 1 / 1));
  auto expired = channel_.orderers.ca.issue(
      {.common_name = "old", .units = {"orderer"}, .not_after = long_ago});
  auto block = next();
  channel_.sign_as(block, {signer(channel_.orderers, expired)});
  EXPECT_EQ(error(block), "accepted");
}

TEST_F(MadeChannel, ARevokedOrderersSignatureDoesNotCount) {
  start();
  EXPECT_EQ(error(next()), "accepted");
  auto revoking = channel_.update([&](::common::ConfigGroup& group) {
    auto msp = channel_.orderers.msp();
    msp.add_revocation_list(channel_.orderers.ca.revoke({channel_.orderers.orderer.serial}));
    set_msp(group, channel_.orderers, msp);
  });
  EXPECT_EQ(error(revoking), "accepted") << "it is judged by the configuration before it";
  auto block = next();
  EXPECT_THAT(error(block), HasSubstr("has been revoked"));
  auto fresh = channel_.orderers.member("fresh", "orderer");
  channel_.sign_as(block, {signer(channel_.orderers, fresh)});
  EXPECT_EQ(error(block), "accepted");
}

TEST_F(MadeChannel, ConfigurationIsFollowed) {
  start();
  EXPECT_EQ(verifier_->config().batch.timeout, "2s");
  EXPECT_EQ(error(next()), "accepted");
  EXPECT_EQ(error(channel_.update([](auto& group) { set_timeout(group, "5s"); })), "accepted");
  EXPECT_EQ(verifier_->config().batch.timeout, "5s");
  EXPECT_EQ(verifier_->config().sequence, 1U);
  EXPECT_EQ(error(next()), "accepted");
  // The ordering service moves to new hands.
  tests::TestOrg before = channel_.orderers;
  channel_.orderers = tests::TestOrg("OrdererMSP");
  auto moved = channel_.update(
      [&](auto& group) { set_msp(group, channel_.orderers, channel_.orderers.msp()); },
      {channel_.admin_of(before), channel_.admin_of(channel_.org1),
       channel_.admin_of(channel_.org2)});
  EXPECT_THAT(error(moved), HasSubstr("not enough"))
      << "signed by the new orderer, whom the old configuration does not know";
  channel_.sign_as(moved, {signer(before, before.orderer)});
  EXPECT_EQ(error(moved), "accepted");
  auto block = next();
  EXPECT_EQ(error(block), "accepted");
  channel_.sign_as(block, {signer(before, before.orderer)});
  EXPECT_THAT(error(block), HasSubstr("leads to no root"));
}

TEST_F(MadeChannel, AnUpdateThatNobodySignedIsRefused) {
  start();
  EXPECT_THAT(error(channel_.update([](auto& group) { set_timeout(group, "5s"); }, {})),
              AllOf(HasSubstr("block 1: error validating DeltaSet: policy for [Value]  "
                              "/Channel/Orderer/BatchTimeout "
                              "not satisfied"),
                    HasSubstr("requires 1 of the 'Admins' sub-policies")));
  EXPECT_EQ(verifier_->config().batch.timeout, "2s");
}

TEST_F(MadeChannel, AnUpdateSignedByTheWrongOnesIsRefused) {
  start();
  const auto& org1 = channel_.org1;
  EXPECT_THAT(
      error(channel_.update([](auto& group) { set_timeout(group, "5s"); },
                            {channel_.admin_of(org1),
                             {tests::identity_of(channel_.orderers, channel_.orderers.client),
                              channel_.orderers.client.key}})),
      HasSubstr("policy for [Value]  /Channel/Orderer/BatchTimeout not satisfied"));
}

TEST_F(MadeChannel, AConfigurationThatItsUpdateDoesNotMakeIsRefused) {
  start();
  auto block = channel_.update([](auto& group) { set_timeout(group, "5s"); });
  ::common::Envelope envelope;
  ::common::Payload payload;
  ::common::ConfigEnvelope config;
  ASSERT_TRUE(envelope.ParseFromString(block.transactions[0]) &&
              payload.ParseFromString(envelope.payload()) &&
              config.ParseFromString(payload.data()));
  auto forge = [&](const auto& change) {
    auto forged = config;
    change(forged);
    payload.set_data(forged.SerializeAsString());
    envelope.set_payload(payload.SerializeAsString());
    block.transactions[0] = envelope.SerializeAsString();
    tests::rehash(block);
    channel_.sign(block);  // the orderers are in it
    return error(block);
  };
  EXPECT_THAT(forge([](auto& forged) {
                set_timeout(*forged.mutable_config()->mutable_channel_group(), "9s");
              }),
              HasSubstr("not what its update makes of the one before"));
  EXPECT_THAT(forge([](auto& forged) { forged.mutable_config()->set_sequence(7); }),
              HasSubstr("is at sequence 0 and would become 7"));
  EXPECT_THAT(forge([](auto& forged) { forged.clear_last_update(); }),
              HasSubstr("ConfigUpdate for channel '' but envelope for channel"));
  EXPECT_EQ(forge([](auto&) {}), "accepted");
}

TEST_F(MadeChannel, AMissedConfigurationIsNoticed) {
  start();
  auto skipped = channel_.update([](auto& group) { set_timeout(group, "5s"); });
  EXPECT_THAT(
      error(next()),
      HasSubstr("made under the configuration of block 1, but the one known is that of block 0"));
}

TEST_F(MadeChannel, BlocksMayComeAgain) {
  start();
  auto first = next();
  auto update = channel_.update([](auto& group) { set_timeout(group, "5s"); });
  auto third = next();
  for (const auto* block : {&first, &update, &third, &first, &update, &third})
    EXPECT_EQ(error(*block), "accepted");
  update.previous_hash[0] ^= 1;
  EXPECT_THAT(error(update), HasSubstr("another block than the configuration block"));
}

TEST_F(MadeChannel, TrustMayStartAtALaterConfiguration) {
  start();
  auto first = next();
  auto update = channel_.update([](auto& group) { set_timeout(group, "5s"); });
  auto third = next();
  auto later = BlockVerifier::trusting(parsed(update));
  ASSERT_TRUE(later) << later.error().message;
  EXPECT_TRUE((*later)->verify(parsed(update)));
  EXPECT_TRUE((*later)->verify(parsed(third)));
  EXPECT_THAT((*later)->verify(parsed(first)).error().message, HasSubstr("lies before block 2"));
  EXPECT_EQ(*last_config_of(parsed(first)), 0U);
  EXPECT_EQ(*last_config_of(parsed(third)), 2U);
  EXPECT_THAT(BlockVerifier::trusting(parsed(third)).error().message,
              HasSubstr("block 3: the transaction is of type 0"));
  update.transactions[0] += "x";
  EXPECT_THAT(BlockVerifier::trusting(parsed(update)).error().message,
              HasSubstr("do not match its data hash"));
}

TEST_F(MadeChannel, StartInMidChannelWalksTheConfigurations) {
  std::vector<tests::BlockParts> blocks{channel_.genesis()};
  for (const char* timeout : {"3s", "4s", "5s"}) {
    blocks.push_back(next());
    blocks.push_back(channel_.update([&](auto& group) { set_timeout(group, timeout); }));
    blocks.push_back(next());
    blocks.push_back(next());
  }
  std::vector<uint64_t> fetched;
  FetchBlock fetch = [&](uint64_t number) -> Result<decode::Block> {
    fetched.push_back(number);
    return parsed(blocks.at(number));
  };
  const Hash256 genesis = decode::header_hash(parsed(blocks[0]));
  for (uint64_t first = 0; first < blocks.size(); ++first) {
    fetched.clear();
    auto made = BlockVerifier::starting_at(first, view(genesis), fetch);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_LE(fetched.size(), 8U);
    for (uint64_t number = first; number < blocks.size(); ++number) {
      auto good = (*made)->verify(parsed(blocks[number]));
      EXPECT_TRUE(good) << good.error().message;
    }
    EXPECT_EQ((*made)->config().batch.timeout, "5s");
  }
  EXPECT_THAT(BlockVerifier::starting_at(5, std::string(32, 'x'), fetch).error().message,
              HasSubstr("another channel, or another network"));
  // A forged link of the walk.
  channel_.sign_as(blocks[6], {signer(channel_.orderers, channel_.orderers.client)});
  EXPECT_THAT(BlockVerifier::starting_at(9, view(genesis), fetch).error().message,
              HasSubstr("block 6: its 1 signature is not enough"));
  blocks[6] = blocks[7];
  EXPECT_FALSE(BlockVerifier::starting_at(9, view(genesis), fetch));
}

TEST(BftChannel, AQuorumOfConsentersSigns) {
  tests::TestChannel channel(true);
  auto made = BlockVerifier::trusting(parse(tests::to_common_block(channel.genesis())));
  ASSERT_TRUE(made) << made.error().message;
  auto block = channel.next({tests::some_transaction(channel.id, "contents")});
  auto error = [&] {
    auto good = (*made)->verify(parse(tests::to_common_block(block)));
    return good ? "accepted" : good.error().message;
  };
  EXPECT_EQ((*made)->config().consenters.size(), 4U);
  EXPECT_EQ(error(), "accepted");
  channel.sign_as_consenters(block, {4, 2, 1});
  EXPECT_EQ(error(), "accepted");
  channel.sign_as_consenters(block, {1, 2});
  EXPECT_THAT(error(), HasSubstr("its 2 signatures are not enough"));
  channel.sign_as_consenters(block, {1, 2, 2, 1});
  EXPECT_THAT(error(), HasSubstr("not enough")) << "each consenter counts once";
  channel.sign_as_consenters(block, {1, 2, 9});
  EXPECT_THAT(error(), HasSubstr("not enough")) << "there is no consenter 9";
  // Named by certificate, as older orderers do.
  std::vector<tests::Signer> signers;
  for (size_t i = 0; i < 3; ++i)
    signers.push_back(
        {tests::identity_of(channel.orderers, channel.consenters[i]), channel.consenters[i].key});
  channel.sign_as(block, signers);
  EXPECT_EQ(error(), "accepted");
  const auto& other = channel.orderers.orderer;  // of the organisation, but no consenter
  signers[0] = {tests::identity_of(channel.orderers, other), other.key};
  channel.sign_as(block, signers);
  EXPECT_THAT(error(), HasSubstr("not enough"));
}

}  // namespace
}  // namespace belfry::fabric
