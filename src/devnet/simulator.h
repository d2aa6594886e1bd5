// Runs one transaction's reads and writes against a channel's committed state without changing it,
// and remembers them: the read-write set that the endorser signs and validation judges.
//
//   chaincode ──requests──▶ handler ──▶ Simulator ──▶ ledger::Reader
//                                          └─ results() ─▶ endorser
//
// As on a real peer, a transaction does not see its own writes; a paginated query or one over
// private data makes it read-only; ranges are remembered for the phantom check
// (ledger/range_summary.h). Error texts are Fabric's. The bytes of results() equal those of a real
// peer's simulator for the same calls: namespaces, keys and collections sorted, ranges in the order
// they were opened.
//
// Not thread-safe: a transaction's requests come one after another.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/reader.h"

namespace belfry::devnet {

class Simulator;

// Which collections a chaincode has. What it has to read for that it reads through the simulator,
// because a real peer's transactions carry those reads.
class Collections {
 public:
  virtual ~Collections() = default;
  // Whether this peer holds the collection's values (its organisation is a member); an error, in
  // Fabric's words, when the chaincode has no such collection.
  virtual Result<bool> held(Simulator& through, const std::string& name_space,
                            const std::string& collection) const = 0;
};

struct KeyAndValue {
  std::string key;
  std::string value;
};

// One query's results, read on demand. Belongs to the simulator that opened it.
class Scan {
 public:
  virtual ~Scan() = default;
  virtual std::optional<KeyAndValue> next() = 0;
  // The key that would come next; empty at the end. For paginated queries, once, at their end.
  virtual std::string bookmark() { return {}; }
};

using Metadata = std::map<std::string, std::string>;

class Simulator {
 public:
  // The reader and the collections must outlive it.
  Simulator(const ledger::Reader& state, const Collections& collections,
            std::string transaction_id);
  ~Simulator();
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  const std::string& transaction_id() const { return transaction_id_; }

  std::optional<std::string> get(const std::string& name_space, const std::string& key);
  // Without remembering that it was read: what a peer knows from its own caches.
  const ledger::Reader& committed() const { return state_; }
  Metadata metadata(const std::string& name_space, const std::string& key);
  Result<void> put(const std::string& name_space, const std::string& key, std::string value);
  Result<void> erase(const std::string& name_space, const std::string& key);
  Result<void> put_metadata(const std::string& name_space, const std::string& key,
                            const Metadata& metadata);

  // Keys of [from, to); an empty `to` is the end of the namespace.
  Scan* range(const std::string& name_space, std::string from, std::string to);
  // page = 0 is no page at all, as Fabric has it.
  Result<Scan*> page(const std::string& name_space, std::string from, std::string to, int32_t page);

  Result<std::optional<std::string>> get_private(const std::string& name_space,
                                                 const std::string& collection,
                                                 const std::string& key);
  Result<std::optional<std::string>> get_private_hash(const std::string& name_space,
                                                      const std::string& collection,
                                                      const std::string& key);
  Result<Metadata> private_metadata(const std::string& name_space, const std::string& collection,
                                    const std::string& key);
  Result<void> put_private(const std::string& name_space, const std::string& collection,
                           const std::string& key, std::string value);
  Result<void> erase_private(const std::string& name_space, const std::string& collection,
                             const std::string& key);
  Result<void> purge_private(const std::string& name_space, const std::string& collection,
                             const std::string& key);
  Result<void> put_private_metadata(const std::string& name_space, const std::string& collection,
                                    const std::string& key, const Metadata& metadata);
  Result<Scan*> private_range(const std::string& name_space, const std::string& collection,
                              std::string from, std::string to);

  // Whose consent the keys written want.
  struct Written {
    std::vector<std::string>
        policies;        // of keys with their own: SignaturePolicyEnvelopes, each once
    bool plain = false;  // a key without one: the chaincode's or the collection's
  };
  struct Results {
    std::string public_set;   // rwset.TxReadWriteSet
    std::string private_set;  // rwset.TxPvtReadWriteSet; empty when nothing private was written
    // Whose private values were read: (namespace, collection), sorted.
    std::vector<std::pair<std::string, std::string>> private_reads;
    bool wrote = false;  // anything at all
    // Namespaces that the public set names, sorted.
    std::vector<std::string> name_spaces;
    // By (namespace, collection) of what was written: "" stands for the public state.
    std::map<std::pair<std::string, std::string>, Written> written;
  };
  Results results();  // once

 private:
  struct Sets;
  class RangeScan;
  class PrivateScan;

  Result<void> may_write();
  Result<bool> held(const std::string& name_space, const std::string& collection);
  void note_write(const std::string& name_space, const std::string& collection,
                  const std::optional<ledger::Value>& committed);

  const ledger::Reader& state_;
  const Collections& collections_;
  const std::string transaction_id_;
  std::unique_ptr<Sets> sets_;
  std::map<std::pair<std::string, std::string>, bool> held_;
  std::vector<std::unique_ptr<Scan>> scans_;
  std::vector<RangeScan*> ranges_;
  std::map<std::pair<std::string, std::string>, Written> written_;
  bool wrote_ = false, queried_private_ = false, paginated_ = false;
};

}  // namespace belfry::devnet
