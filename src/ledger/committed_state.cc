#include "ledger/committed_state.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "decode/transaction.h"
#include "decode/wire.h"
#include "ledger/chaincode_definition.h"

namespace belfry::ledger {
namespace {

constexpr size_t kCommitHash = 4;  // metadata slot

// Ids are nearly always 64 hexadecimal digits, which take 32 bytes; others are hashed into as many.
Hash256 id_key(std::string_view id) {
  if (id.size() == 2 * sizeof(Hash256))
    if (auto bytes = unhex(id); bytes && hex(*bytes) == id) {
      Hash256 key;
      std::memcpy(key.data(), bytes->data(), key.size());
      return key;
    }
  return sha256(id);
}

template <class T>
T& slot_of(Spaces<T>& spaces, Space space, std::string_view key) {
  auto found = spaces.find(space);
  if (found == spaces.end())
    found =
        spaces.try_emplace({std::string(space.name_space), std::string(space.collection)}).first;
  auto slot = found->second.find(key);
  if (slot == found->second.end()) slot = found->second.try_emplace(std::string(key)).first;
  return slot->second;
}

template <class T>
const T* find_slot(const Spaces<T>& spaces, Space space, std::string_view key) {
  auto found = spaces.find(space);
  if (found == spaces.end()) return nullptr;
  auto slot = found->second.find(key);
  return slot != found->second.end() ? &slot->second : nullptr;
}

template <class T>
void erase_slot(Spaces<T>& spaces, Space space, std::string_view key) {
  auto found = spaces.find(space);
  if (found == spaces.end()) return;
  auto slot = found->second.find(key);
  if (slot != found->second.end()) found->second.erase(slot);
}

template <class T, class Make>
std::vector<KeyValue> read_range(const Keys<T>* keys, std::string_view from, std::string_view to,
                                 size_t most, const Make& make) {
  std::vector<KeyValue> found;
  if (keys == nullptr) return found;
  for (auto at = keys->lower_bound(from);
       at != keys->end() && found.size() < most && (to.empty() || at->first < to); ++at)
    if (auto value = make(at->first, at->second)) found.push_back({at->first, std::move(*value)});
  return found;
}

}  // namespace

std::string recorded_commit_hash(const decode::Block& block) {
  decode::wire::Reader fields(block.metadata[kCommitHash]);
  std::string_view value;
  while (fields.next())
    if (fields.tag() == decode::wire::bytes(1)) value = fields.bytes();
  return std::string(value);
}

size_t CommittedState::First8::operator()(const Hash256& hash) const {
  size_t first;
  std::memcpy(&first, hash.data(), sizeof(first));
  return first;
}

void CommittedState::apply(const decode::Block& block,
                           const std::vector<SettledTransaction>& transactions,
                           const Updates& updates, PrivateSets private_sets) {
  if (store_ != nullptr) schedule_expiry(updates, block.number);
  updates.apply_to(state_);
  for (const auto& [name, keys] : updates.all()) {
    if (name.second.empty()) continue;
    for (const auto& [key, change] : keys)
      if (!change.value) forget_private(SpaceOrder::view(name), key);
  }
  for (uint32_t i = 0; i < transactions.size(); ++i) {
    const SettledTransaction& each = transactions[i];
    const Version version{block.number, i};
    if (!each.id.empty())
      transactions_.try_emplace(id_key(each.id), TransactionPlace{block.number, i, each.code});
    if (each.config) {
      config_ = each.config;
      config_block_ = block.number;
    }
    if (each.sets == nullptr) continue;
    note_history(*each.sets, version);
    if (store_ != nullptr) purge(*each.sets);
    if (auto set = private_sets.find(i); set != private_sets.end())
      take_private(version, set->second);
  }
  if (store_ != nullptr) {
    if (!private_sets.empty()) store_->insert(block.number, std::move(private_sets));
    expire(block.number);
  }
  info_.previous = block.previous_hash;
  info_.current = decode::header_hash(block);
  info_.height = block.number + 1;
  blocks_.try_emplace(info_.current, block.number);
  commit_hash_ = recorded_commit_hash(block);
}

void CommittedState::note_history(const std::vector<NamespaceSet>& sets, const Version& version) {
  for (const NamespaceSet& set : sets)
    for (const KeyWrite& write : set.set.writes)
      slot_of(history_, {set.name_space, {}}, write.key).push_back(version);
}

// What a chaincode purges is gone from every block before, too.
void CommittedState::purge(const std::vector<NamespaceSet>& sets) {
  for (const NamespaceSet& set : sets)
    for (const CollectionSet& collection : set.collections)
      for (const KeyWrite& write : collection.hashed.writes) {
        if (!write.is_purge) continue;
        const Space space{set.name_space, collection.collection};
        if (auto* written = find_slot(private_writes_, space, write.key))
          for (const Version& version : *written)
            store_->remove(version.block, static_cast<uint32_t>(version.transaction),
                           space.name_space, space.collection, write.key);
        erase_slot(private_writes_, space, write.key);
      }
}

// Only what the block vouches for by its hashes: after a purge, sets are read again from the store
// without some of their keys, so each key is looked at by itself.
void CommittedState::take_private(const Version& version, std::string_view private_set) {
  std::vector<PrivateCollection> collections;
  if (!read_private_sets(private_set, collections)) return;
  for (const PrivateCollection& each : collections) {
    const Space space{each.name_space, each.collection};
    KeySet keys;
    if (!read_key_set(each.bytes, keys)) continue;
    for (const KeyWrite& write : keys.writes) {
      const Hash256 hash = sha256(write.key);
      slot_of(private_writes_, space, view(hash)).push_back(version);
      if (write.is_delete) continue;  // forgotten with its hash
      const Value* hashed = state_.find(space, view(hash));
      if (hashed == nullptr || hashed->bytes != view(sha256(write.value))) continue;
      slot_of(private_values_, space, write.key).bytes = write.value;
      slot_of(private_keys_, space, view(hash)) = write.key;
    }
  }
}

void CommittedState::forget_private(Space space, std::string_view key_hash) {
  const std::string* key = find_slot(private_keys_, space, key_hash);
  if (key == nullptr) return;
  erase_slot(private_values_, space, *key);
  erase_slot(private_keys_, space, key_hash);
}

uint64_t CommittedState::block_to_live(Space space) const {
  auto definition = find_definition(*this, space.name_space);
  if (!definition || !*definition) return 0;
  auto collection = find_collection(**definition, space.collection);
  return collection && *collection ? (*collection)->block_to_live : 0;
}

void CommittedState::schedule_expiry(const Updates& updates, uint64_t block) {
  for (const auto& [name, keys] : updates.all()) {
    if (name.second.empty()) continue;
    const uint64_t lives = block_to_live(SpaceOrder::view(name));
    if (lives == 0 || lives > UINT64_MAX - block - 1) continue;
    auto& list = expiring_[block + lives + 1];
    for (const auto& [key, change] : keys) list.push_back({name, key, change.version});
  }
}

// A key that was written since has a later version, and its own time.
void CommittedState::expire(uint64_t block) {
  auto due = expiring_.find(block);
  if (due == expiring_.end()) return;
  for (const Expiring& each : due->second) {
    const Space space = SpaceOrder::view(each.space);
    store_->remove(each.version.block, static_cast<uint32_t>(each.version.transaction),
                   space.name_space, space.collection);
    const Value* value = state_.find(space, each.key_hash);
    if (value == nullptr || value->version != each.version) continue;
    forget_private(space, each.key_hash);
    state_.erase(space, each.key_hash);
  }
  expiring_.erase(due);
}

std::optional<Value> CommittedState::get(std::string_view name_space, std::string_view key) const {
  const Value* value = state_.find({name_space, {}}, key);
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

std::vector<KeyValue> CommittedState::range(std::string_view name_space, std::string_view from,
                                            std::string_view to, size_t most) const {
  return read_range(state_.find(Space{name_space, {}}), from, to, most,
                    [](const std::string&, const Value& value) { return std::optional(value); });
}

std::optional<Value> CommittedState::private_hash(std::string_view name_space,
                                                  std::string_view collection,
                                                  std::string_view key_hash) const {
  if (collection.empty()) return {};
  const Value* value = state_.find({name_space, collection}, key_hash);
  return value != nullptr ? std::optional(*value) : std::nullopt;
}

// A private value counts as long as the hash that all peers know is still its own; version and
// metadata are the hash's.
std::optional<Value> CommittedState::with_hash(Space space, std::string_view key,
                                               const PrivateValue& value) const {
  const Value* hashed = state_.find(space, view(sha256(key)));
  if (hashed == nullptr || hashed->bytes != view(sha256(value.bytes))) return {};
  return Value{value.bytes, hashed->version, hashed->metadata};
}

std::optional<Value> CommittedState::private_value(std::string_view name_space,
                                                   std::string_view collection,
                                                   std::string_view key) const {
  const Space space{name_space, collection};
  const PrivateValue* value = find_slot(private_values_, space, key);
  return value != nullptr ? with_hash(space, key, *value) : std::nullopt;
}

std::vector<KeyValue> CommittedState::private_range(std::string_view name_space,
                                                    std::string_view collection,
                                                    std::string_view from, std::string_view to,
                                                    size_t most) const {
  const Space space{name_space, collection};
  auto found = private_values_.find(space);
  return read_range(found != private_values_.end() ? &found->second : nullptr, from, to, most,
                    [&](const std::string& key, const PrivateValue& value) {
                      return with_hash(space, key, value);
                    });
}

std::vector<Modification> CommittedState::history(std::string_view name_space, std::string_view key,
                                                  size_t skip, size_t most) const {
  std::vector<Modification> found;
  const auto* versions = find_slot(history_, {name_space, {}}, key);
  if (versions == nullptr || skip >= versions->size()) return found;
  decode::Block block;
  for (auto at = versions->rbegin() + static_cast<std::ptrdiff_t>(skip);
       at != versions->rend() && found.size() < most; ++at) {
    if (block.buffer == nullptr || block.number != at->block) {
      auto read = read_block_(at->block);
      if (!read) return found;
      block = std::move(*read);
    }
    const auto transaction = decode::read_transaction(block.transactions.at(at->transaction));
    std::vector<NamespaceSet> sets;
    if (!read_sets(transaction.results, sets)) return found;
    Modification& made = found.emplace_back();
    made.transaction_id = transaction.id;
    made.time = transaction.time;
    for (const NamespaceSet& set : sets)
      for (const KeyWrite& write : set.set.writes)
        if (set.name_space == name_space && write.key == key) {
          made.deleted = write.is_delete;
          made.value = write.value;
        }
  }
  return found;
}

std::optional<uint64_t> CommittedState::block_of_hash(std::string_view header_hash) const {
  Hash256 key;
  if (header_hash.size() != key.size()) return {};
  std::memcpy(key.data(), header_hash.data(), key.size());
  auto found = blocks_.find(key);
  return found != blocks_.end() ? std::optional(found->second) : std::nullopt;
}

std::optional<TransactionPlace> CommittedState::find_transaction(std::string_view id) const {
  auto found = transactions_.find(id_key(id));
  return found != transactions_.end() ? std::optional(found->second) : std::nullopt;
}

}  // namespace belfry::ledger
