// What a transaction read and wrote, in full: every read with its version, ranges, writes, metadata
// and the hashed sets of private collections, as views into the serialized rwset.TxReadWriteSet.
//
// decode/rwset.h reads the same bytes for events, which need no versions. Here the committer needs
// them all: to compare reads with the state (mvcc.h) and to apply writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "ledger/reader.h"

namespace belfry::ledger {

struct KeyRead {
  std::string_view key;
  std::optional<Version> version;  // none: the key was not there
};

struct RangeRead {
  std::string_view start, end;
  bool exhausted = false;
  std::vector<KeyRead> reads;  // raw, or else:
  bool hashed = false;
  uint32_t max_degree = 0, max_level = 0;
  std::vector<std::string_view> max_level_hashes;
};

struct KeyWrite {
  std::string_view key, value;
  bool is_delete = false;  // an empty value is a delete, too
  bool is_purge = false;   // hashed writes only
};

struct KeyMetadata {
  std::string_view key;
  std::vector<std::string_view> entries;  // serialized kvrwset.KVMetadataEntry; none: removed
};

// The public part of a namespace, or, with hashes for keys and values, a private collection's.
struct KeySet {
  std::vector<KeyRead> reads;
  std::vector<RangeRead> ranges;
  std::vector<KeyWrite> writes;
  std::vector<KeyMetadata> metadata;

  bool changes() const { return !writes.empty() || !metadata.empty(); }
};

struct CollectionSet {
  std::string_view collection;
  KeySet hashed;
  std::string_view private_hash;  // of the serialized private set; empty: there is none
};

struct NamespaceSet {
  std::string_view name_space;
  KeySet set;
  std::vector<CollectionSet> collections;

  bool changes() const;
};

// False when the bytes do not decode, in full or in a part of them.
[[nodiscard]] bool read_sets(std::string_view results, std::vector<NamespaceSet>& out);

// One collection of a rwset.TxPvtReadWriteSet.
struct PrivateCollection {
  std::string_view name_space, collection;
  std::string_view bytes;  // serialized kvrwset.KVRWSet, whose hash the block holds
};
[[nodiscard]] bool read_private_sets(std::string_view set, std::vector<PrivateCollection>& out);
// A serialized kvrwset.KVRWSet.
[[nodiscard]] bool read_key_set(std::string_view bytes, KeySet& out);

// A metadata's entry: {name, value}. False when it does not decode.
struct MetadataEntry {
  std::string_view name, value;
};
[[nodiscard]] bool read_metadata_entry(std::string_view bytes, MetadataEntry& out);
// What a state entry keeps of its metadata: the entries as fields of a kvrwset.KVMetadataWrite.
std::string join_metadata(const std::vector<std::string_view>& entries);
// The value of one name in what join_metadata made; none when it is not there.
std::optional<std::string_view> find_metadata(std::string_view joined, std::string_view name);

}  // namespace belfry::ledger
