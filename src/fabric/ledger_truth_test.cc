// Every line of a recorded ledger's truth, made by other decoders, is made again here from the same
// bytes: by decode/transaction.h and decode/rwset.h for all that there is, and by decode/events.h
// for what events carry.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/json.h"
#include "decode/events.h"
#include "decode/rwset.h"
#include "decode/transaction.h"
#include "decode/wire.h"
#include "fabric/creator_names.h"
#include "support/ledger.h"
#include "support/xz.h"

namespace belfry::fabric {
namespace {

using decode::Part;
using decode::Transaction;

constexpr size_t kNgoLines = 2479;

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}
std::string json_or_null(bool present, std::string_view text) {
  return present ? json(text) : "null";
}
std::string boolean(bool value) {
  return value ? "true" : "false";
}

template <class Items, class ToJson>
std::string list(const Items& items, ToJson to_json) {
  std::string out = "[";
  for (const auto& item : items) (out += out.size() > 1 ? "," : "") += to_json(item);
  return out += "]";
}

std::string write_json(std::string_view name_space, std::string_view key, bool is_delete,
                       std::string_view value) {
  return "{\"namespace\":" + json(name_space) + ",\"key\":" + json(key) +
         ",\"delete\":" + boolean(is_delete) + ",\"value_base64\":" + json(base64(value)) + "}";
}

std::string hashes_json(const decode::HashedCollection& collection) {
  return "{\"namespace\":" + json(collection.name_space) +
         ",\"collection\":" + json(collection.collection) +
         ",\"reads\":" + std::to_string(collection.reads) +
         ",\"writes\":" + std::to_string(collection.writes.size()) + ",\"write_hashes\":" +
         list(collection.writes,
              [](const decode::HashedWrite& write) {
                return "{\"key_hash\":" + json(hex(write.key_hash)) +
                       ",\"value_hash\":" + json(hex(write.value_hash)) +
                       ",\"delete\":" + boolean(write.is_delete) +
                       ",\"purge\":" + boolean(write.is_purge) + "}";
              }) +
         ",\"metadata_writes\":" + std::to_string(collection.metadata_writes) +
         ",\"rwset_hash\":" + json(hex(collection.rwset_hash)) + "}";
}

std::string metadata_json(const decode::MetadataWrite& write) {
  return "{\"namespace\":" + json(write.name_space) + ",\"key\":" + json(write.key) +
         ",\"names\":" + list(write.names, json) + "}";
}

std::string msp_json(std::string_view identity) {
  decode::Identity parts;
  return decode::read_identity(identity, parts) ? json(parts.msp) : "null";
}

// The members of a transaction's line that hang on its action's results.
std::string results_json(const Transaction& tx, std::vector<std::string>& undecodable) {
  if (!tx.has_action)
    return "\"writes\":null,\"reads_count\":null,\"range_queries\":null,\"metadata_writes\":null,"
           "\"private_hashes\":null";
  decode::ReadWriteSet set;
  if (!read_rwset(tx.results, decode::Detail::all, set)) undecodable.emplace_back("results");
  return "\"writes\":" +
         list(set.writes,
              [](const decode::Write& write) {
                return write_json(write.name_space, write.key, write.is_delete, write.value);
              }) +
         ",\"reads_count\":" + std::to_string(set.reads) +
         ",\"range_queries\":" + std::to_string(set.range_queries) +
         ",\"metadata_writes\":" + list(set.metadata_writes, metadata_json) +
         ",\"private_hashes\":" + list(set.collections, hashes_json);
}

std::string event_json(const Transaction& tx, std::vector<std::string>& undecodable) {
  decode::ChaincodeEvent event;
  if (tx.event.empty()) return "null";
  if (!read_event(tx.event, event)) {
    undecodable.emplace_back("event");
    return "null";
  }
  return "{\"name\":" + json(event.name) + ",\"payload_base64\":" + json(base64(event.payload)) +
         ",\"chaincode\":" + json(event.chaincode) + ",\"tx_id\":" + json(event.transaction_id) +
         "}";
}

std::string transaction_line(const decode::Block& block, size_t index, CreatorNames& names) {
  const Transaction tx = decode::read_transaction(block.transactions[index]);
  const auto code = static_cast<uint8_t>(block.metadata[2][index]);
  std::vector<std::string> undecodable;
  for (int part = 0; part <= static_cast<int>(Part::private_data); ++part)
    if (tx.undecodable(static_cast<Part>(part)))
      undecodable.emplace_back(name(static_cast<Part>(part)));

  const bool endorsed = !tx.action_payload.empty();
  std::vector<std::string_view> arguments;
  EXPECT_TRUE(decode::read_arguments(tx.proposal_payload, arguments));
  const auto type = event::header_type_name(tx.type);
  std::string line = "{\"kind\":\"tx\",\"block\":" + std::to_string(block.number) +
                     ",\"tx_index\":" + std::to_string(index) + ",\"tx_id\":" + json(tx.id) +
                     ",\"type\":" + std::to_string(tx.type) +
                     ",\"type_name\":" + json_or_null(!type.starts_with("TYPE_"), type) +
                     ",\"validation_code\":" + std::to_string(code) +
                     ",\"validation_name\":" + json(event::validation_name(code)) +
                     ",\"timestamp\":" + json(to_rfc3339(tx.time)) +
                     ",\"channel\":" + json(tx.channel) + ",\"creator\":";
  line += tx.creator_msp.empty() ? "null"
                                 : "{\"mspid\":" + json(tx.creator_msp) +
                                       ",\"cn\":" + json(names.name(tx.creator)) + "}";
  line += ",\"chaincode\":";
  line += tx.has_action
              ? "{\"name\":" + json(tx.chaincode) + ",\"version\":" + json(tx.version) + "}"
              : "null";
  line += ",\"function_args_base64\":";
  line += endorsed ? list(arguments, [](auto argument) { return json(base64(argument)); }) : "null";
  line += ",\"endorsers\":";
  line += endorsed ? list(endorsers(tx), msp_json) : "null";
  line += ",\"event\":" + event_json(tx, undecodable);
  line += ",\"response_status\":" + (tx.has_action ? std::to_string(tx.response_status) : "null");
  line += "," + results_json(tx, undecodable);
  if (tx.has_extension && !tx.undecodable(Part::header_extension))
    line += ",\"header_chaincode\":" + json(tx.header_chaincode);
  if (!undecodable.empty()) line += ",\"undecodable\":" + list(undecodable, json);
  return line + "}";
}

// Metadata{1: value, 2: repeated MetadataSignature{1: signature header}}
struct Metadata {
  std::string_view value;
  std::vector<std::string_view> creators;
};
Metadata read_metadata(std::string_view slot) {
  Metadata out;
  decode::wire::Reader fields(slot);
  while (fields.next()) {
    if (fields.tag() == decode::wire::bytes(1)) out.value = fields.bytes();
    if (fields.tag() != decode::wire::bytes(2)) continue;
    decode::wire::Reader signature(fields.bytes());
    while (signature.next()) {
      if (signature.tag() != decode::wire::bytes(1)) continue;
      decode::wire::Reader header(signature.bytes());
      while (header.next())
        if (header.tag() == decode::wire::bytes(1)) out.creators.push_back(header.bytes());
    }
  }
  return out;
}

// OrdererBlockMetadata{1: LastConfig{1: index}}
uint64_t last_config(std::string_view value) {
  uint64_t index = 0;
  decode::wire::Reader fields(value);
  while (fields.next()) {
    if (fields.tag() != decode::wire::bytes(1)) continue;
    decode::wire::Reader config(fields.bytes());
    while (config.next())
      if (config.tag() == decode::wire::varint(1)) index = config.value();
  }
  return index;
}

std::string block_line(const decode::Block& block) {
  const Metadata orderer = read_metadata(block.metadata[0]);
  const Metadata commit = read_metadata(block.metadata[4]);
  return "{\"kind\":\"block\",\"block\":" + std::to_string(block.number) +
         ",\"previous_hash\":" + json(hex(block.previous_hash)) +
         ",\"data_hash\":" + json(hex(block.data_hash)) +
         ",\"header_hash\":" + json(hex(view(decode::header_hash(block)))) +
         ",\"data_hash_recomputed\":" + boolean(view(decode::data_hash(block)) == block.data_hash) +
         ",\"tx_count\":" + std::to_string(block.transactions.size()) +
         ",\"orderer_signers\":" + list(orderer.creators, msp_json) +
         ",\"last_config\":" + std::to_string(last_config(orderer.value)) +
         ",\"commit_hash\":" + (commit.value.empty() ? "null" : json(hex(commit.value))) +
         ",\"metadata_lengths\":" +
         list(block.metadata, [](auto slot) { return std::to_string(slot.size()); }) + "}";
}

decode::Block block_of(const tests::Ledger& ledger, size_t number) {
  auto block = decode::parse_block_file_record(nullptr, ledger.record(number));
  EXPECT_TRUE(block);
  return *std::move(block);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return out;
}

TEST(LedgerTruth, EveryLineIsReproduced) {
  const auto& ledger = tests::ngo_ledger();
  const auto truth = tests::read_data("ledgers/ngo-3.1/truth.jsonl.xz");
  const auto lines = lines_of(truth);
  ASSERT_EQ(lines.size(), kNgoLines);
  CreatorNames names;
  size_t at = 0;
  for (size_t number = 0; number < ledger.height(); ++number) {
    const auto block = block_of(ledger, number);
    EXPECT_EQ(block_line(block), lines.at(at++));
    for (size_t i = 0; i < block.transactions.size(); ++i) {
      const auto line = transaction_line(block, i, names);
      const auto expected = lines.at(at++);
      // Not EXPECT_EQ: some lines are of megabytes.
      EXPECT_TRUE(line == expected) << line.substr(0, 2000) << "\n" << expected.substr(0, 2000);
    }
  }
  EXPECT_EQ(at, lines.size());
}

// What the events say, put into the form of the truth's members.
struct FromEvents {
  std::string transaction, event = "null", writes = "[]";
};

std::vector<FromEvents> events_of(const decode::Block& block, CreatorNames& names) {
  std::vector<FromEvents> out(block.transactions.size());
  decode::WalkOptions options;
  options.creator_name = names.resolver();
  EXPECT_TRUE(walk(block, options, 0, [&](const event::Event& event) {
    auto& made = out.at(event.position.transaction);
    switch (event.position.kind) {
      case event::Kind::block:
        break;
      case event::Kind::transaction:
        made.transaction =
            "\"tx_id\":" + json(event.transaction_id) +
            ",\"type\":" + std::to_string(event.header_type) + "|" +
            "\"validation_code\":" + std::to_string(event.validation_code) + "|" +
            "\"timestamp\":" + json(to_rfc3339(event.time)) + "|\"creator\":" +
            (event.creator.msp.empty() ? "null"
                                       : "{\"mspid\":" + json(event.creator.msp) +
                                             ",\"cn\":" + json(event.creator.name) + "}");
        break;
      case event::Kind::chaincode_event:
        made.event = "{\"name\":" + json(event.event_name) +
                     ",\"payload_base64\":" + json(base64(event.payload)) +
                     ",\"chaincode\":" + json(event.chaincode);
        break;
      case event::Kind::write:
        made.writes.insert(made.writes.size() - 1, (made.writes.size() > 2 ? "," : "") +
                                                       write_json(event.chaincode, event.key,
                                                                  event.is_delete, event.payload));
        EXPECT_EQ(event.has_payload, !event.is_delete);
        break;
    }
    return true;
  }));
  return out;
}

TEST(LedgerTruth, EventsSayTheSame) {
  const auto& ledger = tests::ngo_ledger();
  const auto truth = tests::read_data("ledgers/ngo-3.1/truth.jsonl.xz");
  const auto lines = lines_of(truth);
  CreatorNames names;
  size_t at = 0;
  for (size_t number = 0; number < ledger.height(); ++number) {
    ++at;
    for (const auto& made : events_of(block_of(ledger, number), names)) {
      const auto line = lines.at(at++);
      std::string_view parts = made.transaction;
      while (!parts.empty()) {
        const size_t end = parts.find('|');
        EXPECT_NE(line.find(parts.substr(0, end)), line.npos) << parts << "\n"
                                                              << line.substr(0, 900);
        parts.remove_prefix(std::min(parts.size(), end == parts.npos ? end : end + 1));
      }
      EXPECT_NE(line.find("\"event\":" + made.event), line.npos) << line.substr(0, 900);
      const bool null = line.find("\"writes\":null") != line.npos;
      EXPECT_TRUE(null ? made.writes == "[]"
                       : line.find("\"writes\":" + made.writes + ",") != line.npos)
          << line.substr(0, 900);
    }
  }
  EXPECT_EQ(at, lines.size());
}

}  // namespace
}  // namespace belfry::fabric
