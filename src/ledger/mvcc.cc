#include "ledger/mvcc.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "ledger/ledger.h"
#include "ledger/range_summary.h"

namespace belfry::ledger {
namespace {

// Anything that a transaction before it in the block wrote was not there to be read.
bool still_so(const State& state, const Updates& updates, Space space,
              const std::vector<KeyRead>& reads) {
  return std::all_of(reads.begin(), reads.end(), [&](const KeyRead& read) {
    if (updates.find(space, read.key) != nullptr) return false;
    const Value* value = state.find(space, read.key);
    return read.version ? value != nullptr && value->version == *read.version : value == nullptr;
  });
}

// Calls visit(key, version) over the state as the updates leave it; false from visit ends it.
template <class Visit>
void walk_range(const State& state, const Updates& updates, const RangeRead& range, Space space,
                const Visit& visit) {
  // A simulator that did not read to the end of the range notes the last key it saw as the end.
  const auto in_range = [&](const std::string& key) {
    const int order = key.compare(range.end);
    return range.end.empty() || (range.exhausted ? order < 0 : order <= 0);
  };
  static const Keys<Value> no_values;
  static const Keys<Updates::Change> no_changes;
  const auto* values = state.find(space);
  const auto* changes = updates.find(space);
  if (values == nullptr) values = &no_values;
  if (changes == nullptr) changes = &no_changes;
  auto value = values->lower_bound(range.start);
  auto change = changes->lower_bound(range.start);
  while (true) {
    const bool has_value = value != values->end() && in_range(value->first);
    const bool has_change = change != changes->end() && in_range(change->first);
    if (!has_value && !has_change) return;
    if (has_change && (!has_value || change->first <= value->first)) {
      if (has_value && value->first == change->first) ++value;
      if (change->second.value && !visit(change->first, change->second.version)) return;
      ++change;
    } else {
      if (!visit(value->first, value->second.version)) return;
      ++value;
    }
  }
}

bool same_reads(const State& state, const Updates& updates, const RangeRead& range, Space space) {
  size_t at = 0;
  bool same = true;
  walk_range(state, updates, range, space, [&](const std::string& key, const Version& version) {
    same = at < range.reads.size() && range.reads[at].key == key &&
           range.reads[at].version.value_or(Version()) == version;
    ++at;
    return same;
  });
  return same && at == range.reads.size();
}

bool same_hashes(const State& state, const Updates& updates, const RangeRead& range, Space space) {
  if (range.max_degree < 2) return false;
  RangeSummary summary(range.max_degree);
  walk_range(state, updates, range, space, [&](const std::string& key, const Version& version) {
    summary.add(key, version);
    return true;
  });
  summary.finish();
  return summary.hashed() && summary.max_level() == range.max_level &&
         std::equal(summary.max_level_hashes().begin(), summary.max_level_hashes().end(),
                    range.max_level_hashes.begin(), range.max_level_hashes.end());
}

// What a transaction does to one key: its last write and its last metadata.
struct Operation {
  const KeyWrite* write = nullptr;
  const KeyMetadata* metadata = nullptr;
  bool deletes = false;  // once deleted, whatever else the set holds
};

void apply(const State& state, Updates& updates, Space space, std::string_view key,
           const Operation& operation, const Version& version) {
  if (operation.deletes) return updates.erase(space, key, version);
  // The value as the transactions before left it. One that they deleted counts as it was before
  // the block, as Fabric has it.
  const Updates::Change* change = updates.find(space, key);
  const Value* before =
      change != nullptr && change->value ? &*change->value : state.find(space, key);
  Value value{.version = version};
  if (operation.write != nullptr)
    value.bytes = operation.write->value;
  else if (before != nullptr)
    value.bytes = before->bytes;
  else
    return;
  if (operation.metadata != nullptr)
    value.metadata = join_metadata(operation.metadata->entries);
  else if (before != nullptr)
    value.metadata = before->metadata;
  updates.put(space, key, std::move(value));
}

void apply(const State& state, Updates& updates, Space space, const KeySet& set,
           const Version& version) {
  if (set.metadata.empty()) {  // nearly always; a set names a key once
    for (const KeyWrite& write : set.writes)
      apply(state, updates, space, write.key,
            {.write = &write, .deletes = write.is_delete || write.is_purge}, version);
    return;
  }
  std::map<std::string_view, Operation> operations;
  for (const KeyWrite& write : set.writes) {
    Operation& operation = operations[write.key];
    operation.write = &write;
    operation.deletes |= write.is_delete || write.is_purge;
  }
  for (const KeyMetadata& metadata : set.metadata) operations[metadata.key].metadata = &metadata;
  for (const auto& [key, operation] : operations)
    apply(state, updates, space, key, operation, version);
}

}  // namespace

uint8_t check_reads(const State& state, const Updates& updates,
                    const std::vector<NamespaceSet>& sets) {
  for (const NamespaceSet& set : sets) {
    const Space space{set.name_space, {}};
    if (!still_so(state, updates, space, set.set.reads)) return code::kMvccReadConflict;
    for (const RangeRead& range : set.set.ranges)
      if (!(range.hashed ? same_hashes(state, updates, range, space)
                         : same_reads(state, updates, range, space)))
        return code::kPhantomReadConflict;
    for (const CollectionSet& collection : set.collections)
      if (!still_so(state, updates, {set.name_space, collection.collection},
                    collection.hashed.reads))
        return code::kMvccReadConflict;
  }
  return code::kValid;
}

void add_writes(const State& state, Updates& updates, const std::vector<NamespaceSet>& sets,
                const Version& version) {
  for (const NamespaceSet& set : sets) {
    apply(state, updates, {set.name_space, {}}, set.set, version);
    for (const CollectionSet& collection : set.collections)
      apply(state, updates, {set.name_space, collection.collection}, collection.hashed, version);
  }
}

}  // namespace belfry::ledger
