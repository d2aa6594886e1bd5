// Contracts as their clients see them: arguments, results, errors, metadata.
#include "belfry/chaincode/contract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "belfry/chaincode/testing/ledger.h"

namespace belfry::chaincode {
namespace {

using ::testing::HasSubstr;

struct Gift {
  std::string id;
  double amount = 0;
  std::optional<std::string> note;
  std::vector<std::string> tags;
  static constexpr auto fields = std::tuple(field("id", &Gift::id), field("amount", &Gift::amount),
                                            field("note", &Gift::note), field("tags", &Gift::tags));
};

Result<> keep(Transaction& transaction, const Gift& gift) {
  return transaction.put("gift" + gift.id, gift);
}

Result<Gift> fetch(Transaction& transaction, const std::string& id) {
  auto gift = transaction.get<Gift>("gift" + id);
  if (!gift) return gift.error();
  if (!*gift) return Error{"there is no gift " + id, 404};
  return **std::move(gift);
}

std::int64_t add(Transaction&, std::int64_t one, std::optional<std::int64_t> other) {
  return one + other.value_or(0);
}

Chaincode gifts() {
  Contract contract("gifts");
  contract.submit("keep", keep, {"gift"});
  contract.evaluate("fetch", fetch, {"id"});
  contract.evaluate("add", add, {"one", "other"});
  contract.submit("throws", [](Transaction&) -> Result<> { throw std::runtime_error("spilt"); });
  contract.submit("fails", [](Transaction&, int status) -> Result<> {
    return Error{"as told", status, "more"};
  });
  Contract second("second");
  second.evaluate("hello", [](Transaction&) { return std::string("hello"); });
  Chaincode chaincode(std::move(contract));
  chaincode.add(std::move(second));
  chaincode.describe("gifts", "1.0");
  return chaincode;
}

class ContractTest : public ::testing::Test {
 protected:
  Response evaluate(const std::string& function, std::vector<std::string> arguments = {}) {
    return ledger_.evaluate(alice_, testing::Request{function, std::move(arguments), {}});
  }
  testing::Ledger ledger_{gifts()};
  testing::Client alice_{.name = "alice"};
};

TEST_F(ContractTest, StructsGoInAndOut) {
  EXPECT_TRUE(ledger_.submit(alice_, "keep", Gift{"7", 38.5, {}, {"a", "b"}}).valid());
  EXPECT_EQ(ledger_.state("gift7"), R"({"id":"7","amount":38.5,"tags":["a","b"]})");
  EXPECT_EQ(evaluate("fetch", {"7"}).payload, R"({"id":"7","amount":38.5,"tags":["a","b"]})");
}

TEST_F(ContractTest, AnErrorHasItsStatusAndPayload) {
  EXPECT_EQ(evaluate("fetch", {"8"}).status, 404);
  EXPECT_EQ(evaluate("fetch", {"8"}).message, "there is no gift 8");
  const auto failed = evaluate("fails", {"503"});
  EXPECT_EQ(failed.status, 503);
  EXPECT_EQ(failed.payload, "more");
  // A failure that calls itself a success would be endorsed.
  EXPECT_EQ(evaluate("fails", {"200"}).status, 500);
}

TEST_F(ContractTest, AnExceptionIsAnErrorOfThisTransaction) {
  EXPECT_EQ(evaluate("throws").message, "throws threw: spilt");
  EXPECT_EQ(evaluate("add", {"1", "2"}).payload, "3");
}

TEST_F(ContractTest, TrailingOptionalArgumentsMayBeLeftOut) {
  EXPECT_EQ(evaluate("add", {"1"}).payload, "1");
  EXPECT_EQ(evaluate("add", {}).message, "add takes 2 arguments (one, other), not 0");
  EXPECT_EQ(evaluate("add", {"1", "2", "3"}).status, 400);
}

TEST_F(ContractTest, WrongArgumentsAreNamed) {
  EXPECT_EQ(evaluate("add", {"x"}).message, "one: not valid JSON: syntax error");
  EXPECT_THAT(evaluate("add", {"1.5"}).message, HasSubstr("one: must be a whole number"));
  EXPECT_EQ(evaluate("keep", {R"({"id":7,"amount":1,"tags":[]})"}).message,
            "gift: id: must be a string, not 7");
  EXPECT_EQ(evaluate("keep", {R"({"id":"7","amount":1})"}).message, "gift: field tags is missing");
  EXPECT_EQ(evaluate("keep", {R"({"id":"7","amount":1,"tags":[1]})"}).message,
            "gift: tags: [0]: must be a string, not 1");
  EXPECT_EQ(evaluate("keep", {R"({"id":"7","amount":1,"tags":[],"x":1})"}).message,
            "gift: unknown field x");
}

TEST_F(ContractTest, FunctionsAreFoundByName) {
  EXPECT_EQ(evaluate("second:hello").payload, "hello");
  EXPECT_EQ(evaluate("gifts:add", {"1"}).payload, "1");
  EXPECT_EQ(evaluate("hello").message, "contract gifts has no function hello");
  EXPECT_EQ(evaluate("third:hello").message, "there is no contract third");
  EXPECT_EQ(evaluate("").message, "no function is named");
}

TEST_F(ContractTest, AnInitialisationMayAskForNothing) {
  Call call;
  call.initialises = true;
  testing::Ledger ledger(gifts());
  class Nobody final : public Peer {
    Result<std::string> get(const std::string&, const std::string&) override { return Error{"no"}; }
    Result<std::vector<std::string>> get_all(const std::string&,
                                             const std::vector<std::string>&) override {
      return Error{"no"};
    }
    Result<std::string> hash(const std::string&, const std::string&) override {
      return Error{"no"};
    }
    Result<std::string> endorsement(const std::string&, const std::string&) override {
      return Error{"no"};
    }
    Result<> write(Write) override { return Error{"no"}; }
    Result<Batch<Entry>> range(const RangeRequest&) override { return Error{"no"}; }
    Result<Batch<Entry>> query(const std::string&, const std::string&, int,
                               const std::string&) override {
      return Error{"no"};
    }
    Result<Batch<Change>> history(const std::string&) override { return Error{"no"}; }
    Result<Batch<Entry>> next_entries(const std::string&) override { return Error{"no"}; }
    Result<Batch<Change>> next_changes(const std::string&) override { return Error{"no"}; }
    void close(const std::string&) override {}
    Result<Response> invoke(const std::string&, const std::vector<std::string>&) override {
      return Error{"no"};
    }
  } nobody;
  EXPECT_EQ(gifts().execute(call, nobody).status, 200);
  call.initialises = false;
  EXPECT_EQ(gifts().execute(call, nobody).status, 400);
}

TEST_F(ContractTest, ChecksRunBeforeEveryFunction) {
  Contract contract("guarded");
  contract.evaluate("read", [](Transaction&) { return true; });
  contract.before([](Transaction& transaction) -> Result<> {
    if (transaction.msp() != "Org1MSP") return Error{"not for " + transaction.msp(), 403};
    return {};
  });
  testing::Ledger ledger{Chaincode(std::move(contract))};
  EXPECT_EQ(ledger.evaluate(alice_, "read").payload, "true");
  EXPECT_EQ(ledger.evaluate(testing::Client{.msp = "Org2MSP"}, "read").status, 403);
}

TEST_F(ContractTest, MetadataDescribesFunctionsAndSchemas) {
  const auto text = evaluate("org.hyperledger.fabric:GetMetadata").payload;
  const auto json = parse_json(text);
  ASSERT_TRUE(json);
  const auto& contract = json->at("contracts").at("gifts");
  EXPECT_TRUE(contract.at("contractInstance").at("default").as_bool());
  EXPECT_EQ(
      to_text(contract.at("transactions").at(0)),
      R"({"name":"keep","tag":["submit"],"parameters":[{"name":"gift","schema":{"type":"object","properties":)"
      R"({"id":{"type":"string"},"amount":{"type":"number","format":"double"},"note":{"type":"string"},)"
      R"("tags":{"type":"array","items":{"type":"string"}}},"required":["id","amount","tags"],)"
      R"("additionalProperties":false}}]})");
  EXPECT_EQ(json->at("contracts")
                .at("org.hyperledger.fabric")
                .at("transactions")
                .at(0)
                .at("name")
                .as_string(),
            "GetMetadata");
  EXPECT_EQ(json->at("info").at("title").as_string(), "gifts");
}

TEST(ContractMistakeTest, TwoFunctionsOfOneNameAreAMistake) {
  Contract contract("twice");
  contract.submit("a", [](Transaction&) {});
  EXPECT_THROW(contract.submit("a", [](Transaction&) {}), std::logic_error);
}

}  // namespace
}  // namespace belfry::chaincode
