// The donation application as its clients use it, on a ledger in memory.
#include "ngo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "belfry/chaincode/testing/ledger.h"

namespace ngo {
namespace {

using belfry::chaincode::parse_json;
using belfry::chaincode::to_text;
using belfry::chaincode::testing::Client;
using belfry::chaincode::testing::Code;
using belfry::chaincode::testing::Ledger;
using belfry::chaincode::testing::Request;

class NgoTest : public ::testing::Test {
 protected:
  void SetUp() override {
    submit(
        "createDonor",
        R"({"donorUserName":"edge","email":"edge@def.com","registeredDate":"2018-10-22T11:52:20.182Z"})");
    submit("createDonor", R"({"donorUserName":"braendle","email":"braendle@def.com"})");
    submit("createNGO", R"({"ngoRegistrationNumber":"6322","ngoName":"Pets In Need"})");
    submit("createNGO", R"({"ngoRegistrationNumber":"6323","ngoName":"Dogs In Need"})");
  }

  void submit(const std::string& function, const std::string& argument) {
    const auto outcome = ledger_.submit(alice_, function, argument);
    ASSERT_TRUE(outcome.valid()) << outcome.response.message;
  }
  std::string refused(const std::string& function, const std::string& argument) {
    const auto outcome = ledger_.submit(alice_, function, argument);
    EXPECT_FALSE(outcome.valid());
    return outcome.response.message;
  }
  std::string query(const std::string& function, const std::string& argument) {
    const auto response = ledger_.evaluate(alice_, function, argument);
    EXPECT_EQ(response.status, 200) << response.message;
    return response.payload;
  }
  void donate(const std::string& id, const std::string& amount, const std::string& donor = "edge",
              const std::string& ngo = "6322") {
    submit("createDonation", R"({"donationId":")" + id + R"(","donationAmount":)" + amount +
                                 R"(,"donationDate":"2018-09-20T12:41:59.582Z","donorUserName":")" +
                                 donor + R"(","ngoRegistrationNumber":")" + ngo + "\"}");
  }
  // The allocations of a spend: donation and amount.
  std::map<std::string, double> allocations(const std::string& spend) {
    std::map<std::string, double> out;
    const auto list =
        *parse_json(query("querySpendAllocationForSpend", R"({"spendId":")" + spend + "\"}"));
    for (const auto& one : list.as_array()) {
      const auto& record = one.at("Record");
      out[std::string(record.at("donationId").as_string())] =
          record.at("spendAllocationAmount").to_number<double>();
    }
    return out;
  }

  Ledger ledger_{chaincode(Version::k2)};
  Client alice_{.name = "alice"};
};

TEST_F(NgoTest, ARecordKeepsWhatTheClientSentAndItsType) {
  EXPECT_EQ(
      ledger_.state("donoredge"),
      R"({"donorUserName":"edge","email":"edge@def.com","registeredDate":"2018-10-22T11:52:20.182Z","docType":"donor"})");
  EXPECT_EQ(query("queryNGO", R"({"ngoRegistrationNumber":"6322"})"),
            R"({"ngoRegistrationNumber":"6322","ngoName":"Pets In Need","docType":"ngo"})");
}

TEST_F(NgoTest, ListsNameKeyAndRecord) {
  EXPECT_EQ(
      query("queryAllDonors", ""),
      R"([{"Key":"donorbraendle","Record":{"donorUserName":"braendle","email":"braendle@def.com","docType":"donor"}},)"
      R"({"Key":"donoredge","Record":{"donorUserName":"edge","email":"edge@def.com",)"
      R"("registeredDate":"2018-10-22T11:52:20.182Z","docType":"donor"}}])");
  EXPECT_EQ(ledger_.evaluate(alice_, "queryAllNGOs").payload, query("queryAllNGOs", "{}"));
}

TEST_F(NgoTest, DonationsAreFoundByDonorAndNgo) {
  donate("1", "100");
  donate("2", "733", "braendle");
  donate("3", "5", "braendle", "6323");
  const auto count = [this](const std::string& function, const std::string& argument) {
    return parse_json(query(function, argument))->as_array().size();
  };
  EXPECT_EQ(count("queryAllDonations", ""), 3U);
  EXPECT_EQ(count("queryDonationsForDonor", R"({"donorUserName":"braendle"})"), 2U);
  EXPECT_EQ(count("queryDonationsForNGO", R"({"ngoRegistrationNumber":"6322"})"), 2U);
  EXPECT_EQ(count("queryDonationsForNGO", R"({"ngoRegistrationNumber":"none"})"), 0U);
}

TEST_F(NgoTest, ADonationNeedsDonorAndNgo) {
  EXPECT_EQ(
      refused(
          "createDonation",
          R"({"donationId":"1","donationAmount":1,"donorUserName":"x","ngoRegistrationNumber":"6322"})"),
      "there is no donorx");
  EXPECT_EQ(
      refused(
          "createDonation",
          R"({"donationId":"1","donationAmount":1,"donorUserName":"edge","ngoRegistrationNumber":"x"})"),
      "there is no ngox");
  EXPECT_EQ(
      refused(
          "createDonation",
          R"({"donationId":"","donationAmount":1,"donorUserName":"edge","ngoRegistrationNumber":"6322"})"),
      "donation has an empty id");
  donate("1", "1");
  EXPECT_EQ(
      refused(
          "createDonation",
          R"({"donationId":"1","donationAmount":1,"donorUserName":"edge","ngoRegistrationNumber":"6322"})"),
      "donation1 exists already");
}

TEST_F(NgoTest, AnAmountIsMoney) {
  for (const char* wrong :
       {"0", "-1", "\"ten\"", "1.001", "1e300", "null", "\"\"", "\"1 \"", "\"inf\""}) {
    const auto message =
        refused("createDonation", std::string(R"({"donationId":"1","donationAmount":)") + wrong +
                                      R"(,"donorUserName":"edge","ngoRegistrationNumber":"6322"})");
    EXPECT_THAT(message, ::testing::HasSubstr("donationAmount: must be an amount")) << wrong;
  }
}

TEST_F(NgoTest, Version2TellsWhoDonatedHowMuchToWhom) {
  using namespace std::chrono;
  ledger_.set_time(sys_days(2020y / 3 / 22) + 11h + 52min + 20s + 182ms);
  donate("9999", "\"100\"");  // as text, like the first walk through the application sends it
  donate("9998", "38.5");
  ASSERT_EQ(ledger_.events().size(), 2U);
  EXPECT_EQ(ledger_.events()[0].name, "Donation created");
  EXPECT_EQ(
      ledger_.events()[0].payload,
      R"({"createdAt":1584877940182,"createdBy":"edge","donationAmount":100,"ngoRegistrationNumber":"6322"})");
  EXPECT_EQ(
      ledger_.events()[1].payload,
      R"({"createdAt":1584877940182,"createdBy":"edge","donationAmount":38.5,"ngoRegistrationNumber":"6322"})");
  EXPECT_EQ(
      ledger_.state("donation9999"),
      R"({"donationId":"9999","donationAmount":100,"donationDate":"2018-09-20T12:41:59.582Z","donorUserName":"edge",)"
      R"("ngoRegistrationNumber":"6322","docType":"donation"})");
}

TEST(NgoVersionTest, Version1TellsNobody) {
  Ledger ledger(chaincode(Version::k1));
  const Client alice;
  ASSERT_TRUE(ledger.submit(alice, "createDonor", R"({"donorUserName":"edge"})").valid());
  ASSERT_TRUE(ledger.submit(alice, "createNGO", R"({"ngoRegistrationNumber":"1"})").valid());
  ASSERT_TRUE(
      ledger
          .submit(
              alice, "createDonation",
              R"({"donationId":"1","donationAmount":1,"donorUserName":"edge","ngoRegistrationNumber":"1"})")
          .valid());
  EXPECT_TRUE(ledger.events().empty());
}

TEST_F(NgoTest, ASpendIsPaidByAllDonationsAlike) {
  donate("1", "100");
  donate("2", "10");
  donate("3", "1000", "edge", "6323");
  submit(
      "createSpend",
      R"({"ngoRegistrationNumber":"6322","spendId":"a","spendDescription":"hay","spendAmount":50})");
  EXPECT_EQ(allocations("a"), (std::map<std::string, double>{{"1", 40}, {"2", 10}}));
  submit("createSpend", R"({"ngoRegistrationNumber":"6322","spendId":"b","spendAmount":"0.5"})");
  EXPECT_EQ(allocations("b"), (std::map<std::string, double>{{"1", 0.5}}));
  EXPECT_EQ(
      refused("createSpend", R"({"ngoRegistrationNumber":"6322","spendId":"c","spendAmount":60})"),
      "NGO 6322 has 59.5 left to spend, not 60");
  EXPECT_EQ(parse_json(query("queryAllSpend", ""))->as_array().size(), 2U);
  EXPECT_EQ(parse_json(query("queryAllSpendAllocations", ""))->as_array().size(), 3U);
  EXPECT_EQ(parse_json(query("querySpendForNGO", R"({"ngoRegistrationNumber":"6322"})"))
                ->as_array()
                .size(),
            2U);
  EXPECT_EQ(parse_json(query("querySpendAllocationForDonation", R"({"donationId":"1"})"))
                ->as_array()
                .size(),
            2U);
}

TEST_F(NgoTest, TwoSpendsAtOnceCannotBothTakeTheMoney) {
  donate("1", "100");
  const auto spend = [this](const std::string& id) {
    return ledger_.simulate(
        alice_,
        Request{"createSpend",
                {R"({"ngoRegistrationNumber":"6322","spendAmount":80,"spendId":")" + id + "\"}"},
                {}});
  };
  const auto first = spend("a");
  const auto second = spend("b");
  EXPECT_EQ(ledger_.commit(*first).code, Code::kValid);
  EXPECT_EQ(ledger_.commit(*second).code, Code::kPhantomRead);
}

TEST_F(NgoTest, ADonorRatesAnNgoOnce) {
  submit("createRating", R"({"ngoRegistrationNumber":"6322","donorUserName":"edge","rating":4})");
  EXPECT_EQ(
      query("queryDonorRatingsForNGO",
            R"({"ngoRegistrationNumber":"6322","donorUserName":"edge"})"),
      R"({"ngoRegistrationNumber":"6322","donorUserName":"edge","rating":4,"docType":"rating"})");
  EXPECT_EQ(refused("createRating",
                    R"({"ngoRegistrationNumber":"6322","donorUserName":"edge","rating":1})"),
            "rating6322edge exists already");
  EXPECT_EQ(parse_json(query("queryRatingsForNGO", R"({"ngoRegistrationNumber":"6322"})"))
                ->as_array()
                .size(),
            1U);
}

TEST_F(NgoTest, AKeysHistoryNamesItsTransactions) {
  donate("1", "5");
  const auto history =
      *parse_json(query("queryHistoryForKey", R"({"docType":"donation","key":"1"})"));
  ASSERT_EQ(history.as_array().size(), 1U);
  const auto& change = history.as_array()[0];
  EXPECT_EQ(change.at("TxId").as_string(), "tx5");
  EXPECT_EQ(change.at("IsDelete").as_string(), "false");
  EXPECT_EQ(to_text(change.at("Record").at("donationAmount")), "5");
  EXPECT_EQ(to_text(change.at("Timestamp")), R"({"seconds":1704067200,"nanos":0})");
}

TEST_F(NgoTest, WhoAsksIsKnown) {
  const Client manager{.msp = "Org2MSP",
                       .name = "bob",
                       .attributes = {{"role", "ngo_manager"}, {"hf.EnrollmentID", "bob"}}};
  const auto caller = *parse_json(ledger_.evaluate(manager, "getClientIdentityInfo").payload);
  EXPECT_EQ(caller.at("getMSPID").as_string(), "Org2MSP");
  EXPECT_EQ(caller.at("getID").as_string(), "x509::CN=bob,OU=client::CN=ca.Org2MSP");
  EXPECT_EQ(caller.at("role").as_string(), "ngo_manager");
  EXPECT_EQ(caller.at("enrollmentID").as_string(), "bob");
  EXPECT_EQ(
      parse_json(ledger_.evaluate(manager, "queryAllDonorsManagerOnly").payload)->as_array().size(),
      2U);
  EXPECT_EQ(ledger_.evaluate(alice_, "queryAllDonorsManagerOnly").status, 403);
}

TEST_F(NgoTest, WhatIsNotThereIsSaid) {
  EXPECT_EQ(refused("queryDonor", R"({"donorUserName":"nobody"})"), "there is no donornobody");
  EXPECT_EQ(refused("queryDonor", "{}"), "donorUserName is missing");
  EXPECT_EQ(refused("queryDonor", "edge"), "donor: not valid JSON: syntax error");
  EXPECT_EQ(refused("createDnoor", "{}"), "contract ngo has no function createDnoor");
}

}  // namespace
}  // namespace ngo
