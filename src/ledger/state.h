// A channel's state in memory: public values and the hashes of private ones, each with version and
// metadata; and the changes one block makes to it.
//
// A collection's hashes are a space of their own beside the namespace's public one, keyed by
// sha256 of the key, with sha256 of the value as value, as Fabric has it. Not thread-safe:
// ledger/ledger.h guards it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ledger/reader.h"

namespace belfry::ledger {

// A namespace's public keys (no collection), or one collection's hashes.
struct Space {
  std::string_view name_space, collection;
};

struct SpaceOrder {
  using is_transparent = void;
  using Name = std::pair<std::string, std::string>;
  static Space view(const Name& name) { return {name.first, name.second}; }
  static Space view(const Space& space) { return space; }
  template <class A, class B>
  bool operator()(const A& a, const B& b) const {
    const Space left = view(a), right = view(b);
    return left.name_space != right.name_space ? left.name_space < right.name_space
                                               : left.collection < right.collection;
  }
};

template <class T>
using Keys = std::map<std::string, T, std::less<>>;
template <class T>
using Spaces = std::map<SpaceOrder::Name, Keys<T>, SpaceOrder>;

class State {
 public:
  // Null when there is none; valid until the next change.
  const Value* find(Space space, std::string_view key) const;
  const Keys<Value>* find(Space space) const;

  void put(Space space, std::string_view key, Value value);
  void erase(Space space, std::string_view key);

 private:
  Spaces<Value> spaces_;
};

// What the valid transactions of one block change, later ones over earlier ones. Nothing in the
// place of a value: it is deleted.
class Updates {
 public:
  struct Change {
    std::optional<Value> value;
    Version version;  // of the transaction that made the change
  };

  const Change* find(Space space, std::string_view key) const;  // null: it does not change
  const Keys<Change>* find(Space space) const;
  const Spaces<Change>& all() const { return spaces_; }
  void put(Space space, std::string_view key, Value value);
  void erase(Space space, std::string_view key, const Version& version);
  // Copies them: an update is kept when the block is done.
  void apply_to(State& state) const;

 private:
  Spaces<Change> spaces_;
};

// Fabric's commit hash: over the codes, the updates in order, and the hash before it. It stands in
// metadata slot 4 of every block but the first.
std::string commit_hash(std::string_view codes, const Updates& updates, std::string_view before);

}  // namespace belfry::ledger
