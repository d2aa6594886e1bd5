#include "decode/block.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "decode/events.h"
#include "support/ledger.h"

namespace belfry::decode {
namespace {

struct Counts {
  size_t transactions = 0, events = 0, valid_events = 0;
};

// Reads every block in both layouts and checks that they say the same and that the chain holds.
Counts read_through(const tests::Ledger& ledger) {
  Counts counts;
  Hash256 previous{};
  for (size_t number = 0; number < ledger.height(); ++number) {
    const auto bytes = std::make_shared<const std::string>(ledger.common_block(number));
    const auto sent = parse_block(bytes, *bytes);
    const auto stored = parse_block_file_record(nullptr, ledger.record(number));
    EXPECT_TRUE(sent && stored);
    EXPECT_EQ(sent->buffer, bytes);
    EXPECT_EQ(sent->number, number);
    EXPECT_EQ(stored->number, number);
    EXPECT_EQ(sent->previous_hash, stored->previous_hash);
    EXPECT_EQ(sent->data_hash, stored->data_hash);
    EXPECT_TRUE(sent->transactions == stored->transactions);
    EXPECT_TRUE(sent->metadata == stored->metadata);
    EXPECT_EQ(sent->previous_hash, number == 0 ? std::string_view() : view(previous));
    EXPECT_EQ(sent->data_hash, view(data_hash(*sent)));
    previous = header_hash(*sent);
    counts.transactions += sent->transactions.size();
    WalkOptions options;
    options.kinds = bit(event::Kind::chaincode_event);
    EXPECT_TRUE(walk(*sent, options, 0, [&](const event::Event& event) {
      ++counts.events;
      counts.valid_events += event.valid();
      return true;
    }));
  }
  return counts;
}

TEST(Block, TheRecordedLedgersAreChains) {
  const auto ngo = read_through(tests::ngo_ledger());
  EXPECT_EQ(ngo.transactions, 2252u);
  EXPECT_EQ(ngo.events, 1838u);
  EXPECT_EQ(ngo.valid_events, 1829u);
  const auto two_orgs = read_through(tests::two_orgs_ledger());
  EXPECT_GT(two_orgs.transactions, 0u);
  const auto many = read_through(tests::events_15k_ledger());
  EXPECT_EQ(many.events, 15'201u);
  EXPECT_EQ(many.valid_events, 15'201u);
}

TEST(Block, TheHeaderHashIsThatOfTheDer) {
  const std::string previous(32, '\1'), data(32, '\2');
  const auto hash = [&](uint64_t number) { return hex(view(header_hash(number, previous, data))); };
  EXPECT_EQ(hash(0u), "48ee5465372625f0dd4423b11bea48e2046bc641e87cb725acd138f74de45c12");
  EXPECT_EQ(hash(127u), "d65f891abeeabe724b6892bf38cb1330454555f523b3eb88f5c7041030627fd0");
  EXPECT_EQ(hash(128u), "c0ffbca2c19ee62fc3e76d183167f01a4de3f8f27c83daf84ee54d30774edb24");
  EXPECT_EQ(hash(256u), "cdcf8809a5d3f84e69aef97d9b5bb933c8671741f4e71631d6d87e3d5127bcd3");
  EXPECT_EQ(hash(18446744073709551615u),
            "04ef0f8d995f7f46582885653b0c2a342bda707322a5e29aed1a267dea42711d");
  // Longer than any hash, as forged ones may be.
  EXPECT_EQ(hex(view(header_hash(1, std::string(300, '\1'), std::string(70000, '\2')))),
            "373032defa65f560434c706290a599ceb997426e24a2f740823b96df4f5f663c");
}

Result<Block> parse(std::string_view bytes) {
  return parse_block(nullptr, bytes);
}

TEST(Block, AnErrorNamesBlockAndOffset) {
  tests::BlockParts parts;
  parts.number = 9;
  parts.data_hash = "data";
  parts.transactions = {"one", "two"};
  parts.metadata = {"slot"};
  const auto bytes = tests::to_common_block(parts);
  ASSERT_TRUE(parse(bytes));
  auto damaged = bytes;
  damaged[damaged.find("two") - 1] = 100;
  EXPECT_EQ(parse(damaged).error().message,
            "block 9 is damaged: transaction 1 breaks off at offset 17 of 30 bytes (common.Block)");
  damaged = bytes;
  damaged[1] = 100;
  EXPECT_EQ(parse(damaged).error().message,
            "block of unknown number is damaged: a field does not decode at offset 0 of 30 bytes "
            "(common.Block)");

  const auto record = tests::to_block_file_record(parts).substr(1);
  ASSERT_TRUE(parse_block_file_record(nullptr, record));
  EXPECT_EQ(parse_block_file_record(nullptr, record + "x").error().message,
            "block 9 is damaged: bytes are left over at offset 22 of 23 bytes (block file record)");
  std::string many = "\x09";
  many += std::string("\0\0", 2);
  tests::append_varint(many, 1'000'001);
  EXPECT_EQ(parse_block_file_record(nullptr, many).error().message,
            "block 9 is damaged: 1000001 transactions, more than 1000000, at offset 6 of 6 bytes "
            "(block file record)");
}

// Broken off anywhere a block is an error or, where a field happens to end, a smaller block; never
// anything else.
TEST(Block, MayBreakOffAnywhere) {
  const auto& ledger = tests::two_orgs_ledger();
  const auto whole = ledger.common_block(3);
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::string part =
        whole.substr(0, size);  // its own allocation, so that a sanitizer sees every overrun
    const auto block = parse(part);
    if (block)
      (void)walk(*block, {}, 0, [](const event::Event&) { return true; });
    else
      EXPECT_NE(block.error().message.find(" at offset "), std::string::npos);
  }
  const auto record = ledger.record(3);
  for (size_t size = 0; size < record.size(); ++size) {
    const std::string part(record.substr(0, size));
    EXPECT_FALSE(parse_block_file_record(nullptr, part));
  }
}

// Protobuf merges a message that comes twice, and passes over what it does not know.
TEST(Block, PartsMayComeTwiceAndStrangersAreIgnored) {
  std::string first, second, data, more, bytes;
  tests::append_field(first, 1, uint64_t{5});
  tests::append_field(first, 2, "previous");
  tests::append_field(second, 3, "data");
  tests::append_field(data, 1, "a");
  tests::append_field(more, 1, "b");
  tests::append_field(more, 7, "stranger");
  tests::append_field(bytes, 1, first);
  tests::append_field(bytes, 2, data);
  bytes += "\x4B\x08\x01\x4C";  // group 9 { 1: 1 }
  bytes +=
      "\x55"
      "1234";  // field 10, four bytes
  bytes +=
      "\x59"
      "12345678";  // field 11, eight bytes
  tests::append_field(bytes, 1, second);
  tests::append_field(bytes, 2, more);
  const auto block = parse(bytes);
  ASSERT_TRUE(block) << block.error().message;
  EXPECT_EQ(block->number, 5u);
  EXPECT_EQ(block->previous_hash, "previous");
  EXPECT_EQ(block->data_hash, "data");
  EXPECT_EQ(block->transactions, (std::vector<std::string_view>{"a", "b"}));
  for (const std::string_view bad : {"\x4B\x08\x01", "\x4B\x54", "\x4C", "\x4F",
                                     "\x55"
                                     "123",
                                     "\x59"
                                     "1",
                                     "\x02\x00"})
    EXPECT_FALSE(parse(bytes + std::string(bad))) << hex(bad);
  EXPECT_FALSE(parse(std::string(200, '\x4B')));  // groups without end
}

TEST(Block, PrivateDataStandsByItsTransaction) {
  std::string bytes, entry;
  tests::append_field(bytes, 1, tests::ngo_ledger().common_block(5));
  const auto transactions = tests::ngo_ledger().parts(5).transactions.size();
  tests::append_field(entry, 1, uint64_t{transactions - 1});
  tests::append_field(entry, 2, "set");
  tests::append_field(bytes, 2, entry);
  const auto block = parse_block_and_private_data(nullptr, bytes);
  ASSERT_TRUE(block);
  EXPECT_EQ(block->private_data.size(), transactions);
  EXPECT_EQ(block->private_data.back(), "set");
  std::string beyond;
  tests::append_field(beyond, 1, uint64_t{transactions});
  tests::append_field(bytes, 2, beyond);
  const auto refused = parse_block_and_private_data(nullptr, bytes);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("private data of transaction"), std::string::npos);
}

}  // namespace
}  // namespace belfry::decode
