#include "support/ledger.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "support/xz.h"

namespace belfry::tests {
namespace {

TEST(Ledger, ABlockWrittenAgainIsItsRecord) {
  const Ledger& ledger = ngo_ledger();
  ASSERT_EQ(ledger.height(), 227u);
  std::string again;
  for (size_t block = 0; block < ledger.height(); ++block)
    again += to_block_file_record(ledger.parts(block));
  EXPECT_TRUE(again == ledger.block_file());
}

TEST(Ledger, RehashingAnUnalteredBlockChangesNothing) {
  auto parts = two_orgs_ledger().parts(3);
  const auto before = parts.data_hash;
  rehash(parts);
  EXPECT_EQ(parts.data_hash, before);
  parts.transactions[0].back() ^= 1;
  rehash(parts);
  EXPECT_NE(parts.data_hash, before);
}

// The file that the peers joined with differs from the ledger's block 0 in its metadata only.
TEST(Ledger, ABlockIsWrittenAsFabricWroteIt) {
  auto parts = ngo_ledger().parts(0);
  parts.metadata.clear();
  const auto mine = to_common_block(parts);
  const auto theirs = read_data("ledgers/ngo-3.1/genesis.block.xz");
  const auto without_metadata = mine.size() - 2;  // an empty field 3
  EXPECT_TRUE(theirs.substr(0, without_metadata) == mine.substr(0, without_metadata));
}

}  // namespace
}  // namespace belfry::tests
