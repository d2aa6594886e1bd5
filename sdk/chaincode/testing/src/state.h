// The committed state of a test ledger: values with versions, and their history.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "belfry/chaincode/peer.h"

namespace belfry::chaincode::testing {

// Namespace (the chaincode), collection (empty: public), key.
using Where = std::tuple<std::string, std::string, std::string>;
// The number of the transaction that wrote a value; none where there is no value.
using Version = std::optional<std::uint64_t>;

struct Value {
  std::string text;
  std::uint64_t version = 0;
  std::string policy;  // of the key, empty: the chaincode's
};

class State {
 public:
  const Value* find(const Where& where) const;
  Version version(const Where& where) const;
  // Keys of one namespace and collection from (inclusive) to (exclusive; empty: all).
  std::vector<std::pair<std::string, Value>> range(const std::string& space,
                                                   const RangeRequest& request) const;
  std::vector<Change> history(const Where& where) const;  // newest first

  void apply(const std::string& space, const Write& write, std::uint64_t version,
             const std::string& transaction, Time time);

 private:
  std::map<Where, Value> values_;
  std::map<Where, std::vector<Change>> history_;  // oldest first; public keys only
};

}  // namespace belfry::chaincode::testing
