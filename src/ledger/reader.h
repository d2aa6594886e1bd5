// What a chaincode may read of a channel's committed state, and what validation checks it against:
// values with the version that wrote them, ranges, history, and private data with its hashes.
//
//   endorser's simulator ──reads──▶ Reader ◀──reads── validator (MVCC)
//
// ledger/ledger.h implements it for a channel; tests implement it with a map. A reader always
// answers from what is committed at the moment of the call: a transaction that read across a commit
// is found out by validation, as on a real peer.
//
// Keys order as bytes. A namespace is a chaincode's name; a collection belongs to a namespace.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace belfry::ledger {

// Which transaction wrote a value last.
struct Version {
  uint64_t block = 0;
  uint64_t transaction = 0;
  auto operator<=>(const Version&) const = default;
};

struct Value {
  std::string bytes;
  Version version;
  std::string metadata;  // a serialized kvrwset.KVMetadataWrite's entries; empty without any
};

struct KeyValue {
  std::string key;
  Value value;
};

struct Modification {
  std::string transaction_id;
  std::string value;  // empty when deleted
  WallTime time;      // the channel header's
  bool deleted = false;
};

// Thread-safe.
class Reader {
 public:
  virtual ~Reader() = default;

  virtual std::optional<Value> get(std::string_view name_space, std::string_view key) const = 0;
  // At most `most` keys of [from, to) in order; an empty `to` is the end of the namespace.
  virtual std::vector<KeyValue> range(std::string_view name_space, std::string_view from,
                                      std::string_view to, size_t most) const = 0;
  // Valid writes of a key, the newest first, from the `skip`th on.
  virtual std::vector<Modification> history(std::string_view name_space, std::string_view key,
                                            size_t skip, size_t most) const = 0;

  // Private data: `hash` is what every peer knows (key_hash is sha256 of the key; bytes is the
  // value's sha256), the others what a member of the collection holds.
  virtual std::optional<Value> private_hash(std::string_view name_space,
                                            std::string_view collection,
                                            std::string_view key_hash) const = 0;
  virtual std::optional<Value> private_value(std::string_view name_space,
                                             std::string_view collection,
                                             std::string_view key) const = 0;
  virtual std::vector<KeyValue> private_range(std::string_view name_space,
                                              std::string_view collection, std::string_view from,
                                              std::string_view to, size_t most) const = 0;
};

}  // namespace belfry::ledger
