#include "pipeline/selector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/test_chain.h"
#include "support/ledger.h"

namespace belfry::pipeline {
namespace {

using decode::bit;
using event::Kind;
using testing::HasSubstr;

match::Pattern pattern(std::string_view json) {
  return match::Pattern::parse(json, match::Dialect::listener).value();
}

Wanted of(std::string_view json) {
  return wanted(pattern(json)).value();
}

TEST(Wanted, IsReadOffThePattern) {
  EXPECT_EQ(wanted({})->kinds, bit(Kind::chaincode_event));
  EXPECT_EQ(of(R"({"event":["x"]})").kinds, bit(Kind::chaincode_event));
  EXPECT_EQ(of(R"({"kind":["write","block"]})").kinds, bit(Kind::write) | bit(Kind::block));
  EXPECT_EQ(of(R"({"kind":"transaction"})").kinds, bit(Kind::transaction));
  EXPECT_EQ(of(R"({"kind":[{"prefix":"b"}]})").kinds, 15u);
  EXPECT_EQ(of(R"({"$or":[{"kind":["block"]},{"event":["x"]}]})").kinds, 15u);
  EXPECT_FALSE(of(R"({"event":["x"]})").invalid);
  EXPECT_TRUE(of(R"({"validation":["MVCC_READ_CONFLICT"]})").invalid);
  EXPECT_TRUE(of(R"({"$or":[{"validation":["X"]},{"event":["x"]}]})").invalid);
  EXPECT_FALSE(of(R"({"event":["x"]})").payload);
  EXPECT_TRUE(of(R"({"payload":{"a":["x"]}})").payload);
  EXPECT_TRUE(of(R"({"payload.a":["x"]})").payload);
}

TEST(Wanted, NamesAKindThatDoesNotExist) {
  for (const auto* json : {R"({"kind":["writes"]})", R"({"kind":"writes"})"}) {
    const auto wrong = wanted(pattern(json));
    ASSERT_FALSE(wrong);
    EXPECT_THAT(wrong.error().message, HasSubstr("there is no kind \"writes\""));
  }
}

// All events of the recorded ledger, by listeners that look at it from several sides.
TEST(Selector, FindsWhatTheRecordedLedgerHolds) {
  auto selector = Selector::make(
      {std::nullopt, pattern(R"({"event":["donationCreated"]})"), pattern(R"({"kind":["block"]})"),
       pattern(R"({"kind":["chaincode-event"],"validation":[{"anything-but":["VALID"]}]})"),
       pattern(R"({"payload":{"donationAmount":[{"numeric":[">",0]}]}})"),
       pattern(R"({"creator":{"msp":["Org2MSP"]}})")});
  ASSERT_TRUE(selector) << selector.error().message;
  const tests::Ledger& ledger = tests::ngo_ledger();
  std::vector<size_t> counts(6);
  Selector::Scratch scratch;
  for (size_t number = 0; number < ledger.height(); ++number) {
    const auto bytes = std::make_shared<const std::string>(ledger.common_block(number));
    const auto block = decode::parse_block(bytes, *bytes);
    ASSERT_TRUE(block);
    (*selector)->select(*block, {.genesis = "g"}, 0, scratch,
                        [&](const event::Event&, std::span<const Selector::Listener> listeners) {
                          EXPECT_TRUE(std::is_sorted(listeners.begin(), listeners.end()));
                          for (const auto listener : listeners) ++counts[listener];
                        });
  }
  EXPECT_EQ(counts[0], 1829u);
  EXPECT_EQ(counts[2], 227u);
  EXPECT_GT(counts[1], 1000u);
  EXPECT_LE(counts[1], counts[0]);
  EXPECT_GT(counts[3], 0u);
  EXPECT_GE(counts[1], counts[4]);
  EXPECT_GT(counts[5], 0u);
}

}  // namespace
}  // namespace belfry::pipeline
