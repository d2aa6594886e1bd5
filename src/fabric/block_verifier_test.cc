#include "fabric/block_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(RecordedLedger, NgoIsVerifiedWithItsUpdates) { verify_all(tests::ngo_ledger(), 4); }
TEST(RecordedLedger, TwoOrgsIsVerified) { verify_all(tests::two_orgs_ledger(), 0); }
TEST(RecordedLedger, Events15kIsVerified) { verify_all(tests::events_15k_ledger(), 0); }

}  // namespace
}  // namespace belfry::fabric
