// Whom the gateway asks for a transaction's endorsement when collections have policies of their
// own, and which channel it is ordered on.
#include <gmock/gmock.h>

#include "common/common.pb.h"
#include "devnet/endorsing_harness.h"
#include "devnet/gateway.h"
#include "msp/identity.h"
#include "peer/transaction.pb.h"

namespace belfry::devnet {
namespace {

using ::protos::ChaincodeMessage;
using ::testing::ElementsAre;

class GatewayConsent : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(harness_.start());
    gateway_ =
        std::make_shared<Gateway>(harness_.network->context(), harness_.endorsing->peers().front(),
                                  harness_.endorsing->peers());
  }

  GatewayResult<::gateway::EndorseResponse> endorse(const std::string& chaincode,
                                                    const std::vector<std::string>& args) {
    const auto made = make_proposal("mychannel", chaincode, args, harness_.who("User1@org1"),
                                    system_clock(), secure_random());
    ::gateway::EndorseRequest request;
    request.set_channel_id("mychannel");
    request.set_transaction_id(made.transaction_id);
    *request.mutable_proposed_transaction() = *made.signed_proposal;
    std::promise<GatewayResult<::gateway::EndorseResponse>> done;
    gateway_->endorse(request, [&](auto answer) { done.set_value(std::move(answer)); });
    return done.get_future().get();
  }
  // Of the organisations that endorsed, sorted.
  std::vector<std::string> endorsers_of_write(const std::string& chaincode,
                                              const std::string& collection) {
    ::protos::PutState put;
    put.set_collection(collection);
    put.set_key("k");
    put.set_value("v");
    const auto answer = endorse(
        chaincode, {"raw", std::to_string(ChaincodeMessage::PUT_STATE), put.SerializeAsString()});
    EXPECT_TRUE(answer) << (answer ? "" : answer.error().message);
    if (!answer) return {};
    ::common::Payload payload;
    ::protos::Transaction transaction;
    ::protos::ChaincodeActionPayload action;
    EXPECT_TRUE(payload.ParseFromString(answer->prepared_transaction().payload()) &&
                transaction.ParseFromString(payload.data()) &&
                action.ParseFromString(transaction.actions(0).payload()));
    std::vector<std::string> out;
    for (const auto& endorsement : action.action().endorsements())
      out.emplace_back(msp::parse_identity(endorsement.endorser())->msp_id);
    std::sort(out.begin(), out.end());
    return out;
  }

  EndorsingHarness harness_;
  std::shared_ptr<Gateway> gateway_;
};

TEST_F(GatewayConsent, AnImplicitCollectionsOrganizationAloneConsents) {
  EXPECT_THAT(endorsers_of_write("audit", "_implicit_org_Org1MSP"), ElementsAre("Org1MSP"));
  EXPECT_THAT(endorsers_of_write("audit", "_implicit_org_Org2MSP"), ElementsAre("Org2MSP"));
  EXPECT_THAT(endorsers_of_write("ngo", "_implicit_org_Org2MSP"), ElementsAre("Org2MSP"));
  EXPECT_THAT(endorsers_of_write("ngo", ""), ElementsAre("Org1MSP", "Org2MSP"));
}

TEST_F(GatewayConsent, ATransactionGoesToTheChannelThatItNames) {
  const auto answer = endorse("audit", {"put", "k", "v"});
  ASSERT_TRUE(answer);
  ::common::Payload payload;
  ::common::ChannelHeader header;
  ASSERT_TRUE(payload.ParseFromString(answer->prepared_transaction().payload()) &&
              header.ParseFromString(payload.header().channel_header()));
  header.set_channel_id("other");
  payload.mutable_header()->set_channel_header(header.SerializeAsString());
  ::gateway::SubmitRequest request;
  request.set_channel_id("mychannel");
  request.set_transaction_id(header.tx_id());
  auto& envelope = *request.mutable_prepared_transaction();
  envelope.set_payload(payload.SerializeAsString());
  envelope.set_signature(harness_.who("User1@org1").sign(envelope.payload()));
  const auto submitted = gateway_->submit(request);
  ASSERT_FALSE(submitted);
  EXPECT_EQ(submitted.error().message,
            "received unsuccessful response from orderer: status=BAD_REQUEST, info=channel "
            "creation request not allowed because the orderer system channel is not defined");
}

}  // namespace
}  // namespace belfry::devnet
