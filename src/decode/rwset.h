// What a transaction read and wrote: Fabric's read-write sets, public and private, as views.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace belfry::decode {

struct Write {
  std::string_view name_space;
  std::string_view key;
  std::string_view value;
  bool is_delete = false;
};

struct HashedWrite {
  std::string_view key_hash, value_hash;
  bool is_delete = false;
  bool is_purge = false;
};

// What all peers see of one private collection: hashes only.
struct HashedCollection {
  std::string_view name_space, collection, rwset_hash;
  std::vector<HashedWrite> writes;  // in the order of the private write set
  size_t reads = 0, metadata_writes = 0;
};

struct MetadataWrite {  // key-level endorsement
  std::string_view name_space, key;
  std::vector<std::string_view> names;
};

struct ReadWriteSet {
  std::vector<Write> writes;  // in the set's order: namespaces, then keys, both sorted
  std::vector<HashedCollection> collections;
  std::vector<MetadataWrite> metadata_writes;
  size_t reads = 0, range_queries = 0;
};

enum class Detail {
  writes,       // fills only `writes`, for events
  collections,  // and `collections`
  all,
};

// Reads a serialized rwset.TxReadWriteSet over what `out` holds. False, leaving it empty, when it
// does not decode.
[[nodiscard]] bool read_rwset(std::string_view results, Detail detail, ReadWriteSet& out);

struct PrivateWrite {
  std::string_view name_space, collection, key, value;
  bool is_delete = false;
  uint32_t place = 0;  // of its hash among the transaction's hashed writes, over all collections
};

// The private writes of a serialized rwset.TxPvtReadWriteSet that the block vouches for: those
// whose key and value have the hashes that stand in `collections`. Others are left out: nothing
// says that they are the ledger's. A peer that lacks a collection changes nobody's place. False,
// leaving `out` empty, when the bytes do not decode.
[[nodiscard]] bool read_private_writes(std::string_view private_set,
                                       const std::vector<HashedCollection>& collections,
                                       std::vector<PrivateWrite>& out);

}  // namespace belfry::decode
