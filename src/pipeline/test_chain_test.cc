#include "pipeline/test_chain.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "decode/events.h"
#include "support/ledger.h"

namespace belfry::pipeline {
namespace {

using tests::append_field;

// Calls take(collection, its writes) for each collection.
template <class Take>
void each_collection(const TestEvent& event, Take take) {
  for (size_t i = 0; i < event.private_writes.size();) {
    std::vector<TestPrivateWrite> writes;
    const std::string& name = event.private_writes[i].collection;
    for (; i < event.private_writes.size() && event.private_writes[i].collection == name; ++i)
      writes.push_back(event.private_writes[i]);
    take(name, writes);
  }
}

// A TxReadWriteSet with the hashes of the private writes.
std::string results(const TestEvent& event) {
  std::string name_space, set;
  append_field(name_space, 1, event.chaincode);
  each_collection(event, [&](const std::string& name, const auto& writes) {
    std::string hashes, collection;
    for (const TestPrivateWrite& write : writes) {
      std::string hashed;
      append_field(hashed, 1, view(sha256(write.key)));
      append_field(hashed, 3, view(sha256(write.value)));
      append_field(hashes, 2, hashed);
    }
    append_field(collection, 1, name);
    append_field(collection, 2, hashes);
    append_field(name_space, 3, collection);
  });
  append_field(set, 2, name_space);
  return set;
}

// A transaction as fabric-protos has it, with what a walk looks at.
std::string transaction(const std::string& id, const TestEvent& event) {
  std::string timestamp, channel_header, creator, signature_header, header;
  append_field(timestamp, 1, uint64_t{1'700'000'000});
  append_field(channel_header, 1, uint64_t{3});
  append_field(channel_header, 3, timestamp);
  append_field(channel_header, 4, std::string_view("mychannel"));
  append_field(channel_header, 5, id);
  append_field(creator, 1, std::string_view("Org1MSP"));
  append_field(signature_header, 1, creator);
  append_field(header, 1, channel_header);
  append_field(header, 2, signature_header);

  std::string chaincode_event, chaincode_id, action, response, endorsed, action_payload;
  append_field(chaincode_event, 1, event.chaincode);
  append_field(chaincode_event, 2, id);
  append_field(chaincode_event, 3, event.name);
  append_field(chaincode_event, 4, event.payload);
  append_field(chaincode_id, 2, event.chaincode);
  if (!event.private_writes.empty()) append_field(action, 1, results(event));
  append_field(action, 2, chaincode_event);
  append_field(action, 4, chaincode_id);
  append_field(response, 2, action);
  append_field(endorsed, 1, response);
  append_field(action_payload, 2, endorsed);

  std::string transaction_action, transaction, payload, envelope;
  append_field(transaction_action, 2, action_payload);
  append_field(transaction, 1, transaction_action);
  append_field(payload, 1, header);
  append_field(payload, 2, transaction);
  append_field(envelope, 1, payload);
  return envelope;
}

}  // namespace

TestChain::TestChain(std::string seed) : seed_(std::move(seed)) {
  add();
}

std::string& TestChain::add(const std::vector<TestEvent>& events) {
  tests::BlockParts parts;
  parts.number = blocks_.size();
  if (!hashes_.empty()) parts.previous_hash = hashes_.back();
  std::string codes;
  for (const TestEvent& event : events) {
    const std::string id =
        seed_ + "-" + std::to_string(parts.number) + "-" + std::to_string(codes.size());
    parts.transactions.push_back(transaction(id, event));
    codes += static_cast<char>(event.code);
  }
  if (events.empty()) {
    parts.transactions.push_back(
        transaction(seed_ + std::to_string(parts.number), {"", "", "quiet"}));
    codes += '\1';
  }
  parts.metadata.resize(5);
  parts.metadata[2] = codes;
  tests::rehash(parts);
  hashes_.emplace_back(
      view(decode::header_hash(parts.number, parts.previous_hash, parts.data_hash)));
  return blocks_.emplace_back(tests::to_common_block(parts));
}

void TestChain::fork_at(uint64_t block) {
  blocks_.resize(block);
  hashes_.resize(block);
  seed_ += "-fork";
}

std::string TestChain::genesis() const {
  return hex(hashes_.front());
}

std::string TestChain::id(uint64_t block, uint32_t transaction) const {
  const std::string genesis_hex = genesis();
  return event::Position{genesis_hex, block, transaction, event::Kind::chaincode_event, 0}.id();
}

std::string private_set(const TestEvent& event, const std::string& collection) {
  std::string name_space, set;
  append_field(name_space, 1, event.chaincode);
  each_collection(event, [&](const std::string& name, const auto& writes) {
    if (!collection.empty() && collection != name) return;
    std::string kv, held;
    for (const TestPrivateWrite& write : writes) {
      std::string one;
      append_field(one, 1, write.key);
      append_field(one, 3, write.value);
      append_field(kv, 3, one);
    }
    append_field(held, 1, name);
    append_field(held, 2, kv);
    append_field(name_space, 2, held);
  });
  append_field(set, 2, name_space);
  return set;
}

TestChain numbered_chain(uint64_t height, const std::string& seed) {
  TestChain chain(seed);
  while (chain.blocks().size() < height) {
    chain.add({{"E", "{\"n\":" + std::to_string(chain.blocks().size()) + "}"}});
  }
  return chain;
}

namespace {

TEST(TestChain, IsWhatTheDecoderTakesForABlock) {
  TestChain chain;
  chain.add({{"DonationCreated", R"({"amount":5})"}, {"Other", "x", "audit", 11}});
  const auto bytes = std::make_shared<const std::string>(chain.blocks()[1]);
  const auto block = decode::parse_block(bytes, *bytes);
  ASSERT_TRUE(block) << block.error().message;
  EXPECT_EQ(block->number, 1u);
  EXPECT_EQ(block->data_hash, view(decode::data_hash(*block)));
  std::vector<std::string> seen;
  const std::string genesis = chain.genesis();
  decode::walk(*block, {.genesis = genesis, .kinds = decode::bit(event::Kind::chaincode_event)}, 0,
               [&](const event::Event& event) {
                 seen.push_back(std::string(event.chaincode) + " " + std::string(event.event_name) +
                                " " + std::string(event.payload) + " " +
                                std::to_string(event.validation_code));
                 EXPECT_EQ(event.position.id(), chain.id(1, event.position.transaction));
                 return true;
               });
  EXPECT_EQ(seen, (std::vector<std::string>{R"(ngo DonationCreated {"amount":5} 0)",
                                            "audit Other x 11"}));
}

}  // namespace
}  // namespace belfry::pipeline
