// The recorded ledgers as judges: what real peers committed must follow from their blocks here,
// too. The commit hash of each block covers every change of state that the peer made.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/forgetful_files.h"
#include "ledger/block_store.h"
#include "ledger/chaincode_definition.h"
#include "ledger/committed_state.h"
#include "ledger/ledger.h"
#include "ledger/validator.h"
#include "support/ledger.h"

namespace belfry::ledger {
namespace {

std::unique_ptr<Ledger> open_recording(ForgetfulFiles& files, const tests::Ledger& recorded) {
  files.set_contents("recorded", recorded.block_file());
  auto opened = Ledger::open_recorded(files, "recorded");
  EXPECT_TRUE(opened) << opened.error().message;
  return opened ? std::move(*opened) : nullptr;
}

// Every block's commit hash, by folding the codes that the peer gave.
void check_commit_hashes(const tests::Ledger& recorded) {
  CommittedState state(nullptr, [](uint64_t) { return fail("not needed"); });
  size_t hashes = 0;
  for (size_t number = 0; number < recorded.height(); ++number) {
    auto buffer = std::make_shared<const std::string>(recorded.common_block(number));
    auto block = decode::parse_block(buffer, *buffer);
    ASSERT_TRUE(block) << block.error().message;
    auto settled = settle_recorded(*block, state);
    ASSERT_TRUE(settled) << settled.error().message;
    const std::string hash = recorded_commit_hash(*block);
    if (number > 0) {
      ASSERT_EQ(hex(hash),
                hex(commit_hash(block->metadata[2], settled->updates, state.commit_hash())))
          << "block " << number;
      ++hashes;
    }
    state.apply(*block, settled->settled, settled->updates, {});
  }
  EXPECT_EQ(hashes, recorded.height() - 1);
}

TEST(RecordedLedger, EveryCommitHashOfARealPeerFollows) {
  check_commit_hashes(tests::ngo_ledger());
}

TEST(RecordedLedger, EveryCommitHashOfTwoOrganisationsFollows) {
  check_commit_hashes(tests::two_orgs_ledger());
}

// What real peers decided about each transaction is decided again, from their blocks as ordered.
void check_codes(const tests::Ledger& recorded, size_t least_invalid) {
  SignatureCache signatures;
  auto executor = thread_executor(1);
  Validator validator(signatures, *executor, 2);
  CommittedState state(nullptr, [](uint64_t) { return fail("not needed"); });
  size_t transactions = 0, invalid = 0;
  for (size_t number = 0; number < recorded.height(); ++number) {
    auto buffer = std::make_shared<const std::string>(recorded.common_block(number));
    auto block = decode::parse_block(buffer, *buffer);
    ASSERT_TRUE(block) << block.error().message;
    if (number > 0) {
      auto validated = validator.validate(*block, state);
      ASSERT_TRUE(validated) << validated.error().message;
      ASSERT_EQ(hex(block->metadata[2]), hex(validated->codes)) << "block " << number;
      transactions += validated->codes.size();
      for (char each : validated->codes) invalid += each != 0;
    }
    auto settled = settle_recorded(*block, state);
    ASSERT_TRUE(settled) << settled.error().message;
    state.apply(*block, settled->settled, settled->updates, {});
  }
  EXPECT_GT(transactions, recorded.height() / 2);
  EXPECT_GE(invalid, least_invalid);
}

TEST(RecordedLedger, CodesOfARealPeerAreGivenAgain) {
  check_codes(tests::ngo_ledger(), 1);
}

TEST(RecordedLedger, CodesOfTwoOrganisationsAreGivenAgain) {
  check_codes(tests::two_orgs_ledger(), 0);
}

TEST(RecordedLedger, OpensReadOnlyFromItsBlockFile) {
  ForgetfulFiles files(1);
  auto ledger = open_recording(files, tests::ngo_ledger());
  ASSERT_NE(ledger, nullptr);
  EXPECT_EQ(ledger->channel(), "mychannel");
  EXPECT_EQ(ledger->height(), tests::ngo_ledger().height());
  for (uint64_t number : {uint64_t{0}, uint64_t{7}, ledger->height() - 1}) {
    auto block = ledger->block(number);
    ASSERT_TRUE(block) << block.error().message;
    EXPECT_EQ(*(*block)->bytes, tests::ngo_ledger().common_block(number));
    EXPECT_EQ(ledger->block_of_hash(view(decode::header_hash((*block)->block))), number);
  }
  EXPECT_FALSE(ledger->block(ledger->height()));
  EXPECT_FALSE(ledger->commit((*ledger->block(0))->bytes));
  EXPECT_FALSE(defined_chaincodes(*ledger).empty());
}

TEST(RecordedLedger, HistoryEndsWithTheValueInTheState) {
  ForgetfulFiles files(1);
  auto ledger = open_recording(files, tests::ngo_ledger());
  ASSERT_NE(ledger, nullptr);
  size_t checked = 0;
  for (const std::string& name : defined_chaincodes(*ledger))
    for (const KeyValue& entry : ledger->range(name, "", "", 20)) {
      const auto history = ledger->history(name, entry.key, 0, 5);
      ASSERT_FALSE(history.empty()) << entry.key;
      EXPECT_EQ(history.front().value, entry.value.bytes);
      EXPECT_FALSE(history.front().deleted);
      const auto place = ledger->find_transaction(history.front().transaction_id);
      ASSERT_TRUE(place);
      EXPECT_EQ(place->block, entry.value.version.block);
      EXPECT_EQ(place->index, entry.value.version.transaction);
      EXPECT_EQ(place->code, code::kValid);
      ++checked;
    }
  EXPECT_GT(checked, 10u);
}

}  // namespace
}  // namespace belfry::ledger
