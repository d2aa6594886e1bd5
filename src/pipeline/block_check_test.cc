#include "pipeline/block_check.h"

#include <gtest/gtest.h>

#include "pipeline/test_chain.h"

namespace belfry::pipeline {
namespace {

decode::Block block(const std::string& bytes) {
  auto buffer = std::make_shared<const std::string>(bytes);
  return *decode::parse_block(buffer, *buffer);
}

TEST(BlockCheck, FilteredBlocksHaveNoHashesAndAWholeOneMayStandAmongThem) {
  const TestChain chain = numbered_chain(4);
  BlockCheck check;
  ASSERT_FALSE(check.check(block(chain.blocks()[0])));
  EXPECT_EQ(check.last_hash().size(), 32U);
  decode::Block filtered;
  filtered.filtered = true;
  filtered.number = 1;
  ASSERT_FALSE(check.check(filtered));
  EXPECT_EQ(check.last_hash(), "");
  ASSERT_FALSE(check.check(block(chain.blocks()[2])));
  decode::Block altered = block(chain.blocks()[3]);
  altered.previous_hash = altered.data_hash;
  const auto mistrust = check.check(altered);
  ASSERT_TRUE(mistrust);
  EXPECT_EQ(mistrust->code, "chain-broken");
}

}  // namespace
}  // namespace belfry::pipeline
