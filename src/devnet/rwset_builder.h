// The two read-write sets of a transaction while it is simulated, and their bytes. For
// simulator.cc.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/reader.h"
#include "ledger/rwset/kvrwset/kv_rwset.pb.h"

namespace belfry::devnet {

struct PrivateWrite {
  std::string value;  // empty deletes
  bool purge = false;
};

// Keys are the plain ones here; hashes are made when the bytes are.
struct CollectionSets {
  std::map<std::string, std::optional<ledger::Version>> reads;
  std::map<std::string, PrivateWrite> writes;
  std::map<std::string, std::map<std::string, std::string>> metadata;
};

struct NamespaceSets {
  std::map<std::string, std::optional<ledger::Version>> reads;
  std::map<std::string, std::string> writes;  // an empty value deletes
  std::map<std::string, std::map<std::string, std::string>> metadata;
  std::vector<::kvrwset::RangeQueryInfo> ranges;  // in order, each once
  std::map<std::string, CollectionSets> collections;
};

using TransactionSets = std::map<std::string, NamespaceSets>;

// rwset.TxReadWriteSet and rwset.TxPvtReadWriteSet (empty without private writes). The public one
// carries the sha256 of each collection's private one, so they are made together.
struct SetBytes {
  std::string public_set, private_set;
};
SetBytes serialize(const TransactionSets& sets);

}  // namespace belfry::devnet
