// One stream: registration, transactions side by side, batches, and a peer that breaks off or talks
// nonsense.
#include "session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "endorsement_policy.h"
#include "peer/chaincode.pb.h"
#include "peer/proposal_response.pb.h"
#include "probe.h"
#include "scripted_stream.h"

namespace belfry::chaincode {
namespace {

using protos::ChaincodeMessage;

std::string input(const std::vector<std::string>& arguments) {
  protos::ChaincodeInput out;
  for (const auto& argument : arguments) out.add_args(argument);
  return out.SerializeAsString();
}

std::string ready(bool batches) {
  protos::ChaincodeAdditionalParams params;
  if (batches) {
    params.set_use_write_batch(true);
    params.set_max_size_write_batch(3);
    params.set_use_get_multiple_keys(true);
    params.set_max_size_get_multiple_keys(2);
  }
  return params.SerializeAsString();
}

protos::Response response_of(const ChaincodeMessage& message) {
  EXPECT_EQ(message.type(), ChaincodeMessage::COMPLETED);
  protos::Response response;
  EXPECT_TRUE(response.ParseFromString(message.payload()));
  return response;
}

TEST(SessionTest, RegistersUnderItsPackageId) {
  ScriptedStream stream(probe());
  ASSERT_TRUE(stream.session().register_as("ngo_1.0:abc"));
  const auto message = stream.next();
  EXPECT_EQ(message.type(), ChaincodeMessage::REGISTER);
  protos::ChaincodeID id;
  ASSERT_TRUE(id.ParseFromString(message.payload()));
  EXPECT_EQ(id.name(), "ngo_1.0:abc");
  stream.give(ChaincodeMessage::REGISTERED, "", "", "");
  stream.give(ChaincodeMessage::READY, "", "", "");
  EXPECT_EQ(stream.left(), 0U);
}

TEST(SessionTest, KeepsAliveByAnswering) {
  ScriptedStream stream(probe());
  stream.give(ChaincodeMessage::KEEPALIVE, "", "", "");
  EXPECT_EQ(stream.next().type(), ChaincodeMessage::KEEPALIVE);
}

TEST(SessionTest, TransactionsInterleaveAndAnswersFindTheirs) {
  ScriptedStream stream(probe());
  stream.give(ChaincodeMessage::TRANSACTION, input({"get", "a"}), "one");
  EXPECT_EQ(stream.next().txid(), "one");
  stream.give(ChaincodeMessage::TRANSACTION, input({"get", "b"}), "two");
  EXPECT_EQ(stream.next().txid(), "two");
  // The same id on another channel is another transaction.
  stream.give(ChaincodeMessage::TRANSACTION, input({"get", "c"}), "one", "other");
  EXPECT_EQ(stream.next().channel_id(), "other");
  stream.give(ChaincodeMessage::RESPONSE, "B", "two");
  EXPECT_EQ(response_of(stream.next()).payload(), "B");
  stream.give(ChaincodeMessage::RESPONSE, "C", "one", "other");
  EXPECT_EQ(response_of(stream.next()).payload(), "C");
  stream.give(ChaincodeMessage::RESPONSE, "A", "one");
  EXPECT_EQ(response_of(stream.next()).payload(), "A");
}

TEST(SessionTest, WritesGoInBatchesWhereThePeerTakesThem) {
  ScriptedStream stream(probe());
  stream.give(ChaincodeMessage::READY, ready(true), "", "");
  stream.give(ChaincodeMessage::TRANSACTION, input({"putMany", "k", "4"}));
  for (const int expected : {3, 1}) {
    const auto message = stream.next();
    ASSERT_EQ(message.type(), ChaincodeMessage::WRITE_BATCH_STATE);
    protos::WriteBatchState batch;
    ASSERT_TRUE(batch.ParseFromString(message.payload()));
    ASSERT_EQ(batch.rec_size(), expected);
    EXPECT_EQ(batch.rec(0).type(), protos::WriteRecord::PUT_STATE);
    EXPECT_EQ(batch.rec(0).key(), expected == 3 ? "k00000" : "k00003");
    stream.give(ChaincodeMessage::RESPONSE, "");
  }
  EXPECT_EQ(response_of(stream.next()).status(), 200);
}

TEST(SessionTest, AWriteThatIsRefusedInTheEndFailsTheTransaction) {
  ScriptedStream stream(probe());
  stream.give(ChaincodeMessage::READY, ready(true), "", "");
  stream.give(ChaincodeMessage::TRANSACTION, input({"event", "name", "payload"}));
  ASSERT_EQ(stream.next().type(), ChaincodeMessage::WRITE_BATCH_STATE);
  stream.give(ChaincodeMessage::ERROR, "no room");
  const auto message = stream.next();
  EXPECT_EQ(response_of(message).status(), 500);
  EXPECT_EQ(response_of(message).message(), "no room");
  EXPECT_FALSE(message.has_chaincode_event());
}

TEST(SessionTest, AFailureSendsNoWrites) {
  ScriptedStream stream(probe());
  stream.give(ChaincodeMessage::READY, ready(true), "", "");
  stream.give(ChaincodeMessage::TRANSACTION,
              input({"compositeKey", "pair", std::string("a\0", 2), "b"}));
  EXPECT_EQ(response_of(stream.next()).status(), 500);
}

TEST(SessionTest, ReadsGoTogetherWhereThePeerTakesThem) {
  ScriptedStream stream(probe());
  stream.give(ChaincodeMessage::READY, ready(true), "", "");
  stream.give(ChaincodeMessage::TRANSACTION, input({"getMany", R"(["a","b","c"])"}));
  for (const int expected : {2, 1}) {
    const auto message = stream.next();
    ASSERT_EQ(message.type(), ChaincodeMessage::GET_STATE_MULTIPLE);
    protos::GetStateMultiple request;
    ASSERT_TRUE(request.ParseFromString(message.payload()));
    ASSERT_EQ(request.keys_size(), expected);
    protos::GetStateMultipleResult result;
    for (const auto& key : request.keys()) result.add_values(key == "b" ? "" : "value of " + key);
    stream.give(ChaincodeMessage::RESPONSE, result.SerializeAsString());
  }
  EXPECT_EQ(response_of(stream.next()).payload(), R"x(["value of a","(none)","value of c"])x");
}

TEST(SessionTest, ReadsGoOneByOneOtherwise) {
  ScriptedStream stream(probe());
  stream.give(ChaincodeMessage::READY, ready(false), "", "");
  stream.give(ChaincodeMessage::TRANSACTION, input({"getMany", R"(["a","b"])"}));
  for (const char* value : {"A", "B"}) {
    ASSERT_EQ(stream.next().type(), ChaincodeMessage::GET_STATE);
    stream.give(ChaincodeMessage::RESPONSE, value);
  }
  EXPECT_EQ(response_of(stream.next()).payload(), R"(["A","B"])");
}

TEST(SessionTest, AKeysPolicyNamesItsOrganisations) {
  ScriptedStream stream(probe());
  stream.give(ChaincodeMessage::TRANSACTION, input({"getPolicy", "k"}));
  ASSERT_EQ(stream.next().type(), ChaincodeMessage::GET_STATE_METADATA);
  protos::StateMetadataResult result;
  auto* entry = result.add_entries();
  entry->set_metakey("VALIDATION_PARAMETER");
  entry->set_value(write_policy({{"Org2MSP", "Org1MSP", "Org2MSP"}, Role::kPeer}));
  stream.give(ChaincodeMessage::RESPONSE, result.SerializeAsString());
  EXPECT_EQ(response_of(stream.next()).payload(), R"(["Org1MSP","Org2MSP"])");
}

TEST(SessionTest, TheEndOfTheStreamEndsWhoeverWaits) {
  auto stream = std::make_unique<ScriptedStream>(probe());
  stream->give(ChaincodeMessage::TRANSACTION, input({"get", "a"}));
  stream->next();
  stream->session().ended();
  stream->give(ChaincodeMessage::TRANSACTION, input({"fail", "late"}), "late");
  EXPECT_EQ(stream->left(), 0U);  // there is nobody to send to
  stream.reset();                 // waits for the transaction, not for an answer
}

TEST(SessionTest, AStreamThatBreaksInMidSentenceEndsTheTransaction) {
  auto stream = std::make_unique<ScriptedStream>(probe());
  stream->breaks();
  stream->give(ChaincodeMessage::TRANSACTION, input({"get", "a"}));
  stream.reset();
}

TEST(SessionTest, APeerThatDoesNotAnswerIsNotWaitedForForEver) {
  ScriptedStream stream(probe(), 1, 10, std::chrono::milliseconds(1));
  stream.give(ChaincodeMessage::TRANSACTION, input({"get", "a"}));
  ASSERT_EQ(stream.next().type(), ChaincodeMessage::GET_STATE);
  EXPECT_EQ(response_of(stream.next()).message(), "the peer did not answer GET_STATE in time");
}

TEST(SessionTest, MoreThanMayWaitAreToldSo) {
  ScriptedStream stream(probe(), 1, 1);
  stream.give(ChaincodeMessage::TRANSACTION, input({"get", "a"}), "one");
  ASSERT_EQ(stream.next().type(), ChaincodeMessage::GET_STATE);  // has the one thread
  stream.give(ChaincodeMessage::TRANSACTION, input({"get", "b"}), "two");
  stream.give(ChaincodeMessage::TRANSACTION, input({"get", "c"}), "three");
  const auto refused = stream.next();
  EXPECT_EQ(refused.txid(), "three");
  EXPECT_THAT(response_of(refused).message(), ::testing::HasSubstr("busy"));
  stream.give(ChaincodeMessage::RESPONSE, "A", "one");
  EXPECT_EQ(response_of(stream.next()).payload(), "A");
  EXPECT_EQ(stream.next().txid(), "two");
  stream.give(ChaincodeMessage::RESPONSE, "B", "two");
  EXPECT_EQ(response_of(stream.next()).payload(), "B");
}

TEST(SessionTest, NonsenseIsAnErrorOfItsTransactionOnly) {
  ScriptedStream stream(probe());
  stream.give(ChaincodeMessage::RESPONSE, "to nobody", "nobody");
  stream.give(ChaincodeMessage::COMPLETED, "", "x");
  stream.give(ChaincodeMessage::READY, "\xff\xff", "", "");
  stream.give(ChaincodeMessage::TRANSACTION, "\xff\xff", "bad");
  EXPECT_EQ(response_of(stream.next()).message(), "the transaction's input cannot be read");
  stream.give(ChaincodeMessage::TRANSACTION, input({"range", "a", "b"}), "range");
  EXPECT_EQ(stream.next().type(), ChaincodeMessage::GET_STATE_BY_RANGE);
  stream.give(ChaincodeMessage::TRANSACTION, input({"range", "a", "b"}),
              "range");  // again, and ignored
  stream.give(ChaincodeMessage::RESPONSE, "\xff\xff", "range");
  EXPECT_EQ(response_of(stream.next()).message(), "the peer's answer cannot be read");
  stream.give(ChaincodeMessage::TRANSACTION, input({"throw", "\xff"}), "throws");
  EXPECT_EQ(response_of(stream.next()).message(), "the message is not UTF-8");
  stream.give(ChaincodeMessage::TRANSACTION, input({"get", "k"}), "fine");
  EXPECT_EQ(stream.next().type(), ChaincodeMessage::GET_STATE);
  stream.give(ChaincodeMessage::RESPONSE, "v", "fine");
  EXPECT_EQ(response_of(stream.next()).payload(), "v");
}

TEST(SessionTest, ATransactionMayComeAgainOnceItIsOver) {
  ScriptedStream stream(probe());
  for (int i = 0; i < 200; ++i) {  // a client may send the same proposal to be evaluated twice
    stream.give(ChaincodeMessage::TRANSACTION, input({"fail", "again"}));
    ASSERT_EQ(response_of(stream.next()).message(), "again");
  }
}

TEST(SessionTest, AnEmptyBatchThatPromisesMoreIsNotAskedForEver) {
  ScriptedStream stream(probe());
  stream.give(ChaincodeMessage::TRANSACTION, input({"range", "a", "b"}));
  stream.next();
  protos::QueryResponse empty;
  empty.set_has_more(true);
  empty.set_id("1");
  stream.give(ChaincodeMessage::RESPONSE, empty.SerializeAsString());
  EXPECT_EQ(response_of(stream.next()).status(), 500);
}

}  // namespace
}  // namespace belfry::chaincode
