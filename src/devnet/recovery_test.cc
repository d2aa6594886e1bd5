// What the ledger keeps when the power goes, the process dies, the disk runs full or a sync fails:
// everything it reported, in order, and nothing half.
#include <gtest/gtest.h>

#include "devnet/block_maker.h"
#include "devnet/transaction_harness.h"

namespace belfry::devnet {
namespace {

namespace code = ledger::code;

// A ledger without a channel's thread: blocks are committed by the test, one call each.
class RecoveryTest : public ::testing::Test {
 protected:
  void prepare(uint64_t seed) {
    files_ = std::make_unique<ForgetfulFiles>(seed);
    if (material_.organizations.empty()) {
      ForgetfulFiles elsewhere(1);  // keys survive; they are not what is tested
      auto material = open_material(elsewhere, system_clock(), {.folder = "crypto"});
      ASSERT_TRUE(material) << material.error().message;
      material_ = std::move(*material);
    }
    auto created = ledger::Ledger::create(
        *files_, options(),
        make_genesis(material_, "mychannel", {}, {.orderer_host = "localhost"},
                     system_clock().now(), secure_random()),
        signatures_);
    ASSERT_TRUE(created) << created.error().message;
    ledger_ = std::move(*created);
    ::protos::CollectionConfigPackage collections;
    add_collection(collections, "donors", {"Org1MSP", "Org2MSP"});
    add_collection(collections, "shortlived", {"Org1MSP", "Org2MSP"}, 2);
    ASSERT_EQ(commit("_lifecycle", definition_sets("ngo", 1, collections.SerializeAsString())),
              code::kValid);
  }
  static ledger::Ledger::Options options() {
    return {.folder = "ledgers", .file_limit = 20'000};  // several files soon
  }
  void reopen() {
    ledger_.reset();
    auto opened = ledger::Ledger::open(*files_, options(), "mychannel", signatures_);
    ASSERT_TRUE(opened) << opened.error().message;
    ASSERT_NE(*opened, nullptr);
    ledger_ = std::move(*opened);
  }

  std::shared_ptr<const std::string> block_of(const std::vector<MadeTransaction>& made) {
    std::vector<std::string> envelopes;
    for (const auto& each : made) envelopes.push_back(each.envelope);
    return std::make_shared<const std::string>(make_block(*ledger_, std::move(envelopes),
                                                          *material_.orderer.nodes.front().identity,
                                                          secure_random()));
  }
  MadeTransaction make(const std::string& chaincode, const Sets& sets) {
    const auto& orgs = material_.organizations;
    return make_transaction("mychannel", chaincode, sets, *orgs[0].users[1].identity,
                            {&orgs[0].nodes.front(), &orgs[1].nodes.front()});
  }
  // The code, or -1 when the block could not be committed.
  int commit(const std::string& chaincode, const Sets& sets) {
    const auto made = make(chaincode, sets);
    ledger_->hold_private(made.id, sets.private_set());
    auto committed = ledger_->commit(block_of({made}));
    return committed ? static_cast<uint8_t>((*committed)->block.metadata[2][0]) : -1;
  }

  // The chain of hashes holds from the first block to the last.
  void check_chain() {
    std::string previous;
    for (uint64_t number = 0; number < ledger_->height(); ++number) {
      auto block = ledger_->block(number);
      ASSERT_TRUE(block) << block.error().message;
      EXPECT_EQ((*block)->block.previous_hash, previous);
      previous = std::string(view(decode::header_hash((*block)->block)));
    }
  }

  std::unique_ptr<ForgetfulFiles> files_;
  Material material_;
  std::shared_ptr<ledger::SignatureCache> signatures_ = std::make_shared<ledger::SignatureCache>();
  std::unique_ptr<ledger::Ledger> ledger_;
};

TEST_F(RecoveryTest, NothingThatWasReportedIsLostWhenThePowerGoes) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    prepare(seed);
    files_->cut_power_after(seed % 13);
    std::map<std::string, std::string> reported, secrets;
    std::string attempted;
    for (int i = 0; !files_->power_is_cut() && i < 40; ++i) {
      attempted = "key" + std::to_string(i);
      Sets sets = Sets().write("ngo", attempted, std::string(100 + i * 37, 'v'));
      if (i % 2 == 0) sets.private_write("ngo", "donors", attempted, "secret");
      if (commit("ngo", sets) != code::kValid) break;
      reported[attempted] = std::string(100 + i * 37, 'v');
      if (i % 2 == 0) secrets[attempted] = "secret";
    }
    ASSERT_TRUE(files_->power_is_cut());
    files_->restore();
    reopen();
    ASSERT_NE(ledger_, nullptr);
    check_chain();
    for (const auto& [key, value] : reported) {
      auto found = ledger_->get("ngo", key);
      ASSERT_TRUE(found) << key;
      EXPECT_EQ(found->bytes, value);
    }
    for (const auto& [key, value] : secrets) {
      auto found = ledger_->private_value("ngo", "donors", key);
      ASSERT_TRUE(found) << key;
      EXPECT_EQ(found->bytes, value);
    }
    // What was under way is there whole, its private data included, or not at all.
    if (ledger_->get("ngo", attempted) &&
        ledger_->private_hash("ngo", "donors", view(sha256(attempted)))) {
      EXPECT_TRUE(ledger_->private_value("ngo", "donors", attempted));
    }
    EXPECT_EQ(commit("ngo", Sets().write("ngo", "after", "v")), code::kValid);
  }
}

TEST_F(RecoveryTest, AKilledProcessLosesNothing) {
  prepare(3);
  for (int i = 0; i < 5; ++i)
    ASSERT_EQ(commit("ngo", Sets().write("ngo", "key", std::to_string(i))), code::kValid);
  const auto info = ledger_->info();
  files_->kill();
  reopen();
  EXPECT_EQ(ledger_->info().current, info.current);
  EXPECT_EQ(ledger_->history("ngo", "key", 0, 10).size(), 5u);
  EXPECT_EQ(commit("ngo", Sets().write("ngo", "key", "5")), code::kValid);
}

TEST_F(RecoveryTest, ATornLastBlockIsCutOff) {
  prepare(4);
  const auto last_file = [&] {
    std::string path = "ledgers/chains/mychannel/blockfile_000000";
    for (char next = '1'; files_->exists(path.substr(0, path.size() - 1) + next); ++next)
      path.back() = next;
    return path;
  };
  ASSERT_EQ(commit("ngo", Sets().write("ngo", "key", "kept")), code::kValid);
  const uint64_t height = ledger_->height();
  const std::string path_before = last_file();
  const size_t end_before = files_->contents(path_before).size();
  ASSERT_EQ(commit("ngo", Sets().write("ngo", "key", "torn")), code::kValid);
  ledger_.reset();
  const std::string path = last_file();
  const size_t begin = path == path_before ? end_before : 0;
  const std::string whole = files_->contents(path);
  // Zeros where pages never reached the disk: anywhere in the last record, its length intact.
  for (size_t from : {size_t{1}, size_t{40}, size_t{200}, size_t{700}}) {
    std::string torn = whole;
    for (size_t i = 0; i < 30; ++i) torn[torn.size() - from - i] = 0;
    files_->set_contents(path, torn);
    reopen();
    ASSERT_NE(ledger_, nullptr);
    EXPECT_EQ(ledger_->height(), height) << from;
    EXPECT_EQ(ledger_->get("ngo", "key")->bytes, "kept");
    ledger_.reset();
    files_->set_contents(path, whole);
  }
  // Likewise when the length itself lies on both sides of the border.
  for (size_t kept : {size_t{0}, size_t{1}}) {
    files_->set_contents(
        path, whole.substr(0, begin + kept) + std::string(whole.size() - begin - kept, '\0'));
    reopen();
    ASSERT_NE(ledger_, nullptr);
    EXPECT_EQ(ledger_->height(), height) << kept;
    ledger_.reset();
  }
}

TEST_F(RecoveryTest, DamageBeforeTheEndIsNamed) {
  prepare(5);
  for (int i = 0; i < 3; ++i)
    ASSERT_EQ(commit("ngo", Sets().write("ngo", "key", std::to_string(i))), code::kValid);
  ledger_.reset();
  const std::string path = "ledgers/chains/mychannel/blockfile_000000";
  std::string contents = files_->contents(path);
  contents[contents.size() / 2] ^= 1;
  contents[0] ^= 1;
  files_->set_contents(path, contents);
  auto opened = ledger::Ledger::open(*files_, options(), "mychannel", signatures_);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find(path), std::string::npos) << opened.error().message;
}

TEST_F(RecoveryTest, AFullDiskStopsCommitsAndLosesNothing) {
  prepare(6);
  ASSERT_EQ(commit("ngo", Sets().write("ngo", "key", "before")), code::kValid);
  files_->set_capacity(files_->used() + 100);
  const Sets sets =
      Sets().write("ngo", "key", "after").private_write("ngo", "donors", "d", "secret");
  const auto made = make("ngo", sets);
  ledger_->hold_private(made.id, sets.private_set());
  const auto block = block_of({made});
  EXPECT_FALSE(ledger_->commit(block));
  EXPECT_FALSE(ledger_->commit(block));
  EXPECT_EQ(ledger_->get("ngo", "key")->bytes, "before");
  files_->set_capacity(files_->used() + (1 << 20));
  auto committed = ledger_->commit(block);
  ASSERT_TRUE(committed) << committed.error().message;
  EXPECT_EQ(ledger_->private_value("ngo", "donors", "d")->bytes, "secret");
  reopen();
  EXPECT_EQ(ledger_->get("ngo", "key")->bytes, "after");
  EXPECT_EQ(ledger_->private_value("ngo", "donors", "d")->bytes, "secret");
}

TEST_F(RecoveryTest, AFailedSyncIsFinal) {
  prepare(7);
  files_->fail_sync_after(0);
  EXPECT_EQ(commit("ngo", Sets().write("ngo", "key", "v")), -1);
  EXPECT_EQ(commit("ngo", Sets().write("ngo", "key", "v")), -1) << "also the next one";
}

TEST_F(RecoveryTest, PrivateDataExpiresAndIsPurged) {
  prepare(8);
  const auto held = [&](uint64_t block) {
    auto sets = ledger_->private_data(block);
    return sets && !(*sets)[0].empty();
  };
  ASSERT_EQ(commit("ngo", Sets().private_write("ngo", "shortlived", "s", "gone soon")),
            code::kValid);
  const uint64_t brief = ledger_->height() - 1;
  ASSERT_EQ(commit("ngo", Sets().private_write("ngo", "donors", "d", "secret of d")), code::kValid);
  const uint64_t donor = ledger_->height() - 1;
  EXPECT_TRUE(ledger_->private_value("ngo", "shortlived", "s"));
  ASSERT_EQ(commit("ngo", Sets().write("ngo", "a", "1")), code::kValid);
  EXPECT_TRUE(ledger_->private_value("ngo", "shortlived", "s"));
  EXPECT_TRUE(held(brief));
  ASSERT_EQ(commit("ngo", Sets().write("ngo", "a", "2")), code::kValid);
  EXPECT_FALSE(ledger_->private_value("ngo", "shortlived", "s")) << "two blocks later";
  EXPECT_FALSE(ledger_->private_hash("ngo", "shortlived", view(sha256("s"))));
  EXPECT_FALSE(held(brief));

  EXPECT_EQ(ledger_->private_value("ngo", "donors", "d")->bytes, "secret of d");
  EXPECT_TRUE(held(donor));
  ASSERT_EQ(commit("ngo", Sets().purge("ngo", "donors", "d")), code::kValid);
  EXPECT_FALSE(ledger_->private_value("ngo", "donors", "d"));
  EXPECT_FALSE(held(donor)) << "also from the block that brought it";
  reopen();
  EXPECT_FALSE(held(donor));
  EXPECT_FALSE(held(brief));
  EXPECT_EQ(files_->contents("ledgers/pvtdata/mychannel").find("secret of d"), std::string::npos)
      << "and from the disk";
}

}  // namespace
}  // namespace belfry::devnet
