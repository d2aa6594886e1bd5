// Committed state in a few maps, for tests of what reads it: a ledger::Reader whose contents the
// test writes itself, or folds from recorded transactions.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/hash.h"
#include "ledger/reader.h"

namespace belfry::devnet {

class MapReader final : public ledger::Reader {
 public:
  using Place = std::pair<std::string, std::string>;  // namespace (and collection), key
  std::map<Place, ledger::Value> values, private_values, private_hashes;
  std::map<Place, std::vector<ledger::Modification>> histories;  // the newest first

  static std::string of(std::string_view name_space, std::string_view collection) {
    return std::string(name_space) + '/' + std::string(collection);
  }
  // A private value and its hash.
  void put_private(std::string_view name_space, std::string_view collection, std::string_view key,
                   std::string_view value, ledger::Version version) {
    const std::string place = of(name_space, collection);
    private_values[{place, std::string(key)}] = {std::string(value), version, {}};
    private_hashes[{place, std::string(view(sha256(key)))}] = {
        std::string(view(sha256(value))), version, {}};
  }

  std::optional<ledger::Value> get(std::string_view name_space,
                                   std::string_view key) const override {
    return find(values, std::string(name_space), key);
  }
  std::vector<ledger::KeyValue> range(std::string_view name_space, std::string_view from,
                                      std::string_view to, size_t most) const override {
    return scan(values, std::string(name_space), from, to, most);
  }
  std::vector<ledger::Modification> history(std::string_view name_space, std::string_view key,
                                            size_t skip, size_t most) const override {
    const auto found = histories.find({std::string(name_space), std::string(key)});
    if (found == histories.end()) return {};
    const auto& all = found->second;
    const size_t from = std::min(skip, all.size()), to = std::min(from + most, all.size());
    return {all.begin() + static_cast<ptrdiff_t>(from), all.begin() + static_cast<ptrdiff_t>(to)};
  }
  std::optional<ledger::Value> private_hash(std::string_view name_space,
                                            std::string_view collection,
                                            std::string_view key_hash) const override {
    return find(private_hashes, of(name_space, collection), key_hash);
  }
  std::optional<ledger::Value> private_value(std::string_view name_space,
                                             std::string_view collection,
                                             std::string_view key) const override {
    return find(private_values, of(name_space, collection), key);
  }
  std::vector<ledger::KeyValue> private_range(std::string_view name_space,
                                              std::string_view collection, std::string_view from,
                                              std::string_view to, size_t most) const override {
    return scan(private_values, of(name_space, collection), from, to, most);
  }

 private:
  using Map = std::map<Place, ledger::Value>;
  static std::optional<ledger::Value> find(const Map& map, std::string name_space,
                                           std::string_view key) {
    const auto found = map.find({std::move(name_space), std::string(key)});
    return found == map.end() ? std::nullopt : std::optional(found->second);
  }
  static std::vector<ledger::KeyValue> scan(const Map& map, const std::string& name_space,
                                            std::string_view from, std::string_view to,
                                            size_t most) {
    std::vector<ledger::KeyValue> out;
    for (auto at = map.lower_bound({name_space, std::string(from)});
         at != map.end() && at->first.first == name_space && out.size() < most &&
         (to.empty() || at->first.second < to);
         ++at)
      out.push_back({at->first.second, at->second});
    return out;
  }
};

}  // namespace belfry::devnet
