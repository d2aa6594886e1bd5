#include "devnet/simulator.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "common/common.pb.h"
#include "devnet/map_reader.h"
#include "ledger/rwset/kvrwset/kv_rwset.pb.h"
#include "ledger/rwset/rwset.pb.h"
#include "peer/proposal.pb.h"
#include "peer/proposal_response.pb.h"
#include "peer/transaction.pb.h"
#include "support/ledger.h"

namespace belfry::devnet {
namespace {

// Every chaincode has the collections "open" (held) and "foreign" (of others).
class TwoCollections final : public Collections {
 public:
  Result<bool> held(Simulator&, const std::string& name_space,
                    const std::string& collection) const override {
    if (collection == "open") return true;
    if (collection == "foreign") return false;
    return fail("collection [" + collection +
                "] not defined in the collection config for chaincode [" + name_space + "]");
  }
};

class SimulatorTest : public testing::Test {
 protected:
  MapReader state;
  TwoCollections collections;
  Simulator simulator{state, collections, "tx1"};

  ::kvrwset::KVRWSet public_set(const std::string& name_space = "cc") {
    ::rwset::TxReadWriteSet all;
    EXPECT_TRUE(all.ParseFromString(simulator.results().public_set));
    ::kvrwset::KVRWSet out;
    for (const auto& set : all.ns_rwset()) {
      if (set.namespace_() == name_space) {
        EXPECT_TRUE(out.ParseFromString(set.rwset()));
      }
    }
    return out;
  }
};

TEST_F(SimulatorTest, DoesNotSeeItsOwnWritesAndRemembersTheVersionRead) {
  state.values[{"cc", "k"}] = {"old", {3, 1}, {}};
  ASSERT_TRUE(simulator.put("cc", "k", "new"));
  EXPECT_EQ(simulator.get("cc", "k"), "old");
  EXPECT_EQ(simulator.get("cc", "none"), std::nullopt);
  const auto set = public_set();
  ASSERT_EQ(set.reads_size(), 2);
  EXPECT_EQ(set.reads(0).key(), "k");
  EXPECT_EQ(set.reads(0).version().block_num(), 3u);
  EXPECT_FALSE(set.reads(1).has_version());
  ASSERT_EQ(set.writes_size(), 1);
  EXPECT_EQ(set.writes(0).value(), "new");
}

TEST_F(SimulatorTest, AnEmptyValueDeletes) {
  ASSERT_TRUE(simulator.put("cc", "k", ""));
  EXPECT_TRUE(public_set().writes(0).is_delete());
}

TEST_F(SimulatorTest, ARangeThatWasNotReadToItsEndEndsAtTheLastKeyRead) {
  for (int i = 0; i < 300; ++i) state.values[{"cc", fmt::format("k{:03}", i)}] = {"v", {1, 0}, {}};
  Scan* scan = simulator.range("cc", "k", "l");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(scan->next()->key, fmt::format("k{:03}", i));
  const auto set = public_set();
  ASSERT_EQ(set.range_queries_info_size(), 1);
  EXPECT_EQ(set.range_queries_info(0).end_key(), "k004");
  EXPECT_FALSE(set.range_queries_info(0).itr_exhausted());
  EXPECT_EQ(set.range_queries_info(0).raw_reads().kv_reads_size(), 5);
}

TEST_F(SimulatorTest, ALongRangeIsSummarizedAndReadWhole) {
  for (int i = 0; i < 300; ++i) state.values[{"cc", fmt::format("k{:03}", i)}] = {"v", {1, 0}, {}};
  Scan* scan = simulator.range("cc", "", "");
  int read = 0;
  while (scan->next()) ++read;
  EXPECT_EQ(read, 300);
  const auto set = public_set();
  const auto& info = set.range_queries_info(0);
  EXPECT_TRUE(info.itr_exhausted());
  EXPECT_EQ(info.end_key(), "");
  EXPECT_EQ(info.reads_merkle_hashes().max_degree(), 50u);
  EXPECT_EQ(info.reads_merkle_hashes().max_level(), 1u);
  EXPECT_EQ(info.reads_merkle_hashes().max_level_hashes_size(), 6);  // 5 × 51 + 45
}

TEST_F(SimulatorTest, APageEndsWithABookmarkAndForbidsWrites) {
  for (int i = 0; i < 10; ++i) state.values[{"cc", fmt::format("k{}", i)}] = {"v", {1, 0}, {}};
  const auto scan = simulator.page("cc", "", "", 3);
  ASSERT_TRUE(scan);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE((*scan)->next());
  EXPECT_EQ((*scan)->bookmark(), "k3");
  EXPECT_EQ(simulator.put("cc", "k", "v").error().message,
            "txid [tx1]: unsuppored transaction. Transaction has already performed a paginated "
            "query. Writes are not allowed");
}

TEST_F(SimulatorTest, NoPageAndNoPrivateQueryAfterAWrite) {
  ASSERT_TRUE(simulator.put("cc", "k", "v"));
  EXPECT_EQ(simulator.page("cc", "", "", 3).error().message,
            "txid [tx1]: unsuppored transaction. Paginated queries are supported only in a "
            "read-only transaction");
  EXPECT_EQ(simulator.private_range("cc", "open", "", "").error().message,
            "txid [tx1]: unsuppored transaction. Queries on pvt data is supported only in a "
            "read-only transaction");
}

TEST_F(SimulatorTest, PrivateWritesGoHashedIntoThePublicSet) {
  ASSERT_TRUE(simulator.put_private("cc", "open", "k", "secret"));
  ASSERT_TRUE(simulator.purge_private("cc", "open", "gone"));
  const auto results = simulator.results();
  ::rwset::TxReadWriteSet all;
  ASSERT_TRUE(all.ParseFromString(results.public_set));
  EXPECT_EQ(results.public_set.find("secret"), std::string::npos);
  const auto& collection = all.ns_rwset(0).collection_hashed_rwset(0);
  ::kvrwset::HashedRWSet hashed;
  ASSERT_TRUE(hashed.ParseFromString(collection.hashed_rwset()));
  ASSERT_EQ(hashed.hashed_writes_size(), 2);
  EXPECT_TRUE(hashed.hashed_writes(0).is_purge());
  EXPECT_EQ(hashed.hashed_writes(1).value_hash(), view(sha256("secret")));
  ::rwset::TxPvtReadWriteSet hidden;
  ASSERT_TRUE(hidden.ParseFromString(results.private_set));
  EXPECT_EQ(collection.pvt_rwset_hash(),
            view(sha256(hidden.ns_pvt_rwset(0).collection_pvt_rwset(0).rwset())));
}

TEST_F(SimulatorTest, AForeignCollectionsValueIsNotAtHandButItsHashIs) {
  state.put_private("cc", "foreign", "k", "secret", {7, 2});
  EXPECT_EQ(simulator.get_private("cc", "foreign", "k").error().message,
            "private data matching public hash version is not available. Public hash version = "
            "{BlockNum: 7, TxNum: 2}, Private data version = <nil>");
  EXPECT_EQ(simulator.get_private_hash("cc", "foreign", "k").value(), view(sha256("secret")));
  EXPECT_EQ(simulator.get_private("cc", "nosuch", "k").error().message,
            "collection [nosuch] not defined in the collection config for chaincode [cc]");
}

TEST_F(SimulatorTest, PrivateRangesAreReadButNotRemembered) {
  state.put_private("cc", "open", "a", "1", {1, 0});
  state.put_private("cc", "foreign", "a", "1", {1, 0});
  auto scan = simulator.private_range("cc", "open", "", "");
  ASSERT_TRUE(scan);
  EXPECT_EQ((*scan)->next()->value, "1");
  EXPECT_FALSE((*scan)->next());
  scan = simulator.private_range("cc", "foreign", "", "");
  EXPECT_FALSE((*scan)->next());
  EXPECT_EQ(simulator.results().private_set, "");
}

// Every valid transaction of the recorded ledger, simulated again on the state before it, yields
// the bytes that a real peer's simulator yielded.
class RecordedLedger {
 public:
  size_t compared = 0, ranges = 0;

  void run(const tests::Ledger& ledger) {
    for (size_t block = 0; block < ledger.height(); ++block) {
      const auto parts = ledger.parts(block);
      for (size_t index = 0; index < parts.transactions.size(); ++index)
        if (parts.metadata[2][index] == 0) transaction(parts.transactions[index], {block, index});
    }
  }

 private:
  void transaction(const std::string& bytes, ledger::Version version) {
    ::common::Envelope envelope;
    ::common::Payload payload;
    ::common::ChannelHeader header;
    ASSERT_TRUE(envelope.ParseFromString(bytes));
    ASSERT_TRUE(payload.ParseFromString(envelope.payload()));
    ASSERT_TRUE(header.ParseFromString(payload.header().channel_header()));
    if (header.type() != ::common::ENDORSER_TRANSACTION) return;
    ::protos::Transaction transaction;
    ::protos::ChaincodeActionPayload action;
    ::protos::ProposalResponsePayload response;
    ::protos::ChaincodeAction result;
    ASSERT_TRUE(transaction.ParseFromString(payload.data()));
    ASSERT_TRUE(action.ParseFromString(transaction.actions(0).payload()));
    ASSERT_TRUE(response.ParseFromString(action.action().proposal_response_payload()));
    ASSERT_TRUE(result.ParseFromString(response.extension()));
    ::rwset::TxReadWriteSet recorded;
    if (!recorded.ParseFromString(result.results())) return;
    simulate(result.results(), recorded, header.tx_id());
    apply(recorded, version);
  }

  void simulate(const std::string& bytes, const ::rwset::TxReadWriteSet& recorded,
                const std::string& id) {
    TwoCollections collections;
    Simulator simulator(state_, collections, id);
    bool hidden = false;
    for (const auto& set : recorded.ns_rwset()) {
      hidden = hidden || set.collection_hashed_rwset_size() > 0;
      ::kvrwset::KVRWSet keys;
      ASSERT_TRUE(keys.ParseFromString(set.rwset()));
      for (auto write = keys.writes().rbegin(); write != keys.writes().rend(); ++write)
        ASSERT_TRUE(simulator.put(set.namespace_(), write->key(), write->value()));
      for (const auto& write : keys.metadata_writes()) {
        Metadata metadata;
        for (const auto& entry : write.entries()) metadata[entry.name()] = entry.value();
        ASSERT_TRUE(simulator.put_metadata(set.namespace_(), write.key(), metadata));
      }
      for (auto read = keys.reads().rbegin(); read != keys.reads().rend(); ++read)
        simulator.get(set.namespace_(), read->key());
      for (const auto& range : keys.range_queries_info()) {
        ++ranges;
        Scan* scan = simulator.range(set.namespace_(), range.start_key(),
                                     range.itr_exhausted() ? range.end_key() : "");
        while (auto found = scan->next())
          if (!range.itr_exhausted() && found->key == range.end_key()) break;
      }
    }
    if (hidden) return;  // plain keys of private writes are not in the ledger
    EXPECT_EQ(hex(simulator.results().public_set), hex(bytes)) << id;
    ++compared;
  }

  void apply(const ::rwset::TxReadWriteSet& recorded, ledger::Version version) {
    for (const auto& set : recorded.ns_rwset()) {
      ::kvrwset::KVRWSet keys;
      ASSERT_TRUE(keys.ParseFromString(set.rwset()));
      for (const auto& write : keys.writes()) {
        const auto place = std::pair(set.namespace_(), write.key());
        if (write.is_delete() || write.value().empty()) {
          state_.values.erase(place);
        } else {
          auto& value = state_.values[place];
          value.bytes = write.value();
          value.version = version;
        }
      }
      for (const auto& write : keys.metadata_writes())
        if (auto found = state_.values.find({set.namespace_(), write.key()});
            found != state_.values.end())
          found->second.version = version;
    }
  }

  MapReader state_;
};

TEST(RecordedTransactions, AreSimulatedToTheSameBytes) {
  RecordedLedger recorded;
  recorded.run(tests::ngo_ledger());
  EXPECT_GT(recorded.compared, 1500u);
  EXPECT_GE(recorded.ranges, 5u);
}

}  // namespace
}  // namespace belfry::devnet
