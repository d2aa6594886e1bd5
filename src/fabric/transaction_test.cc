#include "fabric/transaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "common/common.pb.h"
#include "common/configtx.pb.h"
#include "fabric/channel_update.h"
#include "peer/proposal.pb.h"
#include "peer/transaction.pb.h"
#include "support/certificates.h"

namespace belfry::fabric {
namespace {

using ::testing::HasSubstr;

class TransactionTest : public ::testing::Test {
 protected:
  TransactionTest()
      : client_(authority_.issue({.common_name = "alice", .units = {"client"}})),
        identity_(*msp::identity_from_pem("Org1MSP", client_.certificate, client_.key)) {}

  Proposal propose(std::map<std::string, std::string> transient = {}) {
    return make_proposal({.channel = "mychannel",
                          .chaincode = "ngo",
                          .arguments = {"create", "{\"a\": 1}"},
                          .transient = std::move(transient)},
                         "hash", identity_, clock_, *random_);
  }
  Endorsement endorsement(const std::string& msp, const std::string& payload) {
    Endorsement out;
    out.status = 200;
    out.response_payload = payload;
    out.endorser = msp::serialize_identity(msp, client_.certificate);
    out.signature = "signature of " + msp;
    return out;
  }

  tests::CertificateAuthority authority_;
  tests::Credential client_;
  msp::SigningIdentity identity_;
  ManualClock clock_;
  std::unique_ptr<Random> random_ = seeded_random(1);
};

TEST_F(TransactionTest, AProposalIsSignedAndNamesItself) {
  const Proposal made = propose();
  EXPECT_TRUE(identity_.certificate().verify(made.bytes, made.signature));
  protos::Proposal proposal;
  common::Header header;
  common::ChannelHeader channel;
  common::SignatureHeader signer;
  ASSERT_TRUE(proposal.ParseFromString(made.bytes));
  ASSERT_TRUE(header.ParseFromString(proposal.header()));
  ASSERT_TRUE(channel.ParseFromString(header.channel_header()));
  ASSERT_TRUE(signer.ParseFromString(header.signature_header()));
  EXPECT_EQ(made.transaction_id, hex(view(sha256(signer.nonce() + signer.creator()))));
  EXPECT_EQ(channel.tx_id(), made.transaction_id);
  EXPECT_EQ(channel.type(), common::ENDORSER_TRANSACTION);
  EXPECT_EQ(channel.tls_cert_hash(), "hash");
  EXPECT_EQ(channel.timestamp().seconds(), 1'700'000'000);
  EXPECT_NE(propose().transaction_id, made.transaction_id);
}

TEST_F(TransactionTest, TransientDataStaysOutOfTheTransaction) {
  const Proposal made = propose({{"secret", "hidden words"}});
  EXPECT_THAT(made.bytes, HasSubstr("hidden words"));
  const std::vector<Endorsement> endorsements = {endorsement("Org1MSP", "same"),
                                                 endorsement("Org2MSP", "same")};
  const std::string bytes = *assemble_transaction(made, endorsements, identity_);
  EXPECT_EQ(bytes.find("hidden words"), std::string::npos);
  common::Envelope envelope;
  common::Payload payload;
  protos::Transaction transaction;
  protos::ChaincodeActionPayload action;
  ASSERT_TRUE(envelope.ParseFromString(bytes));
  EXPECT_TRUE(identity_.certificate().verify(envelope.payload(), envelope.signature()));
  ASSERT_TRUE(payload.ParseFromString(envelope.payload()));
  ASSERT_TRUE(transaction.ParseFromString(payload.data()));
  ASSERT_TRUE(action.ParseFromString(transaction.actions(0).payload()));
  EXPECT_EQ(transaction.actions(0).header(), payload.header().signature_header());
  EXPECT_EQ(action.action().proposal_response_payload(), "same");
  EXPECT_EQ(action.action().endorsements_size(), 2);
}

TEST_F(TransactionTest, DisagreementIsNamed) {
  const std::vector<Endorsement> endorsements = {endorsement("Org1MSP", "one"),
                                                 endorsement("Org2MSP", "other")};
  EXPECT_THAT(check_agreement(endorsements).error().message,
              HasSubstr("the peers of Org1MSP and Org2MSP did not execute alike"));
  EXPECT_FALSE(assemble_transaction(propose(), {}, identity_));
}

TEST_F(TransactionTest, CodesHaveNames) {
  EXPECT_EQ(validation_code(0), "VALID");
  EXPECT_EQ(validation_code(11), "MVCC_READ_CONFLICT");
  EXPECT_EQ(validation_code(77), "code 77");
}

TEST_F(TransactionTest, AnUpdateIsReadInEveryWrapping) {
  common::ConfigUpdate update;
  update.set_channel_id("mychannel");
  update.mutable_write_set()->set_version(1);
  auto bare = read_channel_update(update.SerializeAsString());
  ASSERT_TRUE(bare) << bare.error().message;
  EXPECT_EQ(bare->channel, "mychannel");
  EXPECT_EQ(bare->signatures, 0U);
  sign_channel_update(*bare, identity_, *random_);
  auto unwrapped = read_channel_update(bare->bytes);
  ASSERT_TRUE(unwrapped);
  EXPECT_EQ(unwrapped->signatures, 1U);
  auto again = read_channel_update(channel_update_envelope(*bare, "", identity_, clock_, *random_));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->bytes, bare->bytes);

  common::ConfigUpdateEnvelope envelope;
  ASSERT_TRUE(envelope.ParseFromString(bare->bytes));
  EXPECT_EQ(envelope.config_update(), update.SerializeAsString());
  EXPECT_TRUE(identity_.certificate().verify(
      envelope.signatures(0).signature_header() + envelope.config_update(),
      envelope.signatures(0).signature()));
  EXPECT_FALSE(read_channel_update("nothing"));
}

}  // namespace
}  // namespace belfry::fabric
