#include "decode/events.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "event/json.h"
#include "support/ledger.h"

namespace belfry::decode {
namespace {

using event::Event;
using event::Kind;
using tests::append_field;

// "transaction index/kind/index chaincode what": enough of an event to tell it by.
std::vector<std::string> walked(const Block& block, unsigned kinds = 15, uint32_t from = 0) {
  std::vector<std::string> out;
  WalkOptions options;
  options.kinds = kinds;
  EXPECT_TRUE(walk(block, options, from, [&](const Event& event) {
    std::string line = event.position.id().substr(1);
    for (const auto part :
         {event.chaincode, event.collection, event.event_name, event.key, event.function})
      if (!part.empty()) (line += ' ') += part;
    if (event.has_payload) (line += '=') += event.payload;
    if (event.is_delete) line += " deleted";
    if (!event.valid()) line += " invalid";
    out.push_back(line);
    return true;
  }));
  return out;
}

std::string field(uint32_t number, std::string_view bytes) {
  std::string out;
  append_field(out, number, bytes);
  return out;
}

struct Forged {
  std::string results, event;
  std::string channel_header = std::string("\x08\x03", 2) + field(5, "tx1");

  std::string envelope() const {
    const auto action = (results.empty() ? "" : field(1, results)) +
                        (event.empty() ? "" : field(2, event)) + field(4, field(2, "cc"));
    const auto input = field(1, field(3, field(1, "put") + field(1, "key")));
    const auto payload = field(1, field(1, input)) + field(2, field(1, field(2, action)));
    return field(1, field(1, field(1, channel_header)) + field(2, field(1, field(2, payload))));
  }
};

Block block_of(const std::string& envelope) {
  Block block;
  block.number = 7;
  block.transactions = {envelope};
  block.metadata[2] = std::string_view("\0", 1);
  return block;
}

std::string write(std::string_view key, std::string_view value) {
  return field(3, field(1, key) + field(3, value));
}
std::string erase(std::string_view key) {
  return field(3, field(1, key) + std::string("\x10\x01", 2));
}
std::string hashed(std::string_view key, std::string_view value) {
  return field(2, field(1, view(sha256(key))) + field(3, view(sha256(value))));
}
std::string hashed_erase(std::string_view key) {
  return field(2, field(1, view(sha256(key))) + std::string("\x10\x01", 2));
}

TEST(Walk, GivesEventsInTheOrderOfPositions) {
  Forged forged;
  forged.event = field(1, "cc") + field(2, "tx1") + field(3, "Made") + field(4, "{}");
  forged.results = field(2, field(1, "cc") + field(2, write("a", "1") + erase("b"))) +
                   field(2, field(1, "dd") + field(2, write("c", "")));
  const auto envelope = forged.envelope();
  const auto block = block_of(envelope);
  EXPECT_EQ(walked(block), (std::vector<std::string>{
                               "7/0/block/0",
                               "7/0/transaction/0 cc put",
                               "7/0/chaincode-event/0 cc Made={}",
                               "7/0/write/0 cc a=1",
                               "7/0/write/1 cc b deleted",
                               "7/0/write/2 dd c=",
                           }));
  EXPECT_EQ(walked(block, bit(Kind::write)).size(), 3u);
  EXPECT_EQ(walked(block, bit(Kind::block)), (std::vector<std::string>{"7/0/block/0"}));
  EXPECT_EQ(walked(block, 0).size(), 0u);
  EXPECT_EQ(walked(block, 15, 1).size(), 0u);
}

TEST(Walk, StopsWhenTheSinkHasHadEnough) {
  const auto& ledger = tests::ngo_ledger();
  const auto block = *parse_block_file_record(nullptr, ledger.record(30));
  for (size_t enough = 1; enough < 10; ++enough) {
    size_t got = 0;
    EXPECT_FALSE(walk(block, {}, 0, [&](const Event&) { return ++got < enough; }));
    EXPECT_EQ(got, enough);
  }
}

TEST(Walk, BeginsAtATransaction) {
  const auto block = *parse_block_file_record(nullptr, tests::ngo_ledger().record(77));
  const auto all = walked(block);
  const auto later = walked(block, 15, 3);
  ASSERT_GT(later.size(), 0u);
  EXPECT_TRUE(later.front().starts_with("77/3/transaction/0")) << later.front();
  EXPECT_TRUE(std::equal(later.rbegin(), later.rend(), all.rbegin()));
}

// What hangs on an undecodable part is absent, and the block goes on.
TEST(Walk, AnUndecodableTransactionIsOneOddEvent) {
  Forged forged;
  forged.results = "\xFF\xFF";
  forged.event = "\xFF\xFF";
  const auto odd = forged.envelope();
  Block block = block_of(odd);
  block.transactions = {"\xFF\xFF", odd, "", "\x0A\x02\xFF\xFF"};
  block.metadata[2] = std::string_view("\x05\x16\x01", 3);
  EXPECT_EQ(walked(block, bit(Kind::transaction) | bit(Kind::chaincode_event) | bit(Kind::write)),
            (std::vector<std::string>{
                "7/0/transaction/0 invalid", "7/1/transaction/0 cc put invalid",
                "7/2/transaction/0 invalid",
                "7/3/transaction/0 invalid",  // without a code: not validated
            }));
}

TEST(Walk, TextThatIsNotUtf8DoesNotDecode) {
  Forged forged;
  forged.event = field(1, "cc") + field(3, "\xFF");
  forged.results = field(2, field(1, "cc") + field(2, write("\xFF", "1")));
  const auto envelope = forged.envelope();
  EXPECT_EQ(walked(block_of(envelope)),
            (std::vector<std::string>{"7/0/block/0", "7/0/transaction/0 cc put"}));
}

TEST(Walk, ATimeBeyondAllClocksIsTheNearestOne) {
  Forged forged;
  std::string timestamp;
  append_field(timestamp, 1, uint64_t{1} << 62);
  append_field(timestamp, 2, uint64_t{UINT64_MAX});
  forged.channel_header += field(3, timestamp);
  const auto envelope = forged.envelope();
  walk(block_of(envelope), {}, 0, [](const Event& event) {
    EXPECT_EQ(event.time, WallTime::max());
    std::string json;
    append_json(json, event);
    EXPECT_NE(json.find("\"time\":\"2262-04-11T23:47:16.854775807Z\""), json.npos) << json;
    return true;
  });
}

class PrivateWrites : public testing::Test {
 protected:
  PrivateWrites() {
    const auto collection = [](std::string_view name, std::string_view set) {
      return field(3, field(1, name) + field(2, set));
    };
    Forged forged;
    forged.results = field(2, field(1, "cc") + field(2, write("open", "1")) +
                                  collection("first", hashed("k1", "v1") + hashed("k2", "v2")) +
                                  collection("second", hashed("k1", "v3") + hashed_erase("k4")));
    envelope_ = forged.envelope();
  }
  static std::string collection(std::string_view name, std::string_view set) {
    return field(2, field(1, name) + field(2, set));
  }
  std::vector<std::string> with(std::string_view private_set) {
    Block block = block_of(envelope_);
    block.private_data = {private_set};
    return walked(block, bit(Kind::write));
  }
  std::string envelope_;
};

TEST_F(PrivateWrites, FollowThePublicOnes) {
  EXPECT_EQ(
      with(field(2, field(1, "cc") + collection("first", write("k1", "v1") + write("k2", "v2")) +
                        collection("second", write("k1", "v3") + erase("k4")))),
      (std::vector<std::string>{"7/0/write/0 cc open=1", "7/0/write/1 cc first k1=v1",
                                "7/0/write/2 cc first k2=v2", "7/0/write/3 cc second k1=v3",
                                "7/0/write/4 cc second k4 deleted"}));
}

TEST_F(PrivateWrites, KeepTheirIdsWhateverThePeerHolds) {
  EXPECT_EQ(
      with(field(2, field(1, "cc") + collection("second", erase("k4")))),
      (std::vector<std::string>{"7/0/write/0 cc open=1", "7/0/write/4 cc second k4 deleted"}));
  EXPECT_EQ(with({}), (std::vector<std::string>{"7/0/write/0 cc open=1"}));
}

TEST_F(PrivateWrites, AreOnlyThoseTheBlockVouchesFor) {
  EXPECT_EQ(
      with(field(
          2, field(1, "cc") + collection("first", write("k1", "forged") + write("k9", "v1")) +
                 collection("third", write("k1", "v1")) + collection("second", write("k4", "")))),
      (std::vector<std::string>{"7/0/write/0 cc open=1"}));
  EXPECT_EQ(with(field(2, field(1, "dd") + collection("first", write("k1", "v1")))).size(), 1u);
  EXPECT_EQ(
      with(field(2, field(1, "cc") + collection("first", write("k1", "v1") + write("k1", "v1"))))
          .size(),
      2u);
  EXPECT_EQ(with("\xFF\xFF").size(), 1u);
}

TEST_F(PrivateWrites, ThatThePeerDoesNotHoldAreToldWithoutKeyAndValue) {
  std::vector<std::string> told;
  const auto withheld = [&](std::vector<std::string_view> private_data) {
    told.clear();
    Block block = block_of(envelope_);
    block.private_data = std::move(private_data);
    WalkOptions options{.genesis = "g", .kinds = bit(Kind::write)};
    options.withheld = [&](const Event& event) {
      EXPECT_TRUE(event.key.empty());
      EXPECT_FALSE(event.has_payload);
      told.push_back(std::to_string(event.position.index) + " " + std::string(event.collection));
    };
    walk(block, options, 0, [](const Event&) { return true; });
    return told;
  };
  const std::string second =
      field(2, field(1, "cc") + collection("second", write("k1", "v3") + erase("k4")));
  EXPECT_EQ(withheld({second}), (std::vector<std::string>{"1 first", "2 first"}));
  EXPECT_EQ(withheld({std::string_view()}),
            (std::vector<std::string>{"1 first", "2 first", "3 second", "4 second"}));
  EXPECT_TRUE(withheld({}).empty());  // a stream without private data withholds nothing
}

TEST(FilteredBlock, GivesTransactionsAndEventsWithoutPayload) {
  const auto chaincode_event =
      field(1, field(1, field(1, "cc") + field(2, "tx1") + field(3, "Made")));
  std::string bytes = field(1, "mychannel");
  append_field(bytes, 2, uint64_t{7});
  bytes += field(4, field(1, "tx1") + std::string("\x10\x03", 2) + field(4, chaincode_event));
  bytes +=
      field(4, field(1, "tx2") + std::string("\x10\x03\x18\x0B", 4) + field(4, chaincode_event));
  bytes += field(4, std::string("\x10\x01", 2));
  bytes += field(4, "\xFF\xFF");
  const auto block = parse_filtered_block(nullptr, bytes);
  ASSERT_TRUE(block);
  EXPECT_TRUE(block->filtered);
  EXPECT_EQ(walked(*block), (std::vector<std::string>{
                                "7/0/block/0",
                                "7/0/transaction/0 cc",
                                "7/0/chaincode-event/0 cc Made",
                                "7/1/transaction/0 cc invalid",
                                "7/1/chaincode-event/0 cc Made invalid",
                                "7/2/transaction/0",
                                "7/3/transaction/0",
                            }));
  EXPECT_EQ(walked(*block, bit(Kind::write)).size(), 0u);
  std::vector<int> types;
  walk(*block, {}, 0, [&](const Event& event) {
    if (event.position.kind == Kind::transaction) types.push_back(event.header_type);
    return true;
  });
  EXPECT_EQ(types, (std::vector<int>{3, 3, 1, 0}));
  const auto damaged =
      parse_filtered_block(nullptr, std::string_view(bytes).substr(0, bytes.size() - 1));
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().message.find("block 7 is damaged: a field does not decode at offset "),
            0u)
      << damaged.error().message;
}

}  // namespace
}  // namespace belfry::decode
