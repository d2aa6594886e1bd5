// The ledger for tests keeps a peer's rules; the same functions run against real peers in
// tests/fabric/sdk_test.py.
#include "belfry/chaincode/testing/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe.h"

namespace belfry::chaincode::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LedgerTest : public ::testing::Test {
 protected:
  LedgerTest() {
    ledger_.collection("donors", {"Org1MSP", "Org2MSP"});
    ledger_.collection("org1only", {"Org1MSP"});
  }
  template <class... Args>
  std::string submit(const Args&... arguments) {
    const auto outcome = ledger_.submit(alice_, arguments...);
    EXPECT_TRUE(outcome.valid()) << outcome.response.message;
    return outcome.response.payload;
  }
  template <class... Args>
  std::string query(const Args&... arguments) {
    const auto response = ledger_.evaluate(alice_, arguments...);
    EXPECT_EQ(response.status, 200) << response.message;
    return response.payload;
  }
  template <class... Args>
  std::string refused(const Args&... arguments) {
    const auto outcome = ledger_.submit(alice_, arguments...);
    EXPECT_FALSE(outcome.code);
    return outcome.response.message;
  }
  Ledger ledger_{probe()};
  Client alice_{.name = "alice"};
  Client bob_{.msp = "Org2MSP", .name = "bob"};
};

TEST_F(LedgerTest, ATransactionDoesNotSeeItsOwnWrites) {
  EXPECT_EQ(submit("readOwnWrite", "k", "v"), "");
  EXPECT_EQ(submit("readOwnWrite", "k", "w"), "v");
  EXPECT_EQ(ledger_.state("k"), "w");
}

TEST_F(LedgerTest, AQueryAndAFailureWriteNothing) {
  EXPECT_EQ(ledger_.evaluate(alice_, "put", "k", "v").status, 200);
  EXPECT_EQ(ledger_.state("k"), std::nullopt);
  EXPECT_EQ(refused("fail", "no"), "no");
  EXPECT_TRUE(ledger_.keys().empty());
}

TEST_F(LedgerTest, AnEmptyValueIsADelete) {
  submit("put", "k", "v");
  submit("put", "k", "");
  EXPECT_EQ(ledger_.state("k"), std::nullopt);
}

TEST_F(LedgerTest, WhoReadWhatHasChangedConflicts) {
  const Request bump{"bump", {"n"}, {}};
  const auto first = ledger_.simulate(alice_, bump);
  const auto second = ledger_.simulate(bob_, bump);
  EXPECT_EQ(ledger_.commit(*second).code, Code::kValid);
  EXPECT_EQ(ledger_.commit(*first).code, Code::kReadConflict);
  EXPECT_EQ(ledger_.state("n"), "1");
}

TEST_F(LedgerTest, ARangeThatGainedOrLostAKeyConflicts) {
  submit("putMany", "r", "3");
  const std::vector<Request> changes = {
      {"put", {"r00001x", "new"}, {}}, {"del", {"r00001"}, {}}, {"put", {"r00000", "changed"}, {}}};
  for (const Request& change : changes) {
    const auto ranging = ledger_.simulate(alice_, Request{"writeThenRange", {"x", "r", "s"}, {}});
    EXPECT_TRUE(ledger_.submit(alice_, change).valid());
    EXPECT_EQ(ledger_.commit(*ranging).code, Code::kPhantomRead) << change.arguments[0];
  }
  const auto ranging = ledger_.simulate(alice_, Request{"writeThenRange", {"x", "r", "s"}, {}});
  submit("put", "t", "outside");
  EXPECT_EQ(ledger_.commit(*ranging).code, Code::kValid);
}

TEST_F(LedgerTest, RangesComeInOrderAndInBatches) {
  submit("putMany", "r", "250");
  EXPECT_EQ(parse_json(query("range", "r", ""))->as_array().size(), 250U);
  EXPECT_EQ(query("firstOfRange", "r00100", "r00200"), "r00100");
  EXPECT_EQ(query("range", "s", "r"), "[]");
}

TEST_F(LedgerTest, PagesFollowTheirBookmark) {
  submit("putMany", "r", "5");
  EXPECT_EQ(query("rangePage", "r", "s", "2", ""),
            R"({"keys":["r00000","r00001"],"fetched":2,"bookmark":"r00002"})");
  EXPECT_EQ(query("rangePage", "r", "s", "3", "r00002"),
            R"({"keys":["r00002","r00003","r00004"],"fetched":3,"bookmark":""})");
  EXPECT_THAT(refused("rangePageThenWrite", "r", "s", "2", "x"),
              HasSubstr("paginated query. Writes are not allowed"));
  EXPECT_THAT(refused("rangePage", "r", "s", "0", ""), HasSubstr("at least one"));
}

TEST_F(LedgerTest, CompositeKeysAreARangeOfTheirOwn) {
  submit("compositeKey", "pair", "a", "b");
  submit("compositeKey", "pair", "ab", "c");
  submit("put", "pair", "simple");
  EXPECT_EQ(query("compositeRange", "pair", "a"),
            R"([{"objectType":"pair","attributes":["a","b"]}])");
  EXPECT_EQ(parse_json(query("range", "", ""))->as_array().size(), 1U);
}

TEST_F(LedgerTest, HistoryIsNewestFirst) {
  submit("put", "k", "1");
  submit("put", "k", "2");
  submit("del", "k");
  EXPECT_EQ(
      query("history", "k"),
      R"([{"txId":"tx3","isDelete":true,"value":""},{"txId":"tx2","isDelete":false,"value":"2"},)"
      R"({"txId":"tx1","isDelete":false,"value":"1"}])");
}

TEST_F(LedgerTest, PrivateDataIsForMembers) {
  const Request put{"putPrivate", {"org1only", "p"}, {{"value", "secret"}}};
  EXPECT_TRUE(ledger_.submit(bob_, put).valid());  // whoever may not read may still write
  EXPECT_EQ(query("getPrivate", "org1only", "p"), "secret");
  EXPECT_EQ(ledger_.private_state("org1only", "p"), "secret");
  EXPECT_EQ(ledger_.state("p"), std::nullopt);
  EXPECT_THAT(ledger_.evaluate(bob_, "getPrivate", "org1only", "p").message,
              HasSubstr("does not have read access permission"));
  EXPECT_EQ(ledger_.evaluate(bob_, "getPrivateHash", "org1only", "p").payload,
            "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b");
  EXPECT_EQ(query("rangePrivate", "org1only", "a", "z"), R"(["p"])");
  EXPECT_THAT(refused("getPrivate", "nosuch", "p"),
              HasSubstr("collection mychannel/chaincode/nosuch could not be found"));
  submit("purgePrivate", "org1only", "p");
  EXPECT_EQ(query("getPrivate", "org1only", "p"), "");
  EXPECT_EQ(query("getPrivateHash", "org1only", "p"), "");
  EXPECT_EQ(query("getPrivate", "_implicit_org_Org1MSP", "p"), "");
}

TEST_F(LedgerTest, KeysMayHaveAPolicyOfTheirOwn) {
  submit("setPolicy", "k", "Org2MSP");  // of a key that is not there: dropped
  EXPECT_EQ(ledger_.endorsement("k"), std::nullopt);
  submit("put", "k", "v");
  submit("setPolicy", "k", "Org2MSP");
  ASSERT_TRUE(ledger_.endorsement("k"));
  EXPECT_THAT(ledger_.endorsement("k")->organisations, ElementsAre("Org2MSP"));
  EXPECT_EQ(query("getPolicy", "k"), R"(["Org2MSP"])");
}

TEST_F(LedgerTest, RichQueriesAreRefusedAsOnLevelDb) {
  EXPECT_THAT(refused("rich", "{}"), HasSubstr("ExecuteQuery not supported for leveldb"));
}

TEST_F(LedgerTest, TheLastEventOfACommittedTransactionCounts) {
  submit("twoEvents", "a", "b");
  ledger_.evaluate(alice_, "event", "c", "");
  EXPECT_FALSE(ledger_.submit(alice_, "eventOnly", "", "x").valid());
  ASSERT_EQ(ledger_.events().size(), 1U);
  EXPECT_EQ(ledger_.events()[0].name, "b");
  EXPECT_EQ(ledger_.events()[0].payload, "second");
}

TEST_F(LedgerTest, ChaincodesCallEachOther) {
  ledger_.deploy("audit", probe());
  EXPECT_EQ(submit("callOther", "audit", "", "put", "x", "y"),
            R"({"status":200,"message":"","payload":""})");
  EXPECT_EQ(query("callOther", "audit", "mychannel", "get", "x"),
            R"({"status":200,"message":"","payload":"y"})");
  EXPECT_EQ(ledger_.state("x"), std::nullopt);  // in the other's namespace
  EXPECT_EQ(query("callOther", "audit", "", "fail", "inner"),
            R"({"status":500,"message":"inner","payload":""})");
  EXPECT_THAT(refused("callOther", "nosuch", "", "x"), HasSubstr("chaincode nosuch not found"));
  EXPECT_THAT(refused("callOther", "chaincode", "", "get", "x"), HasSubstr("exists"));
  EXPECT_THAT(refused("callOther", "audit", "other", "x"),
              HasSubstr("Failed to get policy manager for channel [other]"));
  submit("callOtherEvent", "audit", "event", "inner", "dropped");
  ASSERT_EQ(ledger_.events().size(), 1U);
  EXPECT_EQ(ledger_.events()[0].name, "called");
}

TEST_F(LedgerTest, ClientsHaveCertificates) {
  const Client carol{.msp = "Org3MSP",
                     .name = "carol é, esq",
                     .units = {"client", "org3.sales"},
                     .attributes = {{"role", "buyer"}}};
  const auto who = *parse_json(ledger_.evaluate(carol, "who").payload);
  EXPECT_EQ(who.at("msp").as_string(), "Org3MSP");
  EXPECT_EQ(who.at("common_name").as_string(), "carol é, esq");
  EXPECT_EQ(to_text(who.at("units")), R"(["client","org3.sales"])");
  EXPECT_EQ(to_text(who.at("attributes")), R"({"role":"buyer"})");
  EXPECT_EQ(who.at("id").as_string(),
            "x509::CN=carol é\\, esq,OU=org3.sales,OU=client::CN=ca.Org3MSP");
  EXPECT_EQ(who.at("time").as_string(), "1704067200000");
}

TEST(IdentityTest, WhatIsNoCertificateIsAnError) {
  EXPECT_FALSE(read_identity("Org1MSP", ""));
  EXPECT_FALSE(
      read_identity("Org1MSP", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
}

}  // namespace
}  // namespace belfry::chaincode::testing
